"""How what several sources tell becomes one fact, whatever the order in which they are heard.

Every told column of a fact is settled on its own, by the rule that its declaration names (see `tables.told`):

- *newest*: the telling with the highest version stays. The version is the instant that the source observed, then the rank of
  the source. Rows that have no instant of their own share that of their file; of two such rows on one fact all of one stays,
  never something of both: see `in_file`. Of two values of one version the greater stays, so that the order never matters.
- *first*: the earliest instant that anybody told stays.
- *ever*: a yes that was ever told stays.

Silence (None) takes the place of nothing. These rules are commutative, associative and idempotent. So any set of rows gives
the same fact: in any order, repeated, or in pieces.

The column `told` of a fact remembers the versions: the one that all columns have, as nearly every fact was told once, or else
canonical JSON: under `*` the highest one, and by name those columns that have another. A column that nobody told has none.
"""

import datetime as dt
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

import orjson
import sqlalchemy as sa

from sellerhealth.model.tables import Table
from sellerhealth.sources.importer import RANKS

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def version_of(observed_at: dt.datetime, rank: int) -> str:
    """The version of what a source told: the instant in microseconds, then its rank, as a text that sorts like a number (in base 16)."""
    since = observed_at - _EPOCH  # in plain numbers: to divide one duration by another takes longer
    return f"{((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * RANKS + rank:015x}"


def in_file(version: str, values: Mapping[str, Any]) -> str:
    """The version of a row of a file: rows that know later instants come after others, and the rest is settled by their text."""
    said = sorted(((name, value) for name, value in values.items() if value is not None), key=itemgetter(0))
    latest = max((value for _, value in said if isinstance(value, dt.datetime)), default=_EPOCH)
    text = repr([(name, str(value)) for name, value in said])
    return f"{version}.{(latest - _EPOCH) // _MICROSECOND:020d}.{zlib.crc32(text.encode()):010d}"


@dataclass(frozen=True, eq=False)
class Shape:
    """The columns of a fact by what they are."""

    table: sa.Table
    columns: tuple[str, ...]
    key: tuple[str, ...]  # without the account
    key_of: Callable[[Mapping[str, Any]], Any]  # the key of a row: a tuple where it has several columns
    newest: tuple[str, ...]
    first: tuple[str, ...]
    ever: tuple[str, ...]
    never_null: tuple[str, ...]  # the told columns that hold something else until anybody told anything
    blank: Mapping[str, Any]  # what stands in each column before anybody told anything


@cache
def shape_of(fact: type[Table]) -> Shape:
    """The shape of a fact, or of another table whose key begins with the account, read from its columns."""
    table: sa.Table = fact.__table__
    rules = {rule: tuple(c.name for c in table.c if c.info.get("told") == rule) for rule in ("newest", "first", "ever")}
    key = tuple(c.name for c in table.primary_key if c.name != "account_id")
    return Shape(
        table,
        tuple(table.c.keys()),
        key,
        itemgetter(*key),
        **rules,
        never_null=tuple(c.name for c in table.c if c.info.get("absent") is not None),
        blank={name: field.get_default() for name, field in fact.model_fields.items() if not field.is_required()},
    )


def begin(shape: Shape, account_id: int, values: Mapping[str, Any], version: str) -> dict[str, Any]:
    """A fact as its first telling makes it: what `merge` would make of a blank row, at a fraction of the time."""
    row = {**shape.blank, **values, "account_id": account_id}
    if len(row) != len(shape.columns):
        raise ValueError(f"{shape.table.name} have no column {', '.join(sorted(set(row) - set(shape.columns)))}")
    for name in shape.never_null:
        if row[name] is None:
            row[name] = shape.blank[name]
    for name in shape.newest:
        if row[name] is not None and row[name] != shape.blank[name]:
            row["told"] = version
            break
    return row


def merge(shape: Shape, row: dict[str, Any], values: Mapping[str, Any], version: str) -> bool:
    """Merges one telling into a fact, in place. Returns whether any value changed."""
    blank = shape.blank
    versions = _versions(row["told"])
    default = versions.get("*", version)
    changed, retold = False, False
    for name in shape.newest:
        value, old = values.get(name), row[name]
        if value is None or value == blank[name]:
            continue
        if old is None or old == blank[name]:
            row[name] = value
            changed = True
        else:
            known = versions.get(name, default)
            if version < known or (version == known and value <= old):
                continue
            if value != old:
                row[name] = value
                changed = True
        versions[name] = version
        retold = True
    if retold:
        row["told"] = _canonical(shape, row, versions, default)
    return _settle_the_rest(shape, row, values) or changed


def _settle_the_rest(shape: Shape, row: dict[str, Any], values: Mapping[str, Any]) -> bool:
    changed = False
    for name in shape.first:
        value = values.get(name)
        if value is not None and (row[name] is None or value < row[name]):
            row[name] = value
            changed = True
    for name in shape.ever:
        value = values.get(name)
        if value is not None and (row[name] is None or (value and not row[name])):
            row[name] = value
            changed = True
    return changed


def _versions(told: str) -> dict[str, str]:
    if told.startswith("{"):
        versions: dict[str, str] = orjson.loads(told)
        return versions
    return {"*": told} if told else {}


def _canonical(shape: Shape, row: Mapping[str, Any], versions: Mapping[str, str], default: str) -> str:
    of_each = {name: versions.get(name, default) for name in shape.newest if row[name] is not None and row[name] != shape.blank[name]}
    highest = max(of_each.values())
    others = {name: version for name, version in sorted(of_each.items()) if version != highest}
    return orjson.dumps({"*": highest, **others}).decode() if others else highest
