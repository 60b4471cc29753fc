"""API keys: made, found by what a client sends, listed and revoked. The store has the hash of a key, not the key."""

import datetime as dt
import hashlib
import hmac
import re
import secrets
import string
import zlib
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.access import Permission, Viewer
from sellerhealth.errors import NotFound
from sellerhealth.model.numbers import Numbers, is_one_of
from sellerhealth.model.records import Account, ApiKey, Grant

# shk_ID_SECRET_CHECKSUM. The prefix and the checksum let secret scanners know a key that leaked. Underscores, so that a double click
# selects the whole. The secret has 256 random bits, so a fast hash is enough: it cannot be guessed.
_PREFIX = "shk"
_FORM = re.compile(rf"({_PREFIX}_([0-9a-z]{{10}})_[0-9A-Za-z]{{43}})_([0-9A-Za-z]{{6}})")
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_IDS = sa.bindparam("of_accounts", type_=Numbers())
_NOBODYS = "0" * 64  # compared with when there is no such key, so that it takes as long

USE_IS_NOTED_EVERY = dt.timedelta(minutes=1)


class FoundKey(NamedTuple):
    """A valid key: its viewer, and when it was last used."""

    key_id: str
    viewer: Viewer
    last_used_at: dt.datetime | None


class ListedKey(NamedTuple):
    """A key as its owner sees it. `accounts`: the keys of the accounts that it grants, None for all."""

    key_id: str
    name: str
    permissions: Sequence[Permission]
    accounts: Sequence[str] | None
    created_at: dt.datetime
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None
    last_used_at: dt.datetime | None


def key_id_of(text: str) -> str | None:
    """The id in an API key. None if the text is no key, or not a whole one: the checksum is wrong."""
    parts = _FORM.fullmatch(text)
    return parts[2] if parts and _checksum(parts[1]) == parts[3] else None


def generate() -> tuple[str, str]:
    """The id of a new key, and the key."""
    key_id = "".join(secrets.choice(string.digits + string.ascii_lowercase) for _ in range(10))
    body = f"{_PREFIX}_{key_id}_{''.join(secrets.choice(_DIGITS) for _ in range(43))}"
    return key_id, f"{body}_{_checksum(body)}"


def key_id_in(text: str) -> str:
    """The id in a key, even if it is not a whole one, or the text itself: never the secret of a key."""
    return text.removeprefix(f"{_PREFIX}_").partition("_")[0]


def create(
    connection: sa.Connection,
    *,
    name: str,
    permissions: Collection[Permission],
    account_ids: Collection[int] | None,
    created_at: dt.datetime,
    expires_at: dt.datetime | None = None,
) -> str:
    """Makes a key, stores its hash and its grants, and returns it. `account_ids`: the accounts that it grants, None for all.

    Raises NotFound if one of them was erased meanwhile.
    """
    key_id, key = generate()
    row = {
        "key_id": key_id,
        "sha256": _hash(key),
        "name": name,
        "permissions": sorted(permissions),
        "all_accounts": account_ids is None,
        "created_at": created_at,
        "expires_at": expires_at,
    }
    connection.execute(sa.insert(ApiKey), row)
    for account_id in sorted(set(account_ids or ())):
        _keep(connection, account_id)
        connection.execute(sa.insert(Grant), {"account_id": account_id, "key_id": key_id})
    return key


def find(connection: sa.Connection, text: str, now: dt.datetime) -> FoundKey | None:
    """The key that a client sent. None if it is unknown, expired or revoked. Costs no look-up if it is not a whole key."""
    key_id = key_id_of(text)
    if key_id is None:
        return None
    row = connection.execute(sa.select(ApiKey.__table__).where(ApiKey.key_id == key_id)).one_or_none()
    is_right = hmac.compare_digest(row.sha256 if row else _NOBODYS, _hash(text))
    if row is None or not is_right or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        return None
    granted = None if row.all_accounts else frozenset(connection.scalars(sa.select(Grant.account_id).where(Grant.key_id == key_id)))
    viewer = Viewer(f"key:{key_id}", row.name, frozenset(map(Permission, row.permissions)), granted, row.expires_at)
    return FoundKey(key_id, viewer, row.last_used_at)


def note_use(connection: sa.Connection, key_id: str, now: dt.datetime) -> None:
    """Stores that a key is used, unless another has stored it within the last minute or is about to."""
    is_due = ApiKey.last_used_at.is_(None) | (ApiKey.last_used_at <= now - USE_IS_NOTED_EVERY)
    free = sa.select(ApiKey.key_id).where(ApiKey.key_id == key_id, is_due).with_for_update(skip_locked=True)
    connection.execute(sa.update(ApiKey).where(ApiKey.key_id.in_(free)).values(last_used_at=now))


def list_keys(connection: sa.Connection, pending: Mapping[str, dt.datetime] = MappingProxyType({})) -> list[ListedKey]:
    """All keys, the newest first. `pending`: when keys were revoked of which the table does not say so, see revocations.py."""
    keys = connection.execute(sa.select(ApiKey.__table__).order_by(ApiKey.created_at.desc(), ApiKey.key_id)).all()
    grants = connection.execute(sa.select(Grant.key_id, Grant.account_id)).all()
    # Apart, because a cluster has the accounts elsewhere.
    known = sa.select(Account.account_id, Account.key).where(is_one_of(Account.account_id, _IDS))
    accounts = dict(iter(connection.execute(known, {_IDS.key: frozenset(account_id for _, account_id in grants)})))
    granted: dict[str, list[str]] = {}
    for account, key_id in sorted((accounts[account_id], key_id) for key_id, account_id in grants if account_id in accounts):
        granted.setdefault(key_id, []).append(account)
    return [_listed(key, granted, pending) for key in keys]


def revoke(connection: sa.Connection, key_id: str, now: dt.datetime) -> None:
    """Stores that a key is revoked, unless it was before."""
    connection.execute(sa.update(ApiKey).where(ApiKey.key_id == key_id, ApiKey.revoked_at.is_(None)).values(revoked_at=now))


def any_valid(connection: sa.Connection, now: dt.datetime) -> bool:
    """Whether there is a key that is neither expired nor revoked."""
    is_valid = ApiKey.revoked_at.is_(None) & (ApiKey.expires_at.is_(None) | (ApiKey.expires_at > now))
    return connection.execute(sa.select(ApiKey.key_id).where(is_valid).limit(1)).first() is not None


def _keep(connection: sa.Connection, account_id: int) -> None:
    """Keeps an account from being erased until the transaction ends. Writers of its facts are not held up."""
    own = sa.select(Account.account_id).where(Account.account_id == account_id)
    if connection.execute(own.with_for_update(read=True, key_share=True)).first() is None:
        raise NotFound("There is no such account.")


def _listed(key: Any, granted: Mapping[str, Sequence[str]], pending: Mapping[str, dt.datetime]) -> ListedKey:
    accounts = None if key.all_accounts else granted.get(key.key_id, ())
    permissions = [Permission(name) for name in key.permissions]
    revoked_at = key.revoked_at or pending.get(key.key_id)
    return ListedKey(key.key_id, key.name, permissions, accounts, key.created_at, key.expires_at, revoked_at, key.last_used_at)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _checksum(body: str) -> str:
    """The CRC-32 of a key without its checksum, as six digits to the base 62."""
    number, digits = zlib.crc32(body.encode()), ""
    while number or len(digits) < 6:
        number, digit = divmod(number, 62)
        digits = _DIGITS[digit] + digits
    return digits
