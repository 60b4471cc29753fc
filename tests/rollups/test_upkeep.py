"""Rollups answer as the facts do: after imports in any order, changes, late facts, and when the clock goes on."""

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.queries import MetricQuery, Part, QueryResult, Scope, Series
from sellerhealth.engine.results import dimensions, read_results
from sellerhealth.errors import StoreFull
from sellerhealth.facts import Order
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.result import MetricResult
from sellerhealth.metrics.unproven import UnprovenRows
from sellerhealth.rollups import upkeep
from sellerhealth.rollups.buckets import Buckets
from sellerhealth.rollups.grain import Grain
from sellerhealth.testing import CLOCK, DAY, HOUR, US, World
from tests.fuzz import EXAMPLES
from tests.rollups.open_metrics import OPEN
from tests.support.random_facts import DE, observations, random_facts
from tests.support.reference_metrics import DEFINITIONS
from tests.support.world import built_in

METRICS = [*map(built_in, DEFINITIONS), *OPEN]
SCOPES = [Scope(), Scope(US), Scope(None, "SELLER"), Scope(DE, "AMAZON")]


def queries(metrics: Sequence[Metric], today: dt.date, random: Random) -> Iterator[MetricQuery]:
    for metric, scope in itertools.product(metrics, SCOPES):
        for window in metric.windows:
            as_of = today - random.choice([0, 1, 40]) * dt.timedelta(1)
            for part in (None, *map(Part, dimensions(metric))):
                yield MetricQuery(metric, window, as_of, scope, part)
        yield MetricQuery(metric, random.choice(metric.windows), as_of, scope, None, as_of - dt.timedelta(20))


def answers(world: World, requested: Sequence[MetricQuery], *, rolled_up: bool) -> dict[tuple[str, MetricQuery], QueryResult | Series]:
    assert world.rollups is not None
    sets = {world.rollups.set_id: world.rollups.members} if rolled_up else {}
    with world.database.reading() as connection:
        session = ReadSession(connection, OWNER, world.clock, rollups=sets)
        results = read_results(session, requested, AccountFilter(account_ids=tuple(account.account_id for account in world.accounts)))
        return {
            (account.key, query): results.result(account.account_id, query)
            if query.since is None
            else results.series(account.account_id, query)
            for account in world.accounts
            for query in requested
        }


def numbers(answer: QueryResult | Series) -> object:
    if isinstance(answer, QueryResult):
        return {part: numbers_of(result) for part, result in answer.by_part.items()}
    return answer


def numbers_of(result: MetricResult) -> object:
    """What a result says, and of which rows it does not know what they count in."""
    unproven = result.unproven
    return dict(result.numbers), result.value, result.status, unproven.rows, dict(unproven.cells), kinds_of(unproven.by_kind)


def kinds_of(unproven: Iterable[UnprovenRows]) -> object:
    return Counter((numbers, kind.counts, tuple(sorted(kind.cells)), kind.summed, kind.elsewhere) for kind, numbers in unproven)


@pytest.mark.dear
@pytest.mark.parametrize("seed", range(EXAMPLES // 50 or 1))
def test_rollups_answer_as_the_facts_do(world: World, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    random = Random(seed)
    monkeypatch.setattr(upkeep, "are_most", lambda *_: random.random() < 0.2)
    world.roll_up(METRICS)
    compared = 0
    sellers = [world.account(time_zone="America/Los_Angeles", time_zones={DE: "Europe/Berlin"}) for _ in range(2)]
    world.clock = CLOCK - 3 * DAY
    rows = [
        (seller, *row)
        for number, seller in enumerate(sellers)
        for row in observations(random_facts(1000 * seed + number, "America/Los_Angeles"))
    ]
    random.shuffle(rows)
    pieces = [rows[start : start + 90] for start in range(0, len(rows), 90)]
    for piece in pieces:
        world.clock = min(world.clock + random.choice([0, 1, 7, 24]) * HOUR, CLOCK + DAY)
        for seller, fact, observed_at, values in piece:
            seller.add(fact, observed_at=observed_at, **values)
        world.save()
        if random.random() < 0.5 or piece is pieces[-1]:
            requested = random.sample(list(queries(METRICS, world.clock.date(), random)), 12)
            from_facts, from_rollups = answers(world, requested, rolled_up=False), answers(world, requested, rolled_up=True)
            for key, answer in from_facts.items():
                assert numbers(from_rollups[key]) == numbers(answer), (seed, key)
            compared += len(from_facts)
    assert compared > 50


def test_the_first_import_of_an_account_counts_the_tables_that_it_fills(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    counted, count = list[str](), upkeep.count_buckets

    def noted(connection: sa.Connection, grain: Grain, *rest: Any, **options: Any) -> Buckets:
        counted.append(grain.table.name)
        return count(connection, grain, *rest, **options)

    monkeypatch.setattr(upkeep, "count_buckets", noted)
    world.roll_up(METRICS)
    seller = world.account()
    seller.order("first")
    seller.save()
    assert counted == ["orders"]


def test_an_import_whose_rollups_find_no_room_stores_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*counting: Any, **options: Any) -> Buckets:
        raise StoreFull("Make room.")

    world.roll_up(METRICS)
    seller = world.account()
    seller.order("first")
    with monkeypatch.context() as patch:
        patch.setattr(upkeep, "count_buckets", fill)
        with pytest.raises(StoreFull):
            seller.save()
    with world.database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Order)) == 0
