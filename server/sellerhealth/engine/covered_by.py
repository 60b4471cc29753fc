"""The sources of an account as one text, which accounts with the same coverage share: what it says is read once for all of them."""

import datetime as dt
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.model.records import Source
from sellerhealth.model.tables import FactKind


class Covered(NamedTuple):
    """A kind of fact that a source covers through a day. `is_complete`: it has all such facts, not just those that hurt."""

    kind: FactKind
    is_complete: bool
    through: dt.date


def sources_as_text() -> sa.ColumnElement[Any]:
    """The sources of an account, in SQL: an aggregate over its rows."""
    words = (Source.fact, sa.cast(sa.cast(Source.complete, sa.Integer), sa.String), sa.cast(Source.through, sa.String))
    space: sa.ColumnElement[str] = sa.literal_column("' '", sa.String())
    return sa.func.aggregate_strings(words[0] + space + words[1] + space + words[2], ",")


def in_order(text: str) -> str:
    """The same text with its sources in order. PostgreSQL adds them up in any: to sort the few of each account takes it longer."""
    return ",".join(sorted(text.split(",")))


@lru_cache(maxsize=1024)
def read_sources(text: str) -> tuple[Covered, ...]:
    """What the sources in such a text cover."""
    found = (source.split(" ") for source in text.split(",") if source)
    return tuple(Covered(FactKind(kind), complete == "1", dt.date.fromisoformat(through)) for kind, complete, through in found)
