"""Coverage: how far the facts that a metric reads must be covered, and that only a good status needs it."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellerhealth import Below, Figure, Metric, Window, count
from sellerhealth.access import OWNER
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.coverage import AccountCoverage, metric_coverage
from sellerhealth.engine.covered_by import Covered
from sellerhealth.engine.queries import MetricQuery, Part, QueryResult
from sellerhealth.facts import Claim, Order
from sellerhealth.metrics.result import UnavailableReason
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.model.tables import FactKind
from sellerhealth.settings import KINDS_OF_FACT, STALE_AFTER, StaleAfter
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, DAY, TODAY, Account, World
from tests.support.world import cover, health, measure_all, overall

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
claimed = orders.where(Order.claims.any(Claim.counts), "Orders with a claim.")
LAG = 5
metric = Metric(
    key="claimed", title="", description="", section="account_health", measures={"orders": orders, "claimed": claimed},
    windows=(Window(30, lag=LAG), Window(0, lag=LAG), Window(20, lag=LAG, half_life=7)), value=claimed / orders, target=Below("0.5", warn="0.4"),
    figures={"again": Figure(claimed / orders, "The same.", Below("0.5", warn="0.4"))}, parts={"channel": Order.channel},
)  # fmt: skip


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


@pytest.fixture
def seller(world: World) -> Account:
    """An account with an order a day, none of them claimed."""
    seller = world.account()
    for days in range(60):
        seller.order(placed_at=CLOCK - DAY * days)
    seller.save()
    cover(world, seller, {})
    return seller


def measured(world: World, seller: Account, window: Window = metric.windows[0], **query: object) -> QueryResult:
    (result,) = measure_all(world, (seller.account_id, MetricQuery(metric, window, **({"as_of": TODAY} | query))))
    return result


@pytest.mark.parametrize("window", metric.windows, ids=str)
@pytest.mark.parametrize(
    ("ordered", "claims", "stale"),
    [
        (LAG + 3, 14, []),
        (LAG + 4, 14, ["ORDER"]),
        (LAG + 3, 15, ["CLAIM"]),
        (LAG + 4, 15, ["CLAIM", "ORDER"]),
        (0, 400, ["CLAIM"]),
        (-9, -9, []),
    ],
)
def test_counted_facts_are_good_for_3_days_before_the_window_ends_and_others_for_14_before_the_as_of_day(
    world: World, seller: Account, window: Window, ordered: int, claims: int, stale: list[str]
) -> None:
    through = {FactKind.ORDER: TODAY - DAY * ordered, FactKind.CLAIM: TODAY - DAY * claims}
    cover(world, seller, through)
    result = measured(world, seller, window)
    assert dict(result.stale) == {kind: through[FactKind(kind)] for kind in stale}
    assert result.coverage == through
    assert result.known_through == min(TODAY, TODAY - DAY * (ordered - LAG - 3), TODAY - DAY * (claims - 14))
    expected = (MetricStatus.NOT_AVAILABLE, UnavailableReason.STALE) if stale else (MetricStatus.GOOD, None)
    assert (result.result.status, result.result.reason) == expected
    assert (result.result.value, result.result.figures["again"].status) == (0, expected[0])
    assert result.result.headroom is not None


def test_a_coming_day_is_never_stale(world: World, seller: Account) -> None:
    cover(world, seller, {FactKind.ORDER: TODAY, FactKind.CLAIM: TODAY - DAY * 15})
    assert measured(world, seller).result.status == "NOT_AVAILABLE"
    assert measured(world, seller, as_of=TODAY + DAY).result.status == "GOOD"


@pytest.mark.parametrize(("bad", "status"), [(12, "AT_RISK"), (20, "CRITICAL")])
def test_a_worse_status_stands(world: World, bad: int, status: str) -> None:
    seller = world.account(covers=[FactKind.ORDER, FactKind.CLAIM])
    for number in range(30):
        order = seller.order(placed_at=CLOCK - DAY * (LAG + number))
        if number < bad:
            seller.add(Claim, order_id=order, opened_at=CLOCK - DAY, state="GRANTED_SELLER")
    seller.save()
    cover(world, seller, {FactKind.ORDER: TODAY - DAY * 90, FactKind.CLAIM: TODAY - DAY * 90})
    result = measured(world, seller)
    assert (result.result.status, result.result.reason, list(result.stale)) == (status, None, ["CLAIM", "ORDER"])


def test_what_is_counted_is_as_old_as_the_newest_complete_source(world: World, seller: Account) -> None:
    cover(world, seller, {FactKind.ORDER: TODAY - DAY * 90, FactKind.CLAIM: TODAY - DAY * 90})
    cover(world, seller, {FactKind.ORDER: TODAY, FactKind.CLAIM: TODAY}, complete=False)
    result = measured(world, seller)
    assert result.coverage == {FactKind.ORDER: TODAY, FactKind.CLAIM: TODAY}
    assert result.stale == {FactKind.ORDER: TODAY - DAY * 90}
    assert result.known_through == TODAY - DAY * (90 - LAG - 3)


@pytest.mark.parametrize(
    ("through", "reason"),
    [({}, "SOURCE_MISSING"), ({FactKind.CLAIM: TODAY}, "SOURCE_MISSING"), ({FactKind.ORDER: dt.date.min}, "UNPROVEN")],
)
def test_what_was_never_imported_is_missing_and_not_stale(
    world: World, seller: Account, through: dict[FactKind, dt.date], reason: str
) -> None:
    cover(world, seller, through)
    result = measured(world, seller)
    assert (result.result.reason, result.known_through) == (reason, None)


def test_a_day_beside_the_calendar_is_no_error(world: World, seller: Account) -> None:
    cover(world, seller, {FactKind.ORDER: dt.date.max, FactKind.CLAIM: dt.date.max})
    assert measured(world, seller).known_through == TODAY
    cover(world, seller, {FactKind.ORDER: dt.date.min, FactKind.CLAIM: dt.date.min})
    assert measured(world, seller).known_through == dt.date.min + DAY * (LAG + 3)


def test_every_status_of_an_account_needs_the_same_coverage(world: World, seller: Account) -> None:
    other = world.account()
    other.order(placed_at=CLOCK - DAY * 10)
    other.save()
    cover(world, seller, {FactKind.ORDER: TODAY, FactKind.CLAIM: TODAY - DAY * 15})

    def statuses(as_of: dt.date, stale_after: StaleAfter = STALE_AFTER) -> list[list[str]]:
        batch = MetricBatch(world.database, OWNER, CLOCK, stale_after)
        listed = batch.account_statuses(AccountFilter(), [metric], as_of)
        of_accounts = []
        for account in (seller, other):
            query = MetricQuery(metric, metric.windows[0], as_of)
            (parts,) = batch.measure(account.account_id, MetricQuery(metric, metric.windows[0], as_of, part=Part("channel")))
            ((_, (last,), _),) = batch.measure(account.account_id, MetricQuery(metric, metric.windows[0], as_of, since=as_of))
            of_accounts.append(
                [
                    listed.of(account.account_id, [metric]).status,
                    overall(batch, account.account_id, query),
                    overall(MetricBatch(world.database, OWNER, CLOCK, stale_after), account.account_id, query),
                    health(batch, account.account_id, [metric], as_of),
                    parts.by_part["SELLER"].status,
                    last.status,
                ]
            )
        return of_accounts

    assert statuses(TODAY) == [["NOT_AVAILABLE"] * 6, ["GOOD"] * 6]
    assert statuses(TODAY - DAY) == [["GOOD"] * 6, ["GOOD"] * 6]
    assert statuses(TODAY, StaleAfter(looked_up={"claim": 15})) == [["GOOD"] * 6, ["GOOD"] * 6]
    assert statuses(TODAY, StaleAfter(looked_up=15)) == [["GOOD"] * 6, ["GOOD"] * 6]
    assert statuses(TODAY, StaleAfter(looked_up={"order": 15})) == [["NOT_AVAILABLE"] * 6, ["GOOD"] * 6]


def test_the_source_that_reaches_furthest_counts_and_of_complete_facts_a_complete_one() -> None:
    sources = [
        Covered(FactKind.FEEDBACK, False, TODAY),
        Covered(FactKind.FEEDBACK, True, TODAY - DAY),
        Covered(FactKind.FEEDBACK, True, TODAY - 2 * DAY),
    ]
    assert AccountCoverage.of(sources, {}) == ({FactKind.FEEDBACK: TODAY}, {FactKind.FEEDBACK: TODAY - DAY}, {})
    assert AccountCoverage.of([], {}) == ({}, {}, {})


def test_the_kinds_of_the_setting_are_those_of_facts() -> None:
    assert sorted(KINDS_OF_FACT) == sorted(FactKind)


@given(
    st.dictionaries(st.sampled_from([FactKind.ORDER, FactKind.CLAIM]), st.integers(-5, 40)),
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(-40, 5),
)
def test_nothing_is_stale_through_the_day_that_is_known_and_something_is_after_it(
    ages: dict[FactKind, int], counted: int, looked_up: int, offset: int
) -> None:
    as_of = TODAY + DAY * offset
    coverage = AccountCoverage.of([Covered(kind, True, TODAY - DAY * age) for kind, age in ages.items()], {})
    covered = metric_coverage(
        MetricQuery(metric, metric.windows[0], as_of), coverage, TODAY, StaleAfter(counted=counted, looked_up=looked_up)
    )
    assert covered.is_stale(as_of) == bool(covered.stale(as_of))
    assert (covered.known_through is None) == (len(ages) < 2)
    if covered.known_through is not None:
        assert covered.is_stale(as_of) == (covered.known_through < as_of <= TODAY)
