"""Commands about accounts: list them, erase one, class their feedback anew."""

from typing import Annotated

import typer

from sellerhealth.cli.plugin_option import PluginFiles, tell_of_refused
from sellerhealth.cli.terminal import say, show, tell


def list_accounts() -> None:
    """List the accounts by key, with their names and when their facts last changed."""
    from sellerhealth.access import OWNER
    from sellerhealth.cli.opening import opened, read_settings
    from sellerhealth.model.records import Account

    with opened(read_settings()) as database, database.reading() as connection:
        rows = connection.execute(
            OWNER.accounts(Account.key, Account.name, Account.time_zone, Account.updated_at).order_by(Account.key)
        ).all()
    show(
        ("key", "name", "time zone", "changed"),
        [(key, name, zone, changed and f"{changed:%Y-%m-%d %H:%M}") for key, name, zone, changed in rows],
    )


def erase(
    key: Annotated[str, typer.Argument(help="The key of the account.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether that is meant.")] = False,
) -> None:
    """Erase an account with all its facts and imports: the way back from a wrong import."""
    from sellerhealth.cli.opening import account_named, opened, read_settings
    from sellerhealth.store import accounts

    with opened(read_settings()) as database:
        account_id = account_named(database, key)
        if not yes:
            tell(f"This erases the account {key} with everything that was imported into it. It cannot be undone.")
            if typer.prompt("Type the key again to go on", err=True) != key:
                tell("That is not the key: nothing was erased.")
                raise typer.Exit(1)
        with database.writing() as connection:
            rows = accounts.erase(connection, account_id)
    say(f"Erased the account {key}: {rows:,} rows.")


def reclassify(
    account: Annotated[str | None, typer.Option("--account", metavar="KEY", help="Only this account. Default: every account.")] = None,
    plugin_files: PluginFiles = None,
) -> None:
    """Class the stored feedback anew, after the classifier or its settings have changed."""
    from sellerhealth.access import OWNER
    from sellerhealth.cli.opening import account_named, loaded_plugins, opened, read_settings
    from sellerhealth.model.records import Account
    from sellerhealth.store.reclassify import reclassify as run

    settings = read_settings(plugin_files=plugin_files or None)
    loaded = loaded_plugins(settings)
    tell_of_refused(plugin_files, loaded)
    with opened(settings) as database:
        chosen = OWNER.accounts(Account.key, Account.account_id).order_by(Account.key)
        if account is not None:
            chosen = chosen.where(Account.account_id == account_named(database, account))
        with database.reading() as connection:
            accounts = connection.execute(chosen).all()
        changed = [(key, run(database, account_id, loaded.classify)) for key, account_id in accounts]
    show(("account", "feedback classed anew"), changed)
