"""Readers of cells: functions from the text of a cell to its value. An empty cell is None; what cannot be read is Unreadable."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from sellerhealth.errors import did_you_mean
from sellerhealth.marketplaces import DayOrder, find_marketplace, suggestion
from sellerhealth.settings import FACTS_BEFORE, FACTS_FROM
from sellerhealth.sources.delimited import folded
from sellerhealth.sources.unreadable import Unreadable

Reader = Callable[[str], Any]

LONGEST_KEY = 100  # characters
# No `@`: a person's e-mail address must not become a key.
KEY = re.compile(rf"[A-Za-z0-9._:/*+=|#-]{{1,{LONGEST_KEY}}}")
# At most 64 characters before the `@`, as the standard says: without a bound, a long text takes quadratic time.
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}+@[\w-]++(?:\.[\w-]++)+")
_DAY = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})")
_AN_INSTANT = "an instant with its offset from UTC, such as 2026-03-01T09:30:00Z"
_A_DAY = "a day, such as 2026-03-01"
UTC = " UTC"  # as data warehouses write it behind an instant, in place of its offset
EARLIEST, LATEST = FACTS_FROM.year, FACTS_BEFORE.year - 1


class ValueMap(dict[str, Any]):
    """Maps the spellings of a file to values. Case, spaces, hyphens and underscores make no difference.

    What follows `detail` in a cell is ignored. It is a dict that caches each spelling it has read, so that a known one costs one
    look-up.
    """

    def __init__(self, values: Mapping[str, Any], detail: str | None = None) -> None:
        super().__init__({"": None})
        # A plain text in place of an enum's value: it is equal, and database drivers need no conversion for it.
        plain = {spelling: str(value) if isinstance(value, StrEnum) else value for spelling, value in values.items()}
        self._values = {"": None} | {folded(spelling): value for spelling, value in plain.items()}
        self._spellings, self._detail = tuple(values), detail

    def __missing__(self, cell: str) -> Any:
        spelling = folded(cell)
        if spelling not in self._values and self._detail:
            spelling = folded(cell.partition(self._detail)[0])
        if spelling not in self._values:
            near = did_you_mean(cell.strip().lower(), (known.lower() for known in self._spellings))
            raise Unreadable(f"one of {', '.join(self._spellings)}.{near}")
        self[cell] = self._values[spelling]
        return self[cell]

    @property
    def read(self) -> Reader:
        """The reader of a cell that holds one of the spellings."""
        return self.__getitem__


def one_of(values: type[StrEnum]) -> Reader:
    """The reader of a cell that holds a value of an enum."""
    return ValueMap({str(value): str(value) for value in values}).read


yes_or_no = ValueMap({"yes": True, "no": False, "true": True, "false": False, "1": True, "0": False, "y": True, "n": False}).read


def key(cell: str) -> str | None:
    """A key from another system: Amazon's order id, the number of a package."""
    stripped = cell.strip()
    if not stripped:
        return None
    if KEY.fullmatch(stripped) is None:
        raise Unreadable(f"a key of at most {LONGEST_KEY} letters, digits and signs, without spaces and without @")
    return stripped


def text(cell: str) -> str | None:
    """Text as it is, with e-mail addresses replaced by `[e-mail]`, and what no database stores by a replacement character."""
    stripped = cell.strip()
    if "\0" in stripped or not stripped.isascii():
        stripped = stripped.replace("\0", "�").encode("utf-8", "replace").decode()
    return (_ADDRESS.sub("[e-mail]", stripped) if "@" in stripped else stripped) or None


def instant(cell: str) -> dt.datetime | None:
    """An instant in ISO 8601 with its offset, or with `UTC` behind it, in UTC."""
    stripped = cell.strip()
    if not stripped:
        return None
    try:
        value = dt.datetime.fromisoformat(stripped)
    except ValueError as error:
        if stripped.endswith(UTC):
            return instant(f"{stripped.removesuffix(UTC)}+00:00")
        raise Unreadable(_AN_INSTANT) from error
    zone = value.tzinfo
    if zone is None:
        raise Unreadable(f"{_AN_INSTANT}; without the offset it could be in any time zone")
    if not EARLIEST <= value.year <= LATEST:
        raise Unreadable(f"{_AN_INSTANT}, from {EARLIEST} to {LATEST}")
    return value if zone is dt.UTC else value.astimezone(dt.UTC)


def day_or_instant(cell: str) -> dt.date | dt.datetime | None:
    """An instant, or a day: the start of that day in the zone of the marketplace."""
    stripped = cell.strip()
    if len(stripped) > len("2026-03-01"):
        return instant(stripped)
    try:
        return _day(stripped) if stripped else None
    except ValueError as error:
        raise Unreadable(f"{_AN_INSTANT}, or {_A_DAY}") from error


def _day(iso: str) -> dt.date:
    day = dt.date.fromisoformat(iso)
    if not EARLIEST <= day.year <= LATEST:
        raise ValueError(iso)
    return day


def day_written(order: DayOrder) -> Reader:
    """The reader of a day in an order of day, month and year, or in ISO 8601. A year of two digits is in this century."""
    example = {"DMY": "31/12/25", "MDY": "12/31/25", "YMD": "25/12/31"}[order]

    def read(cell: str) -> dt.date | None:
        stripped = cell.strip()
        if not stripped:
            return None
        match = _DAY.fullmatch(stripped)
        if match is None:
            raise Unreadable(f"a day such as {example}")
        parts = dict(zip("YMD" if len(match[1]) == 4 else order, match.groups(), strict=True))
        year = parts["Y"] if len(parts["Y"]) == 4 else f"20{parts['Y']:0>2}"
        try:
            return _day(f"{year}-{parts['M']:0>2}-{parts['D']:0>2}")
        except ValueError as error:
            raise Unreadable(f"a day such as {example}") from error

    return read


def number(least: int, most: int) -> Reader:
    """The reader of a whole number within bounds."""

    def read(cell: str) -> int | None:
        stripped = cell.strip()
        if not stripped:
            return None
        if not (stripped.isascii() and stripped.isdigit() and len(stripped) < 10 and least <= int(stripped) <= most):
            raise Unreadable(f"a whole number from {least} to {most}")
        return int(stripped)

    return read


def account(cell: str) -> str | None:
    """The key of the account whose row it is."""
    stripped = cell.strip()
    if not stripped.isprintable():
        raise Unreadable("the key of an account, without control characters")
    return stripped or None


def marketplace(cell: str) -> str | None:
    """The id of a marketplace, read from its id, country code or domain."""
    stripped = cell.strip()
    if not stripped:
        return None
    known = find_marketplace(stripped)
    if known is None:
        raise Unreadable(f"the id, country code or domain of a marketplace.{suggestion(stripped)}")
    return known.key
