"""Values of columns are converted as SQLAlchemy would, in both directions."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st
from sqlmodel import UTCDateTime

from sellerhealth.store.stored_values import SQLITE, as_values, to_store

LONDON = ZoneInfo("Europe/London")
EARLIEST, LATEST = dt.datetime(1, 1, 3), dt.datetime(9999, 12, 29)
ZONES = st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(seconds=3)), LONDON, ZoneInfo("America/St_Johns")])
INSTANTS = st.datetimes(EARLIEST, LATEST, timezones=ZONES)
WHOLE_SECONDS = st.datetimes(EARLIEST, LATEST, timezones=st.just(dt.UTC)).map(lambda instant: instant.replace(microsecond=0))


class OfALibrary(dt.datetime):
    """An instant of a plugin's library."""


def converted(values: Sequence[Any], convert: Any) -> list[Any]:
    return [value if value is None else convert(value) for value in values]


@example([dt.datetime(1949, 10, 30, 2, tzinfo=LONDON)])  # which is twice on that day
@example([OfALibrary(2026, 3, 1, tzinfo=dt.UTC)])
@given(st.one_of(st.lists(st.none() | WHOLE_SECONDS), st.lists(st.none() | INSTANTS)))
def test_instants_are_stored_as_by_sqlalchemy_and_read_again(instants: list[dt.datetime | None]) -> None:
    plain = UTCDateTime().dialect_impl(SQLITE)
    stored = to_store(instants, set(map(type, instants)), UTCDateTime())
    assert list(stored) == converted(instants, plain.bind_processor(SQLITE))
    read = as_values(stored, UTCDateTime())
    # In UTC, because in two zones Python compares no instant of an hour that is there twice.
    assert read == converted(stored, plain.result_processor(SQLITE, None)) == converted(instants, lambda each: each.astimezone(dt.UTC))
    assert all(each is None or each.tzinfo is dt.UTC for each in read)


@pytest.mark.parametrize(
    ("column_type", "values"),
    [
        (sa.Boolean(), [True, None, False, True]),
        (sa.Date(), [dt.date(2026, 3, 1), None, dt.date(2026, 3, 1)]),
        (sa.String(), ["a", None, "ß"]),
        (sa.BigInteger(), [2**60, None, 0]),
    ],
)
def test_other_values_are_read_as_they_were(column_type: sa.types.TypeEngine[Any], values: list[Any]) -> None:
    stored = to_store(values, set(map(type, values)), column_type)
    assert all(isinstance(each, str | int | None) and not isinstance(each, bool) for each in stored)
    assert as_values(stored, column_type) == values


def test_an_instant_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        to_store([dt.datetime(2026, 3, 1)], {dt.datetime}, UTCDateTime())
