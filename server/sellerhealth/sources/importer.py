"""What an importer is: a named format that turns the bytes of a file into partial rows of facts. No database here."""

import datetime as dt
import inspect
import re
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from sellerhealth.errors import BadRow
from sellerhealth.model.tables import Fact, FactKind


class Row(NamedTuple):
    """What a file says of one fact: its key and whichever told columns the source knows; None says nothing.

    `observed_at` is the instant as of which the row is true, in UTC; None stands for that of the file.
    """

    fact: type[Fact]
    values: dict[str, Any]
    observed_at: dt.datetime | None
    line: int


class Rejected(NamedTuple):
    """A row that cannot be imported: why, and its text, so that it can be mended and imported again."""

    error: BadRow
    text: str


class PassedOver(NamedTuple):
    """A row that is read and rightly not imported, for example an order of another shop."""

    line: int


RANKS = 100  # of sources, from 0

Entry = Row | Rejected | PassedOver


@dataclass(frozen=True)
class Given:
    """What is known about a file besides its content."""

    observed_at: dt.datetime
    marketplace: str | None = None
    time_zones: Callable[[str | None], ZoneInfo] = field(default=lambda marketplace: ZoneInfo("UTC"))


@dataclass(frozen=True)
class Sample:
    """The start of a file, by which an importer recognises its format: up to 64 kB, and its first line split at tabs or commas."""

    name: str
    start: bytes
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Importer:
    """A format. `read` yields rows and rejected rows in the order of the file, without holding the file in memory.

    `name` is one word, as for `--format`. `tells`: the kinds of fact that are covered once such a file was imported; none when the
    file only adds to facts that another source tells. `complete=False`: the file tells only of the facts that hurt, so it cannot
    answer for a share of all of them. `rank`, 0 to 99, decides between sources that observed the same instant: the higher one is
    believed. `template` is a header with an example row, for formats that people write by hand. ValueError and TypeError say what
    is wrong with a declaration.
    """

    name: str
    title: str
    tells: frozenset[FactKind]
    rank: int
    recognises: Callable[[Sample], bool]
    read: Callable[[BinaryIO, Given], Iterator[Entry]]
    complete: bool = True
    template: str | None = None

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
            yield "it has no title: say for people what such a file tells"
        if isinstance(self.tells, str) or not isinstance(self.tells, Set) or not all(isinstance(kind, FactKind) for kind in self.tells):
            yield f"tells is {self.tells!r}: give a frozenset of FactKind, such as frozenset({{FactKind.CLAIM}})"
        if not isinstance(self.rank, int) or isinstance(self.rank, bool):
            yield f"its rank is {self.rank!r}, not a whole number"
        if not isinstance(self.complete, bool):
            yield f"complete is {self.complete!r}: say True or False"
        if self.template is not None and not isinstance(self.template, str):
            yield f"its template is a {type(self.template).__name__}: give the text, or None"
        for word, function, wanted in (("recognises", self.recognises, ("a Sample",)), ("read", self.read, ("a binary stream", "a Given"))):
            if not callable(function):
                yield f"{word} is a {type(function).__name__}: give a function of {' and '.join(wanted)}"
            elif not _takes(function, len(wanted)):
                yield f"{word} has to be a function of {' and '.join(wanted)}, and of nothing else"


def _takes(function: Callable[..., Any], arguments: int) -> bool:
    """Whether a function can be called with so many arguments, as far as it says."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # some that are written in C do not say
        return True
    try:
        signature.bind(*range(arguments))
    except TypeError:
        return False
    return True
