"""Rejected rows: stored by the import that skipped them, settled when their facts arrive, counted as what may be a miss.

Skipping a bad row must not make an account look healthier than it is. So each counts as one unproven row of its kind on its day,
or in every window where its day cannot be read.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sellerhealth.facts import FACTS
from sellerhealth.model.records import RejectedRow
from sellerhealth.model.tables import UNKNOWN, Fact, FactKind
from sellerhealth.sources import Importer, Rejected, Row
from sellerhealth.store.derive import day_of
from sellerhealth.store.merge import shape_of
from sellerhealth.store.writing import note_change

# Of several facts of one kind the first is the one that counts: an order rather than an item of it.
_FACTS: dict[str, type[Fact]] = {str(fact.fact_kind): fact for fact in reversed(FACTS) if fact.fact_kind is not None}
_DAYS = {
    FactKind.ORDER: "placed_at",
    FactKind.CLAIM: "opened_at",
    FactKind.CHARGEBACK: "filed_at",
    FactKind.FEEDBACK: "left_at",
    FactKind.REFUND: "refunded_at",
    FactKind.VIOLATION: "detected_at",
}


def reject(
    connection: sa.Connection,
    account_id: int,
    batch_id: str,
    importer: Importer,
    rejected: Iterable[Rejected],
    first: int,
    zone_of: Callable[[str], ZoneInfo],
) -> None:
    """Stores bad rows of an import, numbered from `first`. Of a format that covers nothing each may hide a fact that it adds to."""
    rows = [
        {
            "account_id": account_id,
            "batch_id": batch_id,
            "number": number,
            "fact": str(kind),
            "fact_key": _key(_FACTS[kind], each.values),
            "day": _day(kind, each.values, zone_of),
        }
        for number, each in enumerate(rejected, first)
        for kind in sorted(importer.covers or importer.adds or {FactKind.ORDER})
    ]
    if rows:
        connection.execute(sa.insert(RejectedRow), rows)


def awaited(connection: sa.Connection, account_id: int) -> set[tuple[str, str]]:
    """The kind and key of each rejected row of an account whose key is known."""
    rows = sa.select(RejectedRow.fact, RejectedRow.fact_key).where(RejectedRow.account_id == account_id, RejectedRow.fact_key.is_not(None))
    return {(fact, key) for fact, key in connection.execute(rows) if key is not None}


def settled(awaited: Collection[tuple[str, str]], rows: Iterable[Row]) -> set[tuple[str, str]]:
    """The awaited facts that are among these rows."""
    arrived = set()
    for row in rows:
        kind = str(row.fact.fact_kind)
        if _FACTS.get(kind) is row.fact and (key := _key(row.fact, row.values)) is not None:
            arrived.add((kind, key))
    return arrived & set(awaited)


def settle(connection: sa.Connection, account_id: int, arrived: Iterable[tuple[str, str]]) -> None:
    """Deletes the rejected rows whose facts have arrived."""
    for kind, key in sorted(arrived):
        same = (RejectedRow.account_id == account_id, RejectedRow.fact == kind, RejectedRow.fact_key == key)
        connection.execute(sa.delete(RejectedRow).where(*same))


def dismiss(connection: sa.Connection, account_id: int, batch_id: str) -> int:
    """Deletes the rejected rows of an import, and returns how many rows of its file they were."""
    same = (RejectedRow.account_id == account_id, RejectedRow.batch_id == batch_id)
    count = connection.scalar(sa.select(sa.func.count(sa.distinct(RejectedRow.number))).where(*same)) or 0
    connection.execute(sa.delete(RejectedRow).where(*same))
    if count:
        note_change(connection, account_id, of_facts=False)
    return count


def _key(fact: type[Fact], values: Mapping[str, Any]) -> str | None:
    """The key of a fact as a text; None if a part of it is missing."""
    parts = [values.get(name) for name in shape_of(fact).key]
    if any(part is None for part in parts):
        return None
    return " ".join(part.isoformat() if isinstance(part, dt.datetime) else str(part) for part in parts)


def _day(kind: FactKind, values: Mapping[str, Any], zone_of: Callable[[str], ZoneInfo]) -> dt.date | None:
    instant = values.get(_DAYS.get(kind, ""))
    if not isinstance(instant, dt.datetime):
        return None
    return day_of(instant, zone_of(values.get("marketplace") or values.get("reported_marketplace") or UNKNOWN))
