"""The unproven rows of an account by day: from the facts row by row; from a tally as one text, which takes a third of the time of its rows."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import compress
from typing import Any, NamedTuple, TypeAlias

import orjson

from sellerhealth.engine.queries import MetricQuery
from sellerhealth.engine.sliding_window import first_and_length
from sellerhealth.metrics.unproven import UnprovenKind, UnprovenRows
from sellerhealth.metrics.worst_of_days import NO_EFFECT, Effect
from sellerhealth.rollups.tally import KindReader

EffectOf: TypeAlias = Callable[[UnprovenKind, int], Effect | None]
DayRows: TypeAlias = tuple[dt.date | None, UnprovenRows]  # without the day where that of each row does not matter
OUTSIDE, NUMBER, PART = "!", "#", ";"  # in a text


class TallyText(NamedTuple):
    """The numbers of a tally, with the day and the kind of each, in three texts divided by commas.

    A kind has `!` after it if it is outside the scope, and, where the tally adds something up, `#` and the place among the numbers of its kind.
    """

    days: str
    kinds: str
    amounts: str
    reader: KindReader

    def numbers(self) -> Sequence[int]:
        """The numbers, each of 64 bits. Several may be of the same day and kind."""
        numbers: Sequence[int] = orjson.loads(f"[{self.amounts}]")  # `int` takes six times as long
        return numbers

    def rows(self) -> Iterator[DayRows]:
        """The unproven rows of each day and kind."""
        found: dict[tuple[str, str], list[int]] = {}
        for day, key, number in zip(self.days.split(","), self.kinds.split(","), self.numbers(), strict=True):
            kind, _, place = key.partition(NUMBER)
            of_kind = found.setdefault((day, kind), [0] * self.reader.numbers)
            of_kind[int(place or 0)] += number
        for (day, kind), numbers in found.items():
            yield dt.date.fromisoformat(day), self.read(kind, numbers)

    def read(self, kind: str, numbers: Sequence[int]) -> UnprovenRows:
        """The rows of a kind, as it is in the text."""
        return self.reader.read([kind.rstrip(OUTSIDE), kind.endswith(OUTSIDE), *numbers])


class TextReader(NamedTuple):
    """How to read the text of a tally: days, kinds and numbers, with semicolons between."""

    reader: KindReader

    def read(self, numbers: Sequence[Any]) -> TallyText:
        """The text in a row of the statement."""
        days, kinds, amounts = numbers[0].split(PART)
        return TallyText(days, kinds, amounts, self.reader)


class UnprovenDays:
    """The unproven rows of some days, of one account and part."""

    def __init__(self, rows: Iterable[DayRows] = ()) -> None:
        self._rows = list(rows)
        self._texts: list[TallyText] = []

    def add(self, day: dt.date | None, unproven: UnprovenRows | TallyText) -> None:
        """Adds the rows of a day and a kind, or those of a tally."""
        if isinstance(unproven, TallyText):
            self._texts.append(unproven)
        else:
            self._rows.append((day, unproven))

    def rows(self) -> Iterator[DayRows]:
        """The rows of each day and kind."""
        yield from self._rows
        for text in self._texts:
            yield from text.rows()

    def added_up(self, query: MetricQuery, effect: EffectOf) -> Mapping[Effect, Sequence[int]] | None:
        """How many have an effect, on each day of a series: kinds that do the same are added up. None if any has none that is known.

        What is before the first day is on it.
        """
        first, length = first_and_length(query)
        columns, start = _Columns(length, effect), first.toordinal()
        try:
            for day, (kind, numbers) in self._rows:
                for index, number in enumerate(numbers):
                    column = columns.of(kind, index, may_be_added=number >= 0)
                    if day is not None and column is not None:
                        column[max(0, day.toordinal() - start)] += number
            # Tens of thousands of numbers, most without an effect: what is done with each is done by `map` and `compress`, in half the time.
            place_of = _places(first, length).__getitem__
            for text in self._texts:
                of_kinds = [*map(_ByKind(text, columns).__getitem__, text.kinds.split(","))]
                days, amounts = text.days.split(","), text.numbers()
                if not len(days) == len(of_kinds) == len(amounts):  # `compress` does not look
                    raise ValueError("a tally has lists of different lengths")
                places = map(place_of, compress(days, of_kinds))
                for column, place, number in zip(filter(None, of_kinds), places, compress(amounts, of_kinds), strict=True):
                    column[place] += number
        except _NotKnown:
            return None
        return columns.by_effect


class _NotKnown(Exception):
    """The effect of a kind is not known."""


class _Columns:
    """The columns by effect: a number for each day."""

    def __init__(self, length: int, effect: EffectOf) -> None:
        self.by_effect: dict[Effect, list[int]] = {}
        self._length, self._effect = length, effect

    def of(self, kind: UnprovenKind, index: int, *, may_be_added: bool) -> list[int] | None:
        """The column of a number of a kind; None if it has no effect. `may_be_added`: what it weighs is no negative number."""
        effect = self._effect(kind, index) if may_be_added else None
        if effect is None:
            raise _NotKnown
        return None if effect == NO_EFFECT else self.by_effect.setdefault(effect, [0] * self._length)


class _ByKind(dict[str, list[int] | None]):
    """The column of each number of a kind, by how a text names it; None if it has no effect."""

    def __init__(self, text: TallyText, columns: _Columns) -> None:
        self._text, self._columns = text, columns
        self._is_positive = "-" not in text.amounts

    def __missing__(self, name: str) -> list[int] | None:
        kind, _, place = name.partition(NUMBER)
        reader = self._text.reader
        of_kind = self._text.read(kind, [0] * reader.numbers).kind
        self[name] = found = self._columns.of(of_kind, reader.index(int(place or 0)), may_be_added=self._is_positive)
        return found


class _Places(dict[str, int]):
    """The places of days, as they are in a text: of earlier ones the first."""

    def __missing__(self, day: str) -> int:
        return 0


@lru_cache(maxsize=64)
def _places(first: dt.date, length: int) -> _Places:
    start = first.toordinal()
    return _Places({dt.date.fromordinal(start + place).isoformat(): place for place in range(length)})
