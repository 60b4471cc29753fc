"""`explain`: shows how a value was computed."""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from sellerhealth.cli.options import AccountKey, AsOf, Days, MetricKey, PluginFiles
from sellerhealth.cli.output import print_result, print_table

if TYPE_CHECKING:
    from sellerhealth.describe.explain import Explanation


def explain(
    metric: MetricKey,
    account: AccountKey,
    as_of: AsOf = None,
    days: Days = None,
    sql: Annotated[bool, typer.Option("--sql", help="Also the SQL statement, with its parameters.")] = False,
    plugin_files: PluginFiles = None,
) -> None:
    """Show how a value was computed: the window, the measures, the value, and why it has its status."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import find_account_id, open_database, owner_session
    from sellerhealth.cli.loading import find_query, report_refused
    from sellerhealth.describe.explain import ExplanationFailed
    from sellerhealth.describe.explain import explain as explain_value
    from sellerhealth.describe.reported import amazon_says
    from sellerhealth.plugins.load import load_plugins

    settings = read_settings(plugin_files=plugin_files or None)
    loaded = load_plugins(settings)  # not checked: running the metric shows what is wrong with it
    report_refused(plugin_files, loaded)
    query, clock = find_query(settings, loaded, metric, as_of, days)
    with open_database(settings) as database, owner_session(database, clock, settings.stale_after) as session:
        account_id = find_account_id(database, account)
        try:
            explanation = explain_value(session, account_id, query)
        except ExplanationFailed as error:
            if error.sql is not None:
                print_result(f"{error.sql}\n")
            error.add_note(f"It comes from the plugin {loaded.registry.origin(query.metric.key)}: report it to its author.")
            raise
        amazon = amazon_says(session, account_id, query, explanation.query_result)
        _print_explanation(explanation, account, query.as_of, amazon, with_sql=sql)


def _print_explanation(explanation: "Explanation", account: str, day: dt.date, amazon: Iterable[str], *, with_sql: bool) -> None:
    result = explanation.result
    metric = result.metric
    print_result(f"{metric.title} of {account} as of {day}: {result.display}, {result.status}")
    print_result(explanation.why)
    for line in amazon:
        print_result(line)
    print_result(f"Window: {explanation.first or 'the first fact'} to {explanation.last}")
    print_result(f"Definition: {metric.description}" + (f" Source: {metric.source}" if metric.source else ""))
    print_result()
    print_table(("measure", "number", "counts"), explanation.numbers)
    if metric.figures:
        print_result()
        print_table(
            ("figure", "value", "status"), [(name, result.figures[name].display, result.figures[name].status) for name in metric.figures]
        )
    if explanation.headroom is not None:
        print_result(f"\n{explanation.headroom}")
    print_result()
    print_table(("fact", "imported up to"), [(kind, through or "never") for kind, through in explanation.query_result.coverage.items()])
    if with_sql:
        print_result(f"\n{explanation.sql}\n")
