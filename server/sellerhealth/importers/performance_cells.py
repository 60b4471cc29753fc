"""How the performance reports write values: rates as fractions or in percent, counts, days, words, and what stands for a missing value."""

import datetime as dt
import re
from decimal import Decimal

from sellerhealth.sources import Unreadable, instant, number, text

# A figure's name, also of a part of it, such as `orderDefectRate.claims`.
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,99}")
_DECIMAL = re.compile(r"\d{1,15}(\.\d{1,25})?([eE][+-]?\d{1,2})?")
_MISSING = frozenset({"", "-", "--", "n/a", "na", "none", "null"})
_LONGEST_WORD = 100
_count = number(0, 999_999_999)


def decimal(cell: str) -> Decimal | None:
    """A number as it is written. One with a percent sign becomes a fraction."""
    stripped = cell.strip()
    if stripped.lower() in _MISSING:
        return None
    digits = stripped.removesuffix("%").rstrip()
    if _DECIMAL.fullmatch(digits) is None:
        raise Unreadable("a number, such as 0.032 or 3.2%")
    return Decimal(digits).scaleb(-2) if digits != stripped else Decimal(digits)


def count(cell: str) -> int | None:
    """A whole number. Some programs write 12 as 12.0."""
    stripped = cell.strip()
    return None if stripped.lower() in _MISSING else _count(stripped.removesuffix(".0"))


def day(cell: str) -> dt.date | None:
    """The day of an instant in UTC, or a day."""
    stripped = cell.strip()
    if stripped.lower() in _MISSING:
        return None
    try:
        value = instant(f"{stripped}T00:00Z" if len(stripped) == len("2026-03-01") else stripped)
    except Unreadable:
        raise Unreadable("a day, or an instant with its offset from UTC, such as 2026-03-01T00:00Z, from 1995 on") from None
    return None if value is None else value.date()


def word(cell: str) -> str | None:
    """A word of Amazon, such as a status, as it is."""
    value = text(cell)
    if value is not None and len(value) > _LONGEST_WORD:
        raise Unreadable(f"a text of at most {_LONGEST_WORD} characters")
    return value
