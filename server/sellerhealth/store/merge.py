"""Merges partial rows into facts, in any import order.

An observation is what one source reported about one fact as of an instant. Every reported column of a fact is merged by the rule
of its declaration (see `tables.reported`):

- *newest*: the observation with the highest version wins. The version is the instant of the observation, then the rank of the
  source. Rows without an instant of their own have that of their file; of two such rows about one fact, one wins as a whole:
  see `version_in_file`. Of two values with the same version the greater wins, so that the order never matters.
- *any* and *all*: like newest, for a source that reports a fact in several rows, each about a part of it. Of its rows with one
  instant, a yes of any row wins, or a no.
- *first*: the earliest instant that any source reported wins.
- *ever*: a reported yes stays.

An empty cell (None) never overwrites a value. The rules are commutative, associative and idempotent, so any set of rows gives
the same fact: in any order, repeated, or in pieces. docs/spec/facts.md#merging-sources has the rules for people.

The column `versions` of a fact stores the versions. Nearly every fact has one observation, and the column is its version. Otherwise it
is canonical JSON: the highest version under `*`, and by name those of columns with another one. A column without a value has
no version.
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
_LENGTH = 15  # of a version without what orders the rows of a file
_LOWEST = "0" * _LENGTH
_FORMAT = f"%0{_LENGTH}x"


def version_of(observed_at: dt.datetime, rank: int) -> str:
    """The version of an observation: its instant in microseconds, then the rank, as a text that sorts like a number (in base 16)."""
    since = observed_at - _EPOCH  # with whole numbers: dividing one duration by another takes longer
    return _FORMAT % (((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * RANKS + rank)


def version_in_file(version: str, values: Mapping[str, Any]) -> str:
    """The version of a row without an instant: that of its file, then the latest instant in the row, then a checksum of its values."""
    present = sorted(((name, value) for name, value in values.items() if value is not None), key=itemgetter(0))
    latest = max((value for _, value in present if isinstance(value, dt.datetime)), default=_EPOCH)
    text = repr([(name, str(value)) for name, value in present])
    return f"{version}.{(latest - _EPOCH) // _MICROSECOND:020d}.{zlib.crc32(text.encode()):010d}"


def highest_version(stored: str) -> str:
    """The highest of stored versions, and perhaps something behind it. It stands first in canonical JSON."""
    return stored[6:] if stored.startswith("{") else stored


def without_future(stored: str, latest: str) -> str:
    """Stored versions, those above the latest possible one replaced by the lowest: a value from the future loses to any report."""
    if not stored or highest_version(stored) <= latest:
        return stored
    versions = {name: _LOWEST if version > latest else version for name, version in _versions(stored).items()}
    return orjson.dumps(versions).decode() if stored.startswith("{") else versions["*"]


_COMBINE: Mapping[str, Callable[[Any, Any], Any]] = {"any": max, "all": min}


@dataclass(frozen=True, eq=False)
class Shape:
    """The columns of a fact by their kinds and merge rules."""

    table: sa.Table
    columns: tuple[str, ...]
    key: tuple[str, ...]  # without the account
    key_of: Callable[[Mapping[str, Any]], Any]  # the key of a row: a tuple if it has several columns
    newest: tuple[str, ...]
    combine: Mapping[str, Callable[[Any, Any], Any]]  # by column: combines values of one version
    first: tuple[str, ...]
    ever: tuple[str, ...]
    never_null: tuple[str, ...]  # the reported columns with a value of their own for unknown
    blank: Mapping[str, Any]  # the value of each column before the first observation


@cache
def shape_of(fact: type[Table]) -> Shape:
    """The shape of a fact, or of any other table whose key starts with the account."""
    table: sa.Table = fact.__table__
    rules = {name: rule for name, column in table.c.items() if (rule := column.info.get("merge")) is not None}
    first, ever = (tuple(name for name, rule in rules.items() if rule == one) for one in ("first", "ever"))
    key = tuple(c.name for c in table.primary_key if c.name != "account_id")
    return Shape(
        table,
        tuple(table.c.keys()),
        key,
        itemgetter(*key),
        newest=tuple(name for name, rule in rules.items() if rule in ("newest", *_COMBINE)),
        combine={name: _COMBINE[rule] for name, rule in rules.items() if rule in _COMBINE},
        first=first,
        ever=ever,
        never_null=tuple(c.name for c in table.c if c.info.get("absent") is not None),
        blank={name: field.get_default() for name, field in fact.model_fields.items() if not field.is_required()},
    )


def merge(shape: Shape, row: dict[str, Any], values: Mapping[str, Any], version: str) -> bool:
    """Merges one observation into a fact, in place. Returns whether any value changed."""
    blank = shape.blank
    versions = _versions(row["versions"])
    default = versions.get("*", version)
    changed = has_new_versions = False
    for name in shape.newest:
        value, old = values.get(name), row[name]
        if value is None or value == blank[name]:
            continue
        new_version = version
        if old is not None and old != blank[name]:
            known = versions.get(name, default)
            if name in shape.combine and version[:_LENGTH] == known[:_LENGTH]:
                value, new_version = shape.combine[name](value, old), max(version, known)
            elif version < known or (version == known and value <= old):
                continue
        if value != old:
            row[name] = value
            changed = True
        versions[name] = new_version
        has_new_versions = True
    if has_new_versions:
        row["versions"] = _canonical(shape, row, versions, default)
    return _merge_first_and_ever(shape, row, values) or changed


def is_known(row: Mapping[str, Any], values: Mapping[str, Any], version: str) -> bool:
    """Whether an observation is certainly in a fact already: all its values are, and all of them with its version. `merge` would change nothing."""
    if row["versions"] != version:
        return False
    for name, value in values.items():  # noqa: SIM110 - of each row of a report: all() takes twice as long
        if value is not None and row[name] != value:
            return False
    return True


def is_second(shape: Shape, row: Mapping[str, Any], values: Mapping[str, Any], version: str) -> bool | None:
    """Whether an observation is a second, different row of the newest report about a fact; None if that report is newer than the observation.

    Only rows with the instant of their file can be distinguished. See `version_in_file`.
    """
    newest = _versions(row["versions"]).get("*", "")
    if version[:_LENGTH] < newest[:_LENGTH] or all(values.get(name) in (None, shape.blank[name]) for name in shape.newest):
        return None
    if version[:_LENGTH] > newest[:_LENGTH]:
        return False
    return True if version != newest else None


def _merge_first_and_ever(shape: Shape, row: dict[str, Any], values: Mapping[str, Any]) -> bool:
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


def report_of(row: Mapping[str, Any], name: str) -> str:
    """The report that a column was last settled by, as a text that sorts by instant and rank; empty if it has no value."""
    versions = _versions(row["versions"])
    return versions.get(name, versions.get("*", ""))[:_LENGTH] if row[name] is not None else ""


def _versions(stored: str) -> dict[str, str]:
    if stored.startswith("{"):
        versions: dict[str, str] = orjson.loads(stored)
        return versions
    return {"*": stored} if stored else {}


def _canonical(shape: Shape, row: Mapping[str, Any], versions: Mapping[str, str], default: str) -> str:
    by_name = {name: versions.get(name, default) for name in shape.newest if row[name] is not None and row[name] != shape.blank[name]}
    highest = max(by_name.values())
    others = {name: version for name, version in sorted(by_name.items()) if version != highest}
    return orjson.dumps({"*": highest, **others}).decode() if others else highest
