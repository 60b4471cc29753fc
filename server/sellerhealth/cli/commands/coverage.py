"""`coverage`: says what the imports of an account cover, and what to import next."""

import datetime as dt
from typing import Annotated

import typer

from sellerhealth.cli.options import PluginFiles
from sellerhealth.cli.output import print_note, print_result


def coverage(
    account: Annotated[str, typer.Option("--account", metavar="KEY", help="The account.")],
    plugin_files: PluginFiles = None,
) -> None:
    """Show up to which day each kind of fact is known, which metrics read it, and which formats report it: what to import next first."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import find_account_id, open_database, owner_session
    from sellerhealth.cli.loading import load_without_database, report_refused
    from sellerhealth.describe.coverage import coverage_by_kind
    from sellerhealth.store import lookups

    settings = read_settings(plugin_files=plugin_files or None)
    loaded = load_without_database(settings)
    report_refused(plugin_files, loaded)
    with open_database(settings) as database:
        account_id = find_account_id(database, account)
        with owner_session(database) as session:
            through = lookups.coverage(session, [account_id]).get(account_id, {})
    kinds = coverage_by_kind(loaded.registry.values(), loaded.importers.values(), through)
    for each in kinds:
        print_result(f"{each.kind}: {'never imported' if each.through is None else f'imported up to {each.through}'}")
        print_result(f"  metrics: {', '.join(each.metrics)}")
        print_result(f"  formats: {_names(each.formats)}")
    if kinds and (next_one := kinds[0]).through != (settings.clock or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).date():
        print_note(f"Import {next_one.kind} facts next. docs/import.md describes the formats.")


def _names(formats: tuple[str, ...]) -> str:
    return ", ".join(formats) or "none of those installed"
