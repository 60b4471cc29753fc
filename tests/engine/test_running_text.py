"""The text of running sums says what the rows of days would, in whatever order a database lists them."""

import datetime as dt

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from sellerhealth.engine.running_text import read_sums, split_sums, sums_as_text

DAYS = st.dates(dt.date(2025, 1, 1), dt.date(2025, 3, 1))
SUMS = st.tuples(*[st.integers(-(2**63), 2**63 - 1)] * 2)


@given(st.dictionaries(DAYS, SUMS, min_size=1), st.permutations(range(60)), st.integers(0, 60), st.text("a;,", max_size=4))
def test_it_says_the_same_as_rows(rows: dict[dt.date, tuple[int, int]], order: list[int], split: int, part: str) -> None:
    listed = [day for _, day in sorted(zip(order, rows, strict=False))]
    texts = []
    for some in (listed[:split], listed[split:]):
        if some:
            lists = ([day.isoformat() for day in some], *([str(rows[day][at]) for day in some] for at in range(2)))
            of_part, found = split_sums(";".join((*map(",".join, lists), part)), 2)
            assert of_part == part
            texts.append(found)
    days, sums = read_sums(texts)
    assert list(days) == [day.toordinal() for day in sorted(rows)]
    assert [*zip(*sums, strict=True)] == [rows[day] for day in sorted(rows)]


def test_a_database_writes_it() -> None:
    part, rows = "Books; old, used", {"2025-01-02": -3, "2025-01-09": 2**63 - 1}
    days = sa.union_all(*(sa.select(*map(sa.literal, (*row, part))) for row in rows.items())).subquery()
    with sa.create_engine("sqlite://").connect() as connection:
        (text,) = connection.execute(sa.select(sums_as_text(days.c[0], [days.c[1]], days.c[2])).group_by(days.c[2])).scalars()
    of_part, lists = split_sums(text, 1)
    assert of_part == part
    assert read_sums([lists]) == (tuple(dt.date.fromisoformat(day).toordinal() for day in rows), [[*rows.values()]])


@pytest.mark.parametrize("sums", ["1,2,3", "1"])
def test_sums_of_other_days_are_refused(sums: str) -> None:
    with pytest.raises(ValueError, match="other days"):
        read_sums([("2025-01-02,2025-01-09", "1,2", sums)])
