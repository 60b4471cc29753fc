"""How one cell is read: functions of its text. An empty cell is None, which says nothing; what cannot be read is Unreadable."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from sellerhealth.errors import did_you_mean
from sellerhealth.marketplaces import DayOrder, find_marketplace, suggestion
from sellerhealth.sources.delimited import Unreadable, folded

Reader = Callable[[str], Any]

# No `@`: an address of a person must not become a key.
KEY = re.compile(r"[A-Za-z0-9._:/*+=|#-]{1,100}")
# Of at most 64 characters before the `@`, as the standard has it: without a bound, a long text would be looked through for ever.
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}+@[\w-]++(?:\.[\w-]++)+")
_DAY = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})")
_AN_INSTANT = "an instant with its offset from UTC, such as 2026-03-01T09:30:00Z"
_A_DAY = "a day, such as 2026-03-01"
EARLIEST, LATEST = 1995, 2199  # Amazon opened in 1995: a year outside is a slip of the pen


class Words(dict[str, Any]):
    """Words and what they mean, read without regard to upper and lower case, spaces, hyphens and underscores.

    What follows `detail` in a cell may be anything. A spelling that was met before is found at the speed of a dict.
    """

    def __init__(self, meanings: Mapping[str, Any], detail: str | None = None) -> None:
        super().__init__({"": None})
        # A plain text in place of an enum's value: it is equal, and the driver of a database takes it without a second look.
        plain = {word: str(meaning) if isinstance(meaning, StrEnum) else meaning for word, meaning in meanings.items()}
        self._meanings = {"": None} | {folded(word): meaning for word, meaning in plain.items()}
        self._words, self._detail = tuple(meanings), detail

    def __missing__(self, text: str) -> Any:
        word = folded(text)
        if word not in self._meanings and self._detail:
            word = folded(text.partition(self._detail)[0])
        if word not in self._meanings:
            near = did_you_mean(text.strip().lower(), (known.lower() for known in self._words))
            raise Unreadable(f"one of {', '.join(self._words)}.{near}")
        self[text] = self._meanings[word]
        return self[text]

    @property
    def read(self) -> Reader:
        """The reader of a cell that holds one of the words."""
        return self.__getitem__


def one_of(values: type[StrEnum]) -> Reader:
    """The reader of a cell that holds a value of an enum."""
    return Words({str(value): str(value) for value in values}).read


yes_or_no = Words({"yes": True, "no": False, "true": True, "false": False, "1": True, "0": False, "y": True, "n": False}).read


def key(text: str) -> str | None:
    """A key that some system gave: Amazon's number of an order, the number of a package."""
    word = text.strip()
    if not word:
        return None
    if KEY.fullmatch(word) is None:
        raise Unreadable("a key of at most 100 letters, digits and signs, without spaces and without @")
    return word


def words(text: str) -> str | None:
    """Text as it stands, but for the e-mail addresses in it."""
    word = text.strip()
    return (_ADDRESS.sub("[e-mail]", word) if "@" in word else word) or None


def instant(text: str) -> dt.datetime | None:
    """An instant in ISO 8601 with its offset, in UTC."""
    word = text.strip()
    if not word:
        return None
    try:
        value = dt.datetime.fromisoformat(word)
    except ValueError as error:
        raise Unreadable(_AN_INSTANT) from error
    zone = value.tzinfo
    if zone is None:
        raise Unreadable(f"{_AN_INSTANT}; without the offset it is not known when that was")
    if not EARLIEST <= value.year <= LATEST:
        raise Unreadable(f"{_AN_INSTANT}, from {EARLIEST} to {LATEST}")
    return value if zone is dt.UTC else value.astimezone(dt.UTC)


def day_or_instant(text: str) -> dt.date | dt.datetime | None:
    """An instant, or a day: the start of that day in the zone of the marketplace."""
    word = text.strip()
    if len(word) > len("2026-03-01"):
        return instant(word)
    try:
        return _day(word) if word else None
    except ValueError as error:
        raise Unreadable(f"{_AN_INSTANT}, or {_A_DAY}") from error


def _day(text: str) -> dt.date:
    day = dt.date.fromisoformat(text)
    if not EARLIEST <= day.year <= LATEST:
        raise ValueError(text)
    return day


def day_written(order: DayOrder) -> Reader:
    """The reader of a day written in an order of day, month and year, or in ISO 8601. A year of two digits is of this century."""
    example = {"DMY": "31/12/25", "MDY": "12/31/25", "YMD": "25/12/31"}[order]

    def read(text: str) -> dt.date | None:
        word = text.strip()
        if not word:
            return None
        match = _DAY.fullmatch(word)
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

    def read(text: str) -> int | None:
        word = text.strip()
        if not word:
            return None
        if not (word.isascii() and word.isdigit() and len(word) < 10 and least <= int(word) <= most):
            raise Unreadable(f"a whole number from {least} to {most}")
        return int(word)

    return read


def marketplace(text: str) -> str | None:
    """The id of a marketplace that is given by its id, country code or domain."""
    word = text.strip()
    if not word:
        return None
    found = find_marketplace(word)
    if found is None:
        raise Unreadable(f"the id, country code or domain of a marketplace.{suggestion(word)}")
    return found.key
