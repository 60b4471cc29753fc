"""Pages of sorted rows: the rows between any two positions, in any mix of directions, from either end, from the store and in memory."""

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.store.keyset import PageRequest, SortColumn, fetch_page, is_after, page_of_sorted
from sellerhealth.testing import CLOCK

LETTERS = sa.Table("letters", sa.MetaData(), *(sa.Column(name, sa.Integer, nullable=False) for name in "abc"))
COLUMNS = LETTERS.c.a, LETTERS.c.b, LETTERS.c.c
values = st.integers(0, 2)
rows_of_letters = st.sets(st.tuples(values, values, values), max_size=12)
directions = st.tuples(st.booleans(), st.booleans(), st.booleans())


@pytest.fixture(scope="module")
def engine() -> sa.Engine:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    LETTERS.create(engine)
    return engine


def rank_of(descending: tuple[bool, ...]) -> Any:
    return lambda row: tuple(-value if descends else value for value, descends in zip(row, descending, strict=True))


@settings(deadline=None, max_examples=150)
@given(
    rows=rows_of_letters, descending=directions, size=st.integers(1, 13), from_end=st.booleans(),
    after=st.none() | st.tuples(values, values, values), before=st.none() | st.tuples(values, values, values),
)  # fmt: skip
def test_a_page_is_a_slice_of_the_sorted_rows(engine, rows, descending, size, from_end, after, before):  # type: ignore[no-untyped-def]  # hypothesis fills them
    rank = rank_of(descending)
    inside = sorted(
        (row for row in rows if (after is None or rank(row) > rank(after)) and (before is None or rank(row) < rank(before))), key=rank
    )
    expected = inside[-size:] if from_end else inside[:size]
    outside_before = after is not None and any(rank(row) <= rank(after) for row in rows)
    outside_after = before is not None and any(rank(row) >= rank(before) for row in rows)
    has_more = len(inside) > size
    sides = outside_before or (has_more and from_end), outside_after or (has_more and not from_end)
    request = PageRequest(size, after, before, from_end)
    in_memory = page_of_sorted(sorted(rows, key=rank), rank, rank, request)
    assert (list(in_memory.rows), in_memory.has_previous, in_memory.has_next) == (expected, *sides)
    with engine.connect() as connection:
        if rows:
            connection.execute(sa.insert(LETTERS), [dict(zip("abc", row, strict=True)) for row in rows])
        order = [SortColumn(column, descends) for column, descends in zip(COLUMNS, descending, strict=True)]
        page = fetch_page(ReadSession(connection, OWNER, CLOCK), sa.select(*COLUMNS), order, request)
        assert ([tuple(row.values()) for row in page.rows], page.has_previous, page.has_next) == (expected, *sides)


@given(rows=rows_of_letters, descending=directions, position=st.lists(values, min_size=1, max_size=3), or_at=st.booleans())
@settings(deadline=None, max_examples=100)
def test_rows_with_the_values_of_a_shorter_position_are_at_it(engine, rows, descending, position, or_at):  # type: ignore[no-untyped-def]  # hypothesis fills them
    length = len(position)
    rank = rank_of(descending[:length])
    expected = {row for row in rows if rank(row[:length]) > rank(position) or (or_at and list(row[:length]) == position)}
    order = [SortColumn(column, descends) for column, descends in zip(COLUMNS, descending, strict=True)]
    with engine.connect() as connection:
        if rows:
            connection.execute(sa.insert(LETTERS), [dict(zip("abc", row, strict=True)) for row in rows])
        condition = is_after(order, tuple(position), or_at=or_at)
        assert {tuple(row) for row in connection.execute(sa.select(*COLUMNS).where(condition))} == expected
        assert {tuple(row) for row in connection.execute(sa.select(*COLUMNS).where(~condition))} == rows - expected


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=["sqlite", "postgresql"])
def test_columns_of_one_direction_are_compared_as_a_tuple(dialect: sa.Dialect) -> None:
    def sql(condition: Any) -> str:
        return str(condition.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))

    newest = [SortColumn(column, descending=True) for column in COLUMNS]
    assert sql(is_after(newest, (1, 2, 3))) == "(letters.a, letters.b, letters.c) < (1, 2, 3)"
    assert sql(~is_after(newest, (1, 2, 3), or_at=True)) == "(letters.a, letters.b, letters.c) > (1, 2, 3)"
