"""What an importer is: a named format that turns the bytes of a file into partial rows of facts. No database here."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from sellerhealth.errors import BadRow
from sellerhealth.tables import Fact, FactKind


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

    `tells`: the kinds of fact that are covered once such a file was imported. `complete=False`: the file tells only of the
    facts that hurt, so it cannot answer for a share of all of them. `rank` decides between sources that observed the same
    instant: the higher one is believed. `template` is a header with an example row, for formats that people write by hand.
    """

    name: str
    title: str
    tells: frozenset[FactKind]
    rank: int
    recognises: Callable[[Sample], bool]
    read: Callable[[BinaryIO, Given], Iterator[Entry]]
    complete: bool = True
    template: str | None = None
