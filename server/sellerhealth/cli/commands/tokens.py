"""Commands about API keys: create one, list them, revoke one."""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sellerhealth.cli.output import print_note, print_result, print_table

if TYPE_CHECKING:
    from sellerhealth.access import Permission
    from sellerhealth.store.api_keys import ListedKey
    from sellerhealth.store.database import Database

MAX_NAME = 100  # characters


def create(
    name: Annotated[str, typer.Option("--name", metavar="N", help="What the key is for, or who gets it.")],
    can: Annotated[
        str, typer.Option("--can", metavar="LIST", help="What the key permits: read, write, admin or several, separated by commas.")
    ],
    accounts: Annotated[
        list[str], typer.Option("--accounts", metavar="KEY", help="An account that the key grants. Can be repeated. `all`: every account.")
    ],
    expires: Annotated[
        str | None,
        typer.Option("--expires", metavar="DAY", help="The last day on which the key is valid, in UTC, or for how many days it is."),
    ] = None,
) -> None:
    """Create an API key and show it, this once."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import open_database
    from sellerhealth.store import api_keys

    now = dt.datetime.now(dt.UTC)
    name, permissions, expires_at = _name(name), _permissions(can), _expiry(expires, now)
    with open_database(read_settings()) as database:
        account_ids = _account_ids(database, accounts)
        with database.writing() as connection:
            key = api_keys.create(
                connection, name=name, permissions=permissions, account_ids=account_ids, created_at=now, expires_at=expires_at
            )
    print_result(key)
    print_note("Keep this key now: it is not stored and cannot be shown again. Send it in the header `Authorization: Bearer KEY`.")


def list_tokens() -> None:
    """List the API keys, newest first, with what they permit and when they were last used. The keys themselves are not stored."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import open_database

    now = dt.datetime.now(dt.UTC)
    with open_database(read_settings()) as database:
        keys = _list(database)
    print_table(
        ("id", "name", "can", "accounts", "created", "last used", "state"),
        [
            (
                key.key_id,
                key.name,
                ", ".join(permission.lower() for permission in key.permissions),
                _accounts(key.accounts),
                _minute(key.created_at),
                key.last_used_at and _minute(key.last_used_at),
                _state(key, now),
            )
            for key in keys
        ],
    )


def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The id of the key, as `token list` shows it, or the key itself.")],
) -> None:
    """Revoke an API key for good. Every server refuses it within 5 seconds."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import open_database
    from sellerhealth.errors import NotFound, StoreFault, did_you_mean
    from sellerhealth.store import api_keys, revocations

    key_id = api_keys.key_id_in(key_id)
    with open_database(read_settings()) as database:
        keys = {key.key_id: key for key in _list(database)}
        if key_id not in keys:
            raise NotFound(f"There is no API key {key_id!r}.{did_you_mean(key_id, keys)} `sellerhealth token list` lists them all.")
        if (revoked_at := keys[key_id].revoked_at) is not None:
            print_result(f"The key {key_id} was revoked at {_minute(revoked_at)} already.")
        else:
            revocations.revoke(database, key_id, dt.datetime.now(dt.UTC))
            print_result(f"Revoked the key {key_id}. Every server refuses it within 5 seconds.")
        try:
            revocations.settle(database)
        except StoreFault as fault:
            print_note(f"A file beside the database says so until an import or `token revoke` can store it. {fault}")


def _list(database: "Database") -> "list[ListedKey]":
    from sellerhealth.store import api_keys, revocations

    pending = revocations.pending(database)  # first: it may be stored while the table is read
    with database.reading() as connection:
        return api_keys.list_keys(connection, pending)


def _name(name: str) -> str:
    from sellerhealth.errors import BadInput

    if not name.strip() or not name.isprintable() or len(name) > MAX_NAME:
        raise BadInput(f"The name of a key must have 1 to {MAX_NAME} printable characters, found {name!r}.")
    return name.strip()


def _permissions(text: str) -> "frozenset[Permission]":
    from sellerhealth.access import Permission
    from sellerhealth.errors import BadInput, did_you_mean

    names = [name.strip().upper() for name in text.split(",")]
    for name in names:
        if name not in Permission.__members__:
            known = [each.lower() for each in sorted(Permission)]
            raise BadInput(
                f"There is no permission {name.lower()!r}.{did_you_mean(name.lower(), known)} --can takes {', '.join(known)}, "
                "or several of them separated by commas."
            )
    return frozenset(map(Permission, names))


def _expiry(text: str | None, now: dt.datetime) -> dt.datetime | None:
    """The instant from which a key is refused: so many days from now, or after the end of a day."""
    from sellerhealth.errors import BadInput

    if text is None:
        return None
    try:
        if text.isdecimal():
            expires_at = now + dt.timedelta(days=int(text))
        else:
            expires_at = dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC) + dt.timedelta(days=1)
    except (ValueError, OverflowError) as unreadable:
        raise BadInput(
            f"--expires takes the last day on which the key is valid, for example {now.year + 1}-03-31, or a number of days, found {text!r}."
        ) from unreadable
    if expires_at <= now:
        raise BadInput(f"--expires must be today or later, found {text!r}.")
    return expires_at


def _account_ids(database: "Database", accounts: Sequence[str]) -> "list[int] | None":
    from sellerhealth.cli.database import find_account_id
    from sellerhealth.errors import BadInput
    from sellerhealth.store.accounts import ALL

    if ALL not in accounts:
        return [find_account_id(database, account) for account in accounts]
    if len(set(accounts)) > 1:
        raise BadInput(f"`--accounts {ALL}` grants every account: leave the others out.")
    return None


def _accounts(accounts: Sequence[str] | None) -> str:
    from sellerhealth.store.accounts import ALL

    return ALL if accounts is None else ", ".join(accounts) or "none"


def _state(key: "ListedKey", now: dt.datetime) -> str:
    if key.revoked_at is not None:
        return f"revoked {_minute(key.revoked_at)}"
    if key.expires_at is None:
        return "valid"
    return f"{'expired' if key.expires_at <= now else 'valid until'} {_minute(key.expires_at)}"


def _minute(instant: dt.datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"
