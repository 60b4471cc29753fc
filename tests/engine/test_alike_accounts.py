"""Accounts with the same coverage and the same numbers share a result: each has the one that it has when it is read alone."""

from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from random import Random

import pytest
import sqlalchemy as sa

from sellerhealth import Count, Metric, Window, count
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.covered_by import in_order, read_sources
from sellerhealth.engine.covering import About, alike_accounts
from sellerhealth.engine.judged_alike import judged, result_of_alike
from sellerhealth.engine.queries import MetricQuery, Part, QueryResult
from sellerhealth.engine.results import read_results
from sellerhealth.facts import Order
from sellerhealth.metrics.measures import Numbers
from sellerhealth.metrics.unproven import Counts, UnknownCell, UnprovenKind, UnprovenRows
from sellerhealth.model.records import RejectedRow
from sellerhealth.model.tables import FactKind
from sellerhealth.settings import STALE_AFTER
from sellerhealth.testing import CLOCK, DAY, TODAY, World
from sellerhealth.testing.world import reading
from tests.engine.test_kept_numbers import METRICS
from tests.rollups.test_upkeep import numbers, queries
from tests.support.random_facts import observations, random_facts

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
metric = Metric(
    key="orders", title="", description="", section="test", measures={"orders": orders}, value=Count(orders), windows=(Window(30),)
)
TIME_ZONE = "America/Los_Angeles"


@pytest.mark.dear
@pytest.mark.parametrize("seed", range(3))
def test_accounts_read_together_have_the_results_of_each_alone(world: World, seed: int) -> None:
    random = Random(seed)
    if seed:
        world.roll_up(METRICS)
    kinds = tuple(FactKind)
    sellers = [
        world.account(time_zone=TIME_ZONE, covers=covers, when=CLOCK - days * DAY)
        for covers, days in ((kinds, 0), (kinds, 0), (kinds, 9), (kinds[:3], 0), (kinds[:3], 0), (kinds, 0))
    ]
    for facts, seller in zip((1, 1, 1, 1, 2, None), sellers, strict=True):
        for fact, observed_at, values in () if facts is None else observations(random_facts(10 * seed + facts, TIME_ZONE, 30)):
            seller.add(fact, observed_at=observed_at, **values)
    world.save()
    with world.database.writing() as connection:
        row = {"batch_id": "1", "number": 1, "fact": "ORDER", "fact_key": None, "day": TODAY - DAY}
        connection.execute(sa.insert(RejectedRow), [{"account_id": sellers[number].account_id, **row} for number in (0, 4)])
    possible = [each for each in queries(METRICS, TODAY, random) if each.since is None]
    requested, ids = random.sample(possible, 20), [each.account_id for each in sellers]
    with reading(world) as session:
        together = read_results(session, requested, AccountFilter(account_ids=tuple(ids)))
        alone = {each: read_results(session, requested, AccountFilter(account_ids=(each,))) for each in ids}
        for query in requested:
            for account_id, found in zip(ids, together.results(ids, query), strict=True):
                assert not isinstance(found, Exception)
                expected = alone[account_id].result(account_id, query)
                assert numbers(found) == numbers(expected), query
                assert found[1:] == expected[1:], query


def test_accounts_with_the_same_numbers_share_a_result(world: World) -> None:
    sellers = [world.account() for _ in range(3)]
    for number, seller in enumerate(sellers):
        seller.order(placed_at=CLOCK - 2 * DAY)
        if number == 2:
            seller.order("another", placed_at=CLOCK - 2 * DAY)
    world.save()
    query = MetricQuery(metric, Window(30), TODAY)
    ids = [each.account_id for each in sellers]
    with reading(world) as session:
        one, same, other = read_results(session, [query], AccountFilter()).results(ids, query)
    assert one is same
    assert one is not other


def test_a_result_is_remembered_but_for_values_of_a_plugin(world: World) -> None:
    computed: list[int] = []

    class Changing(Count):
        def __call__(self, numbers: Numbers) -> Fraction | None:
            computed.append(1)
            return Fraction(len(computed))

    seller = world.account()
    seller.order(placed_at=CLOCK - 2 * DAY)
    world.save()
    found: list[list[QueryResult]] = []
    for _ in range(2):
        queries = [MetricQuery(each, Window(30), TODAY) for each in (metric, replace(metric, value=Changing(orders)))]
        with reading(world) as session:
            results = read_results(session, queries, AccountFilter())
            found.append([results.result(seller.account_id, query) for query in queries])
    assert found[0][0] is found[1][0]
    assert [of_plugin.result.value for _, of_plugin in found] == [1, 2]


def test_a_result_with_many_parts_is_not_remembered() -> None:
    query, alike = MetricQuery(metric, Window(30), TODAY, part=Part("marketplace")), alike_accounts("", (), TODAY, STALE_AFTER)
    for number, is_remembered in ((2, True), (1_000, False)):
        by_part = tuple((f"part {each}", (1,)) for each in range(number))
        one, other = (result_of_alike(alike, query, by_part) for _ in range(2))
        assert (one is other) is is_remembered
        assert one.by_part.keys() == other.by_part.keys() == dict(by_part).keys()


def test_a_result_with_many_kinds_of_unproven_rows_is_not_remembered() -> None:
    about = About(None, proven=True, stale=False, rejected=0)
    for number, is_remembered in ((2, True), (1_000, False)):
        kinds = [UnprovenKind(((orders, Counts.MAYBE),), (UnknownCell("orders", f"column {each}"),)) for each in range(number)]
        one, other = (judged(metric, [number], about, [UnprovenRows(kind, (1,)) for kind in kinds]) for _ in range(2))
        assert (one is other) is is_remembered
        assert one.unproven.rows == other.unproven.rows == number


def test_sources_in_any_order_are_the_same() -> None:
    texts = {",".join(each) for each in permutations(["ORDER 1 2026-03-31", "CLAIM 0 2026-03-30", "ORDER 0 2026-04-01"])}
    assert len(texts) == 6
    (text,) = {in_order(each) for each in texts}
    assert set(read_sources(text)) == {covered for each in texts for covered in read_sources(each)}
    assert in_order("") == ""
