"""Commands about accounts: list them, erase one, classify their feedback again."""

from typing import Annotated

import typer

from sellerhealth.cli.options import PluginFiles
from sellerhealth.cli.output import print_note, print_result, print_table


def list_accounts() -> None:
    """List the accounts by key, with their names and time zones and when their facts last changed."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import open_database, owner_session
    from sellerhealth.model.records import Account

    with open_database(read_settings()) as database, owner_session(database) as session:
        rows = session.execute(
            session.visible_accounts(Account.key, Account.name, Account.time_zone, Account.updated_at).order_by(Account.key)
        ).all()
    print_table(
        ("key", "name", "time zone", "changed"),
        [(key, name, zone, changed and f"{changed:%Y-%m-%d %H:%M}") for key, name, zone, changed in rows],
    )


def erase(
    key: Annotated[str, typer.Argument(help="The key of the account.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase an account with all its facts and imports, for example after a wrong import."""
    from sellerhealth.access import OWNER
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import find_account_id, open_database
    from sellerhealth.store import accounts
    from sellerhealth.store.writing import writing_into

    with open_database(read_settings()) as database:
        account_id = find_account_id(database, key)
        if not yes:
            print_note(f"This erases the account {key} with everything that was imported into it. It cannot be undone.")
            if typer.prompt("Type the key again to continue", err=True) != key:
                print_note("That is not the key: nothing was erased.")
                raise typer.Exit(1)
        with writing_into(database, OWNER, account_id) as connection:
            row_count = accounts.erase(connection, account_id)
    print_result(f"Erased the account {key}: {row_count:,} rows.")


def reclassify(
    account: Annotated[str | None, typer.Option("--account", metavar="KEY", help="Only this account. Default: every account.")] = None,
    plugin_files: PluginFiles = None,
) -> None:
    """Classify the stored feedback again, after another classifier was installed or configured."""
    from sellerhealth.access import OWNER
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import find_account_id, open_database, owner_session
    from sellerhealth.cli.loading import load_without_database, report_refused
    from sellerhealth.model.records import Account
    from sellerhealth.store.reclassify import reclassify as reclassify_account

    settings = read_settings(plugin_files=plugin_files or None)
    loaded = load_without_database(settings)
    report_refused(plugin_files, loaded)
    with open_database(settings) as database:
        only = [] if account is None else [Account.account_id == find_account_id(database, account)]
        with owner_session(database) as session:
            statement = session.visible_accounts(Account.key, Account.account_id).where(*only).order_by(Account.key)
            accounts = session.execute(statement).all()
        changed = [(key, reclassify_account(database, OWNER, account_id, loaded.classify)) for key, account_id in accounts]
    print_table(("account", "feedback reclassified"), changed)
