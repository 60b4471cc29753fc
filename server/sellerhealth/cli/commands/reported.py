"""`reported`: shows the figures that Amazon itself reports, beside ours."""

import datetime as dt

from sellerhealth.cli.options import AccountKey, AsOf, PluginFiles
from sellerhealth.cli.output import print_note, print_table


def reported(
    account: AccountKey,
    as_of: AsOf = None,
    plugin_files: PluginFiles = None,
) -> None:
    """Show Amazon's own figures from the last performance report of each marketplace, with ours beside them."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import find_account_id, open_database, owner_session
    from sellerhealth.cli.loading import load_without_database, report_refused
    from sellerhealth.describe.reported import COLUMNS, table

    settings = read_settings(plugin_files=plugin_files or None)
    loaded = load_without_database(settings)
    report_refused(plugin_files, loaded)
    clock = (settings.clock or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)
    day = as_of or clock.date()
    with open_database(settings) as database:
        account_id = find_account_id(database, account)
        with owner_session(database, clock, settings.stale_after) as session:
            rows = table(session, account_id, loaded.registry.values(), day)
    if not rows:
        print_note(f"No performance report that was taken by {day} was ever imported. `sellerhealth docs import` says where to get one.")
        return
    print_table(COLUMNS, rows)
    print_note("Ours are as of the day of each report. `sellerhealth explain METRIC` says more of a difference.")
