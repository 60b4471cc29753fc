"""One pass over the rows finds what the plain statements find, for every metric, and is taken where many rows are counted."""

import datetime as dt
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from sellerhealth import Count, Metric, Window, count
from sellerhealth.access import OWNER
from sellerhealth.facts import FACTS, Claim, Feedback, Item, Order, Package
from sellerhealth.model.tables import Fact
from sellerhealth.rollups import one_pass
from sellerhealth.rollups.alike_rows import AlikeRows
from sellerhealth.rollups.buckets import count_buckets
from sellerhealth.rollups.count_tally import count_tally
from sellerhealth.rollups.measure_set import MeasureSet, measure_set
from sellerhealth.store.writing import writing_into
from sellerhealth.testing import CLOCK, DAY, World
from tests.rollups.open_metrics import OPEN
from tests.support.random_facts import observations, random_facts
from tests.support.reference_metrics import DEFINITIONS
from tests.support.world import built_in

pytestmark = pytest.mark.sqlite_file  # the fast path is SQLite's alone

_twos = count(on=Package.promised_on, where=Package.seller_fulfilled).total(sa.literal(2), "Twos.")  # of no column
CONSTANT = Metric(
    key="constant", title="A", description="B", section="open", windows=(Window(30),), measures={"twos": _twos}, value=Count(_twos)
)
MEASURES = measure_set([*map(built_in, DEFINITIONS), *OPEN, CONSTANT])
ORDERS = Order.__table__
ALIKE = "FROM alike_rows"
KINDS = [FACTS, (Order,), (Order, Item, Package), (Order, Feedback, Claim)]


@pytest.mark.parametrize(("seed", "kinds"), [*enumerate(KINDS), (7, FACTS)])
def test_one_pass_finds_what_the_plain_statements_find(
    world: World, monkeypatch: pytest.MonkeyPatch, seed: int, kinds: Sequence[type[Fact]]
) -> None:
    monkeypatch.setattr(one_pass, "is_faster", lambda *_: True)
    random, seller = Random(seed), world.account()
    for fact, observed_at, values in observations(random_facts(seed, "UTC")):
        if fact in kinds:
            seller.add(fact, observed_at=observed_at, **values)
    seller.save()
    found = 0
    for days in (None, _some_days(random, 200), _some_days(random, 20)):
        monkeypatch.setattr(one_pass, "CHUNK", random.choice([100, 500]))  # of more days all rows are read
        found += _compare(world, seller.account_id, MEASURES, days, random)
    assert found > 100


def _some_days(random: Random, number: int) -> list[dt.date]:
    return [(CLOCK - day * DAY).date() for day in random.sample(range(400), number)]


def _compare(world: World, account_id: int, measures: MeasureSet, days: list[dt.date] | None, random: Random) -> int:
    """Compares both ways for all grains and tallies, on half of the days where there are some. Returns how much was compared."""
    found = 0
    with writing_into(world.database, OWNER, account_id) as connection:
        for grain, of_grain in measures.grains.items():
            tallies = [tally for tally in measures.tallies if tally.grain == grain]
            with one_pass.one_pass(connection, grain, of_grain, tallies, account_id, CLOCK, days) as fast:
                assert fast is not None
                assert all(ALIKE in str(each.statement) for each in fast.buckets.counting)
                some = days and random.sample(days, len(days) // 2)
                of_account = account_id, CLOCK, some
                counted = count_buckets(connection, grain, of_grain, *of_account)
                assert count_buckets(connection, grain, of_grain, *of_account, fast.buckets) == counted, grain.name
                found += len(counted)
                for tally in tallies:
                    assert all((ALIKE in str(each.statement)) is each.have_day for each in fast.tallies[tally])
                    tallied = count_tally(connection, tally, *of_account)
                    assert count_tally(connection, tally, *of_account, fast.tallies[tally]) == tallied, tally.grain.name
                    found += len(tallied)
    return found


def test_few_rows_are_counted_by_the_plain_statements(world: World) -> None:
    seller = world.account()
    seller.order()
    seller.save()
    (grain, measures), *_ = MEASURES.grains.items()
    with (
        writing_into(world.database, OWNER, seller.account_id) as connection,
        one_pass.one_pass(connection, grain, measures, [], seller.account_id, CLOCK, None) as fast,
    ):
        assert fast is None


def test_nothing_is_left_of_a_pass(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_pass, "is_faster", lambda *_: True)
    seller = world.account()
    seller.order()
    seller.save()
    (grain, measures), *_ = MEASURES.grains.items()
    for fails in (True, False, False):
        try:
            with writing_into(world.database, OWNER, seller.account_id) as connection:
                with one_pass.one_pass(connection, grain, measures, [], seller.account_id, CLOCK, None):
                    if fails:
                        raise InterruptedError
                assert connection.scalar(sa.text("SELECT count(*) FROM sqlite_temp_master")) == 0
        except InterruptedError:
            assert fails


KEY = {"on_day": ORDERS.c.placed_on, "in_marketplace": ORDERS.c.marketplace}
OWN = ORDERS.c.account_id == sa.bindparam("of_account")
OTHER = ORDERS.alias()


@pytest.mark.parametrize(
    ("column", "is_alike"),
    [
        (sa.func.count().filter(ORDERS.c.late_by > 0), True),
        (sa.func.sum(ORDERS.c.units).filter(ORDERS.c.accepted), True),
        (sa.func.max(ORDERS.c.units), False),
        (sa.case((ORDERS.c.units.is_(None), 0), else_=ORDERS.c.units), False),
        (sa.func.count().filter(ORDERS.c.channel.in_(sa.select(ORDERS.c.channel).where(OWN))), False),
        (sa.func.count().filter(sa.exists().where(OTHER.c.order_id == ORDERS.c.order_id)), True),
        (sa.select(OTHER.c.status).where(OTHER.c.order_id == ORDERS.c.order_id).scalar_subquery() == "SHIPPED", False),
    ],
)
def test_a_statement_that_reads_more_of_a_row_is_left_as_it_is(column: Any, is_alike: bool) -> None:
    labelled = [each.label(name) for name, each in KEY.items()]
    statement = sa.select(*labelled, column).where(OWN).group_by(*KEY)
    rows = AlikeRows(ORDERS, KEY)
    assert (rows.over(statement) is not statement) is is_alike
    assert rows.is_read is is_alike
    assert not is_alike or "bits_0" in str(rows.fill([OWN])) or "total_0" in str(rows.fill([OWN]))


def test_nothing_is_worked_out_for_a_statement_that_is_left_as_it_is() -> None:
    rows = AlikeRows(ORDERS, KEY)
    rows.over(sa.select(sa.func.count().filter(ORDERS.c.late_by > 0), sa.func.sum(ORDERS.c.units), sa.func.max(ORDERS.c.units)).where(OWN))
    assert not any(name in str(rows.fill([OWN])) for name in ("bits_0", "total_0"))


def test_parts_that_are_no_texts_are_counted_by_the_plain_statements() -> None:
    key = {**KEY, "in_part": sa.cast(ORDERS.c.units, sa.String)}
    statement = sa.select(sa.func.count().filter(ORDERS.c.units == 1)).where(OWN)
    assert AlikeRows(ORDERS, key).over(statement) is statement


def test_conditions_of_several_statements_are_worked_out_once() -> None:
    rows = AlikeRows(ORDERS, KEY)
    for late in (0, 0, 5):
        rows.over(sa.select(sa.func.count().filter(ORDERS.c.late_by > late, ORDERS.c.accepted)).where(OWN))
    text = str(rows.fill([OWN]))
    assert (text.count("late_by >"), text.count("orders.accepted")) == (2, 1)


def test_many_conditions_take_several_numbers() -> None:
    rows = AlikeRows(ORDERS, KEY)
    statement = rows.over(sa.select(*(sa.func.count().filter(ORDERS.c.late_by > late) for late in range(40))).where(OWN))
    assert all(name in str(statement) and name in str(rows.fill([OWN])) for name in ("bits_0", "bits_1"))
