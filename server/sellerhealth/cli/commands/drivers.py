"""`drivers`: the values of a column that hold most of the misses of a metric."""

from typing import Annotated

import typer

from sellerhealth.cli.options import AccountKey, AsOf, Days, MetricKey, PluginFiles
from sellerhealth.cli.output import print_note, print_table


def drivers(
    metric: MetricKey,
    by: Annotated[str, typer.Option("--by", metavar="COLUMN", help="The column, for example carrier or sku.")],
    account: AccountKey,
    measure: Annotated[str | None, typer.Option("--measure", metavar="KEY", help="A measure. Default: the misses of the target.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many values to list.")] = 10,
    as_of: AsOf = None,
    days: Days = None,
    plugin_files: PluginFiles = None,
) -> None:
    """List the values of a column that hold most of the misses, and what the metric would be without each."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import find_account_id, open_database, owner_session
    from sellerhealth.cli.loading import find_query, load_without_database, report_refused
    from sellerhealth.engine.account_filter import AccountFilter
    from sellerhealth.engine.drivers import checked, read_drivers
    from sellerhealth.engine.results import read_results

    settings = read_settings(plugin_files=plugin_files or None)
    loaded = load_without_database(settings)
    report_refused(plugin_files, loaded)
    query, clock = find_query(settings, loaded, metric, as_of, days)
    with open_database(settings) as database, owner_session(database, clock, settings.stale_after) as session:
        account_id = find_account_id(database, account)
        requested = checked(account_id, query, by, measure)
        measured = read_results(session, [query], AccountFilter(account_ids=(account_id,))).result(account_id, query)
        found = read_drivers(session, requested, measured.result, measured, limit)
    if not found.drivers:
        print_note(f"{query.metric.key} has no misses and no rows in this window.")
        return
    rows = [
        (
            each.value,
            each.misses,
            each.rows,
            _percent(each.misses, each.rows),
            _percent(each.misses, found.misses),
            each.without.display,
            each.without.status,
        )
        for each in found.drivers
    ]
    print_table((by, "misses", "rows", "rate", "share", "without", "status without"), rows)
    of_rows = "" if found.rows is None else f" of {found.rows:,} rows"
    print_note(
        f"Values: {len(rows):,} of {found.number_of_values:,}. Misses: {found.misses:,}{of_rows}. "
        f"{query.metric.title}: {measured.result.display}, {measured.result.status}. An empty value: no source reported it."
    )


def _percent(part: int, whole: int | None) -> str | None:
    return f"{100 * part / whole:.1f} %" if whole else None
