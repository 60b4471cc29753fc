"""The status of many accounts is the same as from each account's own results, with one statement."""

import datetime as dt
import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from sellerhealth import Count, Metric, Ratio, count, testing
from sellerhealth.access import OWNER
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.account_status import enforced_metrics
from sellerhealth.engine.account_statuses import AccountStatuses
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.queries import MetricQuery, Part
from sellerhealth.errors import MetricFailed
from sellerhealth.facts import Order as OrderFact
from sellerhealth.model.records import Account
from sellerhealth.model.tables import FactKind
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, TODAY, US, World
from tests.engine.judging_metrics import METRICS, late, metric, orders
from tests.support.random_facts import observations, random_facts
from tests.support.world import built_in, health, overall

DE = "A1PA6795UKMFR9"
ALL = AccountFilter()


@pytest.fixture
def world(database: Database) -> World:
    """Accounts from flawless to bad, new ones, one without sources, and one with a source of orders alone."""
    world, chance = World(database), random.Random(3)
    for seed in range(10):
        seller = world.account()
        for fact, observed_at, values in observations(random_facts(seed, "UTC", orders=chance.choice([2, 10, 30]))):
            seller.add(fact, observed_at=observed_at, **values)
        seller.save()
    for number in range(4):
        seller = world.account()
        testing.orders(seller, number, marketplace=DE)
        seller.save()
    world.account(covers=()).save()
    like_another = world.account(covers=(FactKind.ORDER,))  # with the same numbers, but nothing is proven
    testing.orders(like_another, 3, marketplace=DE)
    like_another.save()
    return world


def statuses_in(world: World, metrics: Sequence[Metric], accounts: AccountFilter = ALL, as_of: dt.date = TODAY) -> AccountStatuses:
    return MetricBatch(world.database, OWNER, CLOCK).account_statuses(accounts, metrics, as_of)


EVERY_METRIC = (*METRICS, *(built_in(key) for key in ("order_defect_rate", "late_shipment_rate", "valid_tracking_rate", "seller_rating")))


@pytest.mark.dear
@pytest.mark.parametrize("as_of", [TODAY, TODAY - dt.timedelta(20)])
def test_the_status_of_every_account_is_that_of_its_own_results(world: World, as_of: dt.date) -> None:
    account_statuses = statuses_in(world, EVERY_METRIC, as_of=as_of)
    assert set(account_statuses.accounts) == {seller.account_id for seller in world.accounts}

    def own(account_id: int) -> None:
        batch = MetricBatch(world.database, OWNER, CLOCK)
        for each in EVERY_METRIC:
            status = account_statuses.of(account_id, [each])
            default = MetricQuery(each, each.windows[0], as_of)
            assert status.status is overall(batch, account_id, default), (account_id, each.key)
            assert status.value == batch.measure(account_id, default)[0].result.value
            used = []
            for index, window in enumerate(each.windows):
                for part in (None, *map(Part, each.parts)):
                    results = batch.measure(account_id, MetricQuery(each, window, as_of, part=part))[0].by_part.values()
                    if index == 0 or window.judged:
                        judged = [result for result in results if result.status != "NOT_AVAILABLE"]
                        used += [result.headroom.used for result in judged if result.headroom and result.headroom.used is not None]
            assert status.used == max(used, default=None)
        together = enforced_metrics(EVERY_METRIC)
        assert account_statuses.of(account_id, together).status is health(batch, account_id, EVERY_METRIC, as_of)
        each_used = [account_statuses.of(account_id, [each]).used for each in together]
        assert account_statuses.of(account_id, together).used == max((used for used in each_used if used is not None), default=None)

    for account_id in account_statuses.accounts:
        own(account_id)
    statuses = {account_statuses.of(account_id, enforced_metrics(EVERY_METRIC)).status for account_id in account_statuses.accounts}
    assert statuses >= {"CRITICAL", "NOT_AVAILABLE"}


def test_only_what_amazon_acts_on_makes_the_health() -> None:
    assert [each.key for each in enforced_metrics(METRICS)] == ["rate", "by_part", "none_open"]


def test_accounts_are_filtered_by_marketplace_too_and_meet_every_condition(world: World) -> None:
    german = statuses_in(world, METRICS[:1], AccountFilter(marketplace=DE)).accounts.values()
    assert {"seller-12", "seller-13", "seller-14"} <= {account.key for account in german}
    assert not {"seller-11", "seller-15"} & {account.key for account in german}  # they have no orders
    filtered = statuses_in(world, METRICS[:1], AccountFilter(marketplace=DE, keys=("seller-13", "seller-15", "seller-2"), search="R-1"))
    assert [account.key for account in filtered.accounts.values()] == ["seller-13"]
    assert statuses_in(world, METRICS[:1], AccountFilter(marketplace="nowhere")).accounts == {}


def test_thousands_of_accounts_are_one_metric_statement_without_a_parameter_for_each(
    database: Database, sent: list[tuple[str, Any]]
) -> None:
    with database.writing() as connection:
        rows = [{"account_id": number, "key": f"{number}", "name": "", "time_zone": "UTC", "version": 0} for number in range(3000)]
        connection.execute(sa.insert(Account), rows)
    account_statuses = statuses_in(World(database), METRICS)
    assert len(account_statuses.accounts) == 3000
    metric_statements = [parameters for statement, parameters in sent if "UNION ALL" in statement]
    assert len(metric_statements) == 1
    assert all(len(parameters) < 100 for _, parameters in sent)


def test_equal_queries_share_a_statement_and_later_ones_take_their_results_from_it(world: World, sent: list[tuple[str, Any]]) -> None:
    account_id = world.accounts[0].account_id

    def measure_twice() -> None:
        batch = MetricBatch(world.database, OWNER, CLOCK)
        first, second = batch.account_statuses(ALL, METRICS[:2], TODAY), batch.account_statuses(ALL, METRICS[1::-1], TODAY)
        assert first is second
        default = MetricQuery(METRICS[0], METRICS[0].windows[0], TODAY)
        known = batch.measure(account_id, default)
        assert overall(batch, account_id, default) is first.of(account_id, METRICS[:1]).status
        assert len(sent) == 4  # the accounts, their metrics, what of them is unproven, and how long that holds
        assert known == MetricBatch(world.database, OWNER, CLOCK).measure(account_id, default)

    measure_twice()


def test_the_results_of_some_accounts_are_not_those_of_others(world: World) -> None:
    included, other = world.accounts[0], world.accounts[12]

    def measure_twice() -> None:
        batch = MetricBatch(world.database, OWNER, CLOCK)
        batch.account_statuses(AccountFilter(keys=("seller-1",)), METRICS, TODAY)
        for seller in (included, other):
            for as_of in (TODAY, TODAY - dt.timedelta(1)):
                query = MetricQuery(METRICS[3], METRICS[3].windows[0], as_of)
                assert batch.measure(seller.account_id, query) == MetricBatch(world.database, OWNER, CLOCK).measure(
                    seller.account_id, query
                )

    measure_twice()


class Exploding(Ratio):
    def __call__(self, numbers: object) -> Fraction | None:
        raise ZeroDivisionError("secret of the plugin")


broken_sql = count(on=OrderFact.placed_on, where=sa.func.no_such_function(OrderFact.order_id) == 1, description="Never counted.")


@pytest.mark.parametrize(
    "at_fault", [metric("broken", Count(broken_sql), broken_sql), metric("broken", Exploding(late, orders), late, orders)]
)
def test_a_metric_at_fault_is_named_and_logged_once(world: World, at_fault: Metric) -> None:
    def fail_twice() -> list[object]:
        batch = MetricBatch(world.database, OWNER, CLOCK)
        failures: list[object] = []
        for metrics in ([at_fault, *METRICS], [at_fault]):
            with pytest.raises(MetricFailed) as failed:
                batch.account_statuses(ALL, metrics, TODAY)
            failures.append(failed.value)
        return [*failures, batch.account_statuses(ALL, METRICS, TODAY)]

    with capture_logs() as logs:
        *failures, sound = fail_twice()
    assert [(type(failure), getattr(failure, "metric", None)) for failure in failures] == [(MetricFailed, "broken")] * 2
    assert len(logs) == 1
    assert isinstance(sound, AccountStatuses)


def test_marketplace_is_that_of_the_facts(world: World) -> None:
    american = statuses_in(world, METRICS[:1], AccountFilter(marketplace=US)).accounts.values()
    assert not {"seller-12", "seller-13"} & {account.key for account in american}
    assert len(american) > 5
