"""Commands about rollups: how far they are kept, count them again, compare them with the facts, drop what nobody needs."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from sellerhealth.cli.options import PluginFiles
from sellerhealth.cli.output import ERR, print_note, print_result, print_table

if TYPE_CHECKING:
    from sellerhealth.settings import Settings
    from sellerhealth.store.database import Database

T = TypeVar("T")
OneAccount = Annotated[str | None, typer.Option("--account", metavar="KEY", help="Only this account. Default: every account.")]


def status(account: OneAccount = None, plugin_files: PluginFiles = None) -> None:
    """Show which measures are kept, for how many accounts they are current, and which columns nobody needs."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import find_account_id, open_database, owner_session
    from sellerhealth.cli.loading import load_without_database
    from sellerhealth.engine.keep_snapshots import number_that_hold
    from sellerhealth.engine.snapshots import Snapshot
    from sellerhealth.rollups.overview import set_overviews, table_overviews

    settings = read_settings(plugin_files=plugin_files or None)
    loaded = load_without_database(settings)
    own, snapshot = loaded.measures.set_id, Snapshot.of(loaded.registry.values(), settings)
    with open_database(settings) as database:
        account_id = None if account is None else find_account_id(database, account)
        with database.reading() as connection:
            sets = set_overviews(connection, own, _present(settings), account_id)
            tables = table_overviews(connection, dt.datetime.now(dt.UTC))
        with owner_session(database, _present(settings), settings.stale_after) as session:
            snapshots = number_that_hold(session, snapshot, account_id)
    print_table(
        ("set", "measures", "registered", "current", "behind", "next due"),
        [
            (
                f"{each.set_id} (own)" if each.set_id == own else each.set_id,
                each.measures,
                f"{each.registered_at:%Y-%m-%d}",
                each.current,
                each.accounts - each.current,
                each.next_due and f"{each.next_due:%Y-%m-%d %H:%M}",
            )
            for each in sets
        ],
    )
    if own not in {each.set_id for each in sets}:
        print_note("The measures of these plugins are not kept yet: a server or an import with them begins.")
    print_result()
    print_table(("table", "columns", "not needed"), [(each.table, len(each.columns), ", ".join(each.unused) or None) for each in tables])
    print_result(f"\nSnapshots of statuses hold for {_number(snapshots, 'account')}.")


def rebuild(account: OneAccount = None, plugin_files: PluginFiles = None) -> None:
    """Count all days of all measures again from the facts, one account after the other."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import open_database
    from sellerhealth.cli.loading import load_without_database
    from sellerhealth.rollups.rebuild import rebuild as rebuild_accounts

    settings = read_settings(plugin_files=plugin_files or None)
    measures = load_without_database(settings).measures
    with open_database(settings) as database:
        accounts = _accounts(database, account)
        done = rebuild_accounts(database, measures, list(accounts), _present(settings))
        count = sum(1 for _ in _tracked(done, len(accounts)))
    print_result(f"Rebuilt the rollups of {_number(count, 'account')}.")


def verify(account: OneAccount = None, plugin_files: PluginFiles = None) -> None:
    """Compare the rollups and the snapshots with the facts, and name every difference. Nothing is changed."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import open_database, owner_session
    from sellerhealth.cli.loading import load_without_database
    from sellerhealth.engine.keep_snapshots import verify_snapshot
    from sellerhealth.engine.snapshots import Snapshot
    from sellerhealth.errors import RollupsDiffer
    from sellerhealth.rollups.verify import measure_names, verify_account

    settings = read_settings(plugin_files=plugin_files or None)
    loaded = load_without_database(settings)
    names, snapshot = measure_names(loaded.registry.values()), Snapshot.of(loaded.registry.values(), settings)
    rows: list[tuple[str, ...]] = []
    compared = current = 0
    with open_database(settings) as database:
        accounts = _accounts(database, account)
        for account_id, key in _tracked(accounts.items(), len(accounts)):
            with database.reading() as connection:
                verified = verify_account(connection, loaded.measures, account_id, _present(settings))
            with owner_session(database, _present(settings), settings.stale_after) as session:
                of_snapshot, differing = verify_snapshot(session, snapshot, account_id)
            compared += verified.compared + of_snapshot
            current += verified.is_current
            rows += [
                (key, each.table, f"{each.day}", each.marketplace, each.channel, each.part, names.get(each.column, ""), each.column,
                 str(each.stored), str(each.counted))
                for each in verified.differences
            ]  # fmt: skip
            day = f"{_present(settings).date()}"
            rows += [(key, each.table, day, "", "", "", each.metric, each.column, each.stored, each.computed) for each in differing]
    if rows:
        columns = ("account", "table", "day", "marketplace", "channel", "part", "measures", "column", "stored", "counted")
        print_table(columns, rows)
        raise RollupsDiffer(
            f"{_number(len(rows), 'value')} of {compared:,} differ from the facts. Run `sellerhealth rollups rebuild`, and report it: "
            "rollups are never to differ."
        )
    print_result(f"The same as the facts: {_number(compared, 'value')} of {_number(current, 'account')}.")
    if behind := len(accounts) - current:
        print_result(f"Not compared: {_number(behind, 'account')} without current rollups, for which the facts answer.")


def prune() -> None:
    """Drop the columns and tables of measures that no server or import has had for 30 days, and snapshots as old."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import open_database
    from sellerhealth.rollups.prune import prune as prune_tables

    with open_database(read_settings()) as database:
        pruned = prune_tables(database, dt.datetime.now(dt.UTC))
    for name in (*pruned.tables, *pruned.columns):
        print_result(f"Dropped {name}.")
    print_result(f"Dropped {_number(len(pruned.tables), 'table')} and {_number(len(pruned.columns), 'column')}.")
    if pruned.snapshots:
        print_result(f"Dropped {_number(pruned.snapshots, 'snapshot')} of statuses.")


def _present(settings: "Settings") -> dt.datetime:
    """The present as metrics see it."""
    return (settings.clock or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)


def _accounts(database: "Database", key: str | None) -> dict[int, str]:
    """The keys of accounts by id: of all, or of one."""
    from sellerhealth.cli.database import find_account_id, owner_session
    from sellerhealth.model.records import Account

    if key is not None:
        return {find_account_id(database, key): key}
    with owner_session(database) as session:
        every = session.execute(session.visible_accounts(Account.account_id, Account.key).order_by(Account.key))
        return dict(map(tuple, every))


def _tracked(steps: Iterable[T], total: int) -> Iterator[T]:
    """The same steps, with a progress bar on a terminal."""
    from rich.progress import track

    yield from track(steps, "Accounts", total=total, console=ERR, transient=True, disable=not ERR.is_terminal)


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
