"""Running sums as one text for each account and part. As rows of days they took SQLite, the driver and Python twice as long.

The text: the days, the sums of each measure on them, and the part, with semicolons between. Days and sums are divided by commas.
"""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache, reduce
from operator import add
from typing import Any

import orjson
import sqlalchemy as sa

from sellerhealth.engine.listed import COMMA, Listed, ListedSums

_SEMICOLON = ";"


def sums_as_text(day: Any, sums: Sequence[Any], part: Any) -> Any:
    """The text in SQL: an aggregate over days. `part` is None where the query has none."""
    semicolon = sa.literal_column(f"'{_SEMICOLON}'", sa.String())
    text = reduce(add, (each + semicolon for each in (Listed(day), *map(ListedSums, sums))))
    return text if part is None else text + part


def split_sums(text: str, measures: int) -> tuple[str, Sequence[str]]:
    """The part that is in a text, and its lists: that of the days is the first."""
    *lists, part = text.split(_SEMICOLON, 1 + measures)
    return part, lists


def read_sums(texts: Sequence[Sequence[str]]) -> tuple[tuple[int, ...], Sequence[Sequence[int]]]:
    """The days in the lists of some texts, oldest first and by their ordinals, and the sums of each measure on them."""
    days, *sums = map(COMMA.join, zip(*texts, strict=True))
    ordinals, order = _ordinals(days)
    columns: Sequence[Sequence[int]] = orjson.loads(f"[[{'],['.join(sums)}]]")
    if {*map(len, columns)} != {len(ordinals)}:
        raise ValueError("running sums of other days")
    return ordinals, columns if order is None else [[column[place] for place in order] for column in columns]


@lru_cache(maxsize=64)  # most tables have facts on the same days
def _ordinals(days: str) -> tuple[tuple[int, ...], Sequence[int] | None]:
    """Days by their ordinals, oldest first, and their places in that order; None if it is the same. PostgreSQL lists them in any."""
    ordinals = [dt.date.fromisoformat(day).toordinal() for day in days.split(COMMA)]
    order = sorted(range(len(ordinals)), key=ordinals.__getitem__)
    return tuple(sorted(ordinals)), None if order == [*range(len(ordinals))] else order
