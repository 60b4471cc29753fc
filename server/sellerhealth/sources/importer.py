"""Importers: named formats that turn the bytes of a file into partial rows of facts. No database here."""

import datetime as dt
import inspect
import re
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sellerhealth.deprecation import renamed_fields
from sellerhealth.errors import BadRow
from sellerhealth.model.tables import FactKind
from sellerhealth.sources.entries import Entry
from sellerhealth.sources.known_lines import KnownLines

LISTABLE = frozenset({FactKind.ORDER, FactKind.FEEDBACK})  # what a format can promise to list in full
RANKS = 100  # ranks of sources go from 0 to 99
CLOCK_SKEW = dt.timedelta(minutes=5)  # between the clock of a source and ours


@dataclass(frozen=True)
class FileContext:
    """The context of a file: what is known about it besides its content.

    `observed_at` is the instant up to which the file knows. `marketplace` is the one named at import, or None.
    `time_zones` returns the zone in which the days of a marketplace begin, `account_time_zones` that of an account and a marketplace, where
    rows name their accounts: see `zone_of`. `now` is the instant of the import by the system's clock. `known_lines`: what the account knows of
    the lines of a format of ours.
    """

    observed_at: dt.datetime
    marketplace: str | None = None
    time_zones: Callable[[str | None], ZoneInfo] = field(default=lambda marketplace: ZoneInfo("UTC"))
    now: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    account_time_zones: Callable[[str, str | None], ZoneInfo] | None = None
    known_lines: KnownLines | None = None

    def zone_of(self, marketplace: str | None, account: str | None = None) -> ZoneInfo:
        """The zone in which the days of a marketplace begin, for the account that a row names."""
        if account is None or self.account_time_zones is None:
            return self.time_zones(marketplace)
        return self.account_time_zones(account, marketplace)

    @cached_property
    def _latest(self) -> dt.datetime:
        """The latest instant of which anything can be known, by a clock that may be a little ahead of ours."""
        return self.now + CLOCK_SKEW

    def check_observed_at(self, observed_at: dt.datetime | None, line: int, field: str | None = None) -> None:
        """Raises BadRow for a row whose observed instant is later than now: no later report could correct it."""
        if observed_at is not None and observed_at > self._latest:
            raise BadRow(line, field, observed_at.isoformat(), "an instant that is not later than now")


@dataclass(frozen=True)
class Sample:
    """The start of a file, for recognising its format: up to 64 kB, and the cells of its first line, none for JSON."""

    name: str
    start: bytes
    columns: tuple[str, ...]


@renamed_fields(tells="covers")
@dataclass(frozen=True)
class Importer:
    """A format. `read` yields rows and rejected rows in the order of the file, without holding the file in memory.

    A format of several files that belong together is a FileSet: `recognises=EXPORT, read=EXPORT.read`.

    `name` is one word. `covers`: the kinds of fact that are covered once such a file was imported; none if the file only adds to
    facts of another source. `complete=False`: the file only has the facts that hurt, so a share of all of them cannot be
    computed from it. `lists`: the kinds of which a file has every fact from the instant of its first to that of its last row, so that
    one that it lacks is noted as gone: orders by the day on which they were placed, feedback by that on which it was left. It is none if rows
    are chosen in any other way, for example by their last update. `has_facts=False`: a file has only figures that Amazon itself reports,
    so a bad row of it is no miss. `rank`, 0 to 99, decides between sources of the same instant: the higher one wins. `template` is an example of
    a file, such as `Sheet.template`. `adds`: the kinds of which a file has some facts, or something about them,
    beside those in `covers`. `where`: where people get such a file. A declaration that cannot work raises ValueError or TypeError.
    """

    name: str
    title: str
    covers: frozenset[FactKind]
    rank: int
    recognises: Callable[[Sample], bool]
    read: Callable[[Any, FileContext], Iterator[Entry]]  # of a binary stream; where `recognises` is a FileSet, of its Files
    complete: bool = True
    template: str | None = None
    lists: frozenset[FactKind] = frozenset()
    has_facts: bool = True
    adds: frozenset[FactKind] = frozenset()
    where: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", self.name):
            raise ValueError(f"importer {self.name!r}: a name is one word of letters, digits and underscores, such as 'acme_returns'")
        for problem in self._problems():
            raise TypeError(f"importer {self.name!r}: {problem}")
        if not 0 <= self.rank < RANKS:
            raise ValueError(
                f"importer {self.name!r}: its rank is {self.rank}, but it is from 0 to {RANKS - 1}; that of Amazon's reports is 10"
            )

    def _problems(self) -> Iterator[str]:
        if not isinstance(self.title, str) or not self.title.strip():
            yield "it has no title: describe such a file for people"
        for name in ("covers", "adds"):
            kinds = getattr(self, name)
            if isinstance(kinds, str) or not isinstance(kinds, Set) or not all(isinstance(kind, FactKind) for kind in kinds):
                yield f"{name} is {kinds!r}: use a frozenset of FactKind, such as frozenset({{FactKind.CLAIM}})"
        if isinstance(self.lists, str) or not isinstance(self.lists, Set) or not self.lists <= LISTABLE:
            yield f"lists is {self.lists!r}: use a frozenset with FactKind.ORDER, FactKind.FEEDBACK or both"
        if not isinstance(self.rank, int) or isinstance(self.rank, bool):
            yield f"its rank is {self.rank!r}, not a whole number"
        for flag in ("complete", "has_facts"):
            if not isinstance(value := getattr(self, flag), bool):
                yield f"{flag} is {value!r}: use True or False"
        if self.covers and self.has_facts is False:
            yield "covers names kinds of fact, but has_facts is False: a file covers nothing that it does not have"
        for name in ("template", "where"):
            if (text := getattr(self, name)) is not None and not isinstance(text, str):
                yield f"its {name} is a {type(text).__name__}: use a text, or None"
        for field_name, function, parameters in (
            ("recognises", self.recognises, ("a Sample",)),
            ("read", self.read, ("a binary stream", "a FileContext")),
        ):
            if not callable(function):
                yield f"{field_name} is a {type(function).__name__}: use a function of {' and '.join(parameters)}"
            elif not _accepts(function, len(parameters)):
                yield f"{field_name} must be a function of {' and '.join(parameters)}, and of nothing else"


def _accepts(function: Callable[..., Any], arguments: int) -> bool:
    """Whether a function can be called with this number of arguments. True if it has no signature."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # some functions written in C have none
        return True
    try:
        signature.bind(*range(arguments))
    except TypeError:
        return False
    return True
