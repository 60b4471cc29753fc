"""The text of running sums says what the rows of days would, in whatever order a database lists them."""

import datetime as dt

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from sellerhealth import Count, Metric, Window, count
from sellerhealth.access import OWNER
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.engine.running_text import read_sums, split_sums, sums_as_text
from sellerhealth.errors import MetricFailed
from sellerhealth.facts import Order
from sellerhealth.rollups.grain import number_column
from sellerhealth.rollups.tables import rollup_table
from sellerhealth.store.database import Database
from sellerhealth.testing import TODAY, US, World
from tests.support.random_facts import DE

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


@pytest.mark.parametrize("largest", [2**62 - 1, 2**63 - 1])
def test_a_sum_of_more_than_64_bits_fails_its_metric_in_a_series_as_in_a_window(database: Database, largest: int) -> None:
    orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
    metric = Metric(
        key="large",
        title="Large",
        description="Large.",
        section="test",
        windows=(Window(30),),
        measures={"orders": orders},
        value=Count(orders),
    )
    world = World(database)
    world.roll_up([metric])
    seller = world.account()
    for marketplace in (US, DE):
        seller.order(marketplace=marketplace)
    seller.save()
    assert world.rollups is not None
    with database.writing() as connection:
        for grain in world.rollups.grains:
            connection.execute(sa.update(rollup_table(grain.name, (number_column(orders),))).values({number_column(orders): largest}))
    batch = MetricBatch(database, OWNER, world.clock, rollups={world.rollups.set_id: world.rollups.members})
    queries = [MetricQuery(metric, Window(30), TODAY, since=since) for since in (None, TODAY)]
    if 2 * largest < 2**63:
        window, series = (batch.measure(seller.account_id, query)[0] for query in queries)
        assert [*window.result.numbers.values()] == [2 * largest]
        assert [*series.counted.values()] == [[2 * largest]]
    else:
        for query in queries:
            with pytest.raises(MetricFailed):
                batch.measure(seller.account_id, query)
