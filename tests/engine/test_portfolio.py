"""The portfolio: every account at its position in every order, on pages of any size, with the status of its own results."""

import asyncio
import datetime as dt
import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from sellerhealth import AtLeast, Below, Count, Metric, Nothing, Ratio, Window, count, testing
from sellerhealth.access import OWNER, ReadSession, Viewer
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.account_status import AccountStatus, AccountStatuses, enforced_metrics
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.compile import Plan
from sellerhealth.engine.portfolio import (
    AccountOrder,
    AccountSortField,
    ListedAccount,
    SortDirection,
    number_of_accounts,
    page_by_name,
    page_of_accounts,
    sort_accounts,
)
from sellerhealth.engine.queries import MetricQuery, Part
from sellerhealth.engine.results import Results
from sellerhealth.errors import MetricFailed
from sellerhealth.facts import Order as OrderFact
from sellerhealth.facts import Violation
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.metrics.values import Value
from sellerhealth.model.records import Account
from sellerhealth.model.tables import FactKind
from sellerhealth.store import accounts
from sellerhealth.store.database import Database
from sellerhealth.store.keyset import Page, PageRequest, Position
from sellerhealth.store.lookups import AccountRow
from sellerhealth.testing import CLOCK, TODAY, US, World
from tests.support.random_facts import observations, random_facts
from tests.support.world import built_in

DE = "A1PA6795UKMFR9"
ALL = AccountFilter()
HEALTHIEST_FIRST = ["WITHOUT_TARGET", "GOOD", "AT_RISK", "CRITICAL"]
ORDERS = [(field, direction) for field in AccountSortField for direction in SortDirection]

# Names that are equal, that differ only in case, that are not ASCII, that hold what LIKE takes for wildcards.
NAMES = ["Bärenhaus", "acme", "Acme", "100 % Wolle", "acme", "Zeta", "a_b", "", "東京", "acme", "a/b", "ACB"]

orders = count(on=OrderFact.placed_on, where=OrderFact.accepted, description="Orders.")
late = orders.where(OrderFact.late_by > 0, "Late ones.")
violations = count(on=Violation.detected_on, where=Violation.unresolved, description="Open violations.")


def metric(key: str, value: Value, *measures: Any, **options: Any) -> Metric:
    measured = {f"number_{index}": measure for index, measure in enumerate(measures)}
    declared: dict[str, Any] = {"title": key, "description": key, "section": "account_health", "windows": (Window(30),)}
    return Metric(key=key, measures=measured, value=value, **(declared | options))


METRICS = (
    metric(
        "rate", late / orders, late, orders, target=Below("0.1", warn="0.05"), windows=(Window(90), Window(7, judged=True), Window(365))
    ),
    metric("by_part", late / orders, late, orders, target=AtLeast("0.3"), parts={"channel": OrderFact.channel}),
    metric("none_open", Count(violations), violations, target=Nothing(grave=violations), windows=(Window(180),)),
    metric("no_target", Count(orders), orders),
    metric("not_enforced", late / orders, late, orders, target=Below("0.01", enforced=False)),
)


# ---------------------------------------------------------------- orders and pages


def arranged(rows: list[Any], key: Callable[[Any], str], descends: bool, *by: Callable[[Any], Any]) -> list[Any]:
    """The obvious way to sort: value for value, what is None last, what is alike by key."""
    if not by:
        return sorted(rows, key=key)
    known = sorted({value for row in rows if (value := by[0](row)) is not None}, reverse=descends)
    return [row for value in (*known, None) for row in arranged([row for row in rows if by[0](row) == value], key, descends, *by[1:])]


def reference(
    account_statuses: AccountStatuses, order: AccountOrder, only: Callable[[AccountRow], bool] = lambda account: True
) -> list[str]:
    """The keys of accounts in an order."""

    def status_of(account: AccountRow) -> AccountStatus:
        return account_statuses.of(account.account_id, order.metrics)

    def severity(account: AccountRow) -> int | None:
        status = status_of(account).status
        return None if status == "NOT_AVAILABLE" else HEALTHIEST_FIRST.index(status)

    by: dict[AccountSortField, list[Callable[[AccountRow], Any]]] = {
        AccountSortField.HEALTH: [severity, lambda account: status_of(account).used],
        AccountSortField.NAME: [lambda account: account.name],
        AccountSortField.VALUE: [lambda account: status_of(account).value],
    }
    listed = arranged(list(filter(only, account_statuses.accounts.values())), lambda account: account.key, order.descends, *by[order.field])
    return [account.key for account in listed]


def all_pages(page_of: Callable[[PageRequest], Page[ListedAccount]], size: int, *, from_end: bool) -> list[str]:
    """The keys on all pages, one page after the other from either end."""
    keys: list[str] = []
    position: Position | None = None
    while True:
        page = page_of(PageRequest(size, before=position, from_end=True) if from_end else PageRequest(size, after=position))
        on_page = [listed.account.key for listed in page.rows]
        assert len(on_page) <= size
        assert (page.has_next if from_end else page.has_previous) == bool(keys)
        keys = on_page + keys if from_end else keys + on_page
        if not (page.has_previous if from_end else page.has_next):
            return keys
        position = page.rows[0 if from_end else -1].position


fractions = st.none() | st.fractions(0, 2, max_denominator=3)
rows_of_statuses = st.lists(
    st.tuples(st.sampled_from(NAMES), st.lists(st.tuples(st.sampled_from(MetricStatus), fractions, fractions), min_size=2, max_size=2)),
    max_size=12,
)


@given(rows_of_statuses, st.sampled_from(ORDERS), st.sampled_from([METRICS[:1], METRICS[:2]]), st.integers(1, 13), st.booleans())
def test_pages_of_any_size_are_the_list_in_any_order(rows, by, metrics, size, from_end):  # type: ignore[no-untyped-def]  # hypothesis fills them
    rows_by_id = {number: AccountRow(number, f"key-{number:02}", name, None) for number, (name, _) in enumerate(rows)}
    by_metric = {
        each: {number: AccountStatus(*drawn[index]) for number, (_, drawn) in enumerate(rows)} for index, each in enumerate(METRICS[:2])
    }
    account_statuses = AccountStatuses(rows_by_id, by_metric, frozenset(), Results(Plan(sa.select(), {}, []), []))
    order = AccountOrder(by[0], by[1], metrics)
    listed = sort_accounts(account_statuses, order)
    assert [each.account.key for each in listed] == reference(account_statuses, order)

    def page_of(request: PageRequest) -> Page[ListedAccount]:
        return page_of_accounts(listed, order, request)

    assert all_pages(page_of, size, from_end=from_end) == reference(account_statuses, order)


def test_descending_is_worst_first_and_what_cannot_be_measured_is_last_in_both_directions() -> None:
    half, more = Fraction(1, 2), Fraction(3, 2)
    drawn = {
        "late": AccountStatus(MetricStatus.CRITICAL, more),
        "violated": AccountStatus(MetricStatus.CRITICAL, None),  # its target allows nothing, so there is no share of it
        "near": AccountStatus(MetricStatus.AT_RISK, half),
        "well": AccountStatus(MetricStatus.GOOD, half),
        "best": AccountStatus(MetricStatus.GOOD, Fraction(0)),
        "new": AccountStatus(MetricStatus.NOT_AVAILABLE, None),
    }
    rows_by_id = {number: AccountRow(number, key, "", None) for number, key in enumerate(drawn)}
    by_metric = {METRICS[0]: dict(enumerate(drawn.values()))}
    account_statuses = AccountStatuses(rows_by_id, by_metric, frozenset(), Results(Plan(sa.select(), {}, []), []))

    def keys(direction: SortDirection) -> list[str]:
        return [each.account.key for each in sort_accounts(account_statuses, AccountOrder(AccountSortField.HEALTH, direction, METRICS[:1]))]

    assert keys(SortDirection.DESC) == ["late", "violated", "near", "well", "best", "new"]
    assert keys(SortDirection.ASC) == ["best", "well", "near", "late", "violated", "new"]


# ---------------------------------------------------------------- by name, and which accounts


@pytest.fixture
def named(database: Database) -> dict[str, str]:
    """The names of some accounts, by key."""
    with database.writing() as connection:
        for number, name in enumerate(NAMES):
            accounts.create(connection, f"Key-{number:02}", name)
    return {f"Key-{number:02}": name for number, name in enumerate(NAMES)}


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    size=st.integers(1, 13),
    direction=st.sampled_from(SortDirection),
    from_end=st.booleans(),
    keys=st.none() | st.sets(st.integers(0, 14).map("Key-{:02}".format)),
    search=st.none() | st.sampled_from(["", "acme", "ÄR", "KEY-0", "%", "_", "/", "0 % w", "京", "nothing"]),
)
def test_pages_by_name_are_the_filtered_accounts(database, named, size, direction, from_end, keys, search):  # type: ignore[no-untyped-def]  # hypothesis fills them
    only = AccountFilter(keys=None if keys is None else tuple(keys), search=search)
    matching = [
        (key, name)
        for key, name in named.items()
        if (keys is None or key in keys) and (search is None or search.lower() in key.lower() or search.lower() in name.lower())
    ]
    expected = arranged(matching, lambda row: row[0], direction == "DESC", lambda row: row[1])
    order = AccountOrder(AccountSortField.NAME, direction)
    with database.reading() as connection:
        session = ReadSession(connection, OWNER, CLOCK)

        def page_of(request: PageRequest) -> Page[ListedAccount]:
            return page_by_name(session, only, order, request)

        assert all_pages(page_of, size, from_end=from_end) == [key for key, _ in expected]
        assert number_of_accounts(session, only) == len(expected)
        positions = [listed.position for listed in page_of(PageRequest(100)).rows]
        for after, before in [(index, index + 2) for index in range(-1, len(expected))]:
            bounds = positions[after] if after >= 0 else None, positions[before] if before < len(positions) else None
            page = page_of(PageRequest(1, *bounds, from_end=from_end))
            assert [listed.account.key for listed in page.rows] == [key for key, _ in expected[after + 1 : before]]
            assert (page.has_previous, page.has_next) == (after >= 0, before < len(positions))


def test_an_account_that_the_viewer_may_not_see_is_never_listed(database: Database, named: dict[str, str]) -> None:
    some = Viewer("some", frozenset(), granted=frozenset(accounts.account_id_of(key) for key, name in named.items() if name == "acme"))
    only = AccountFilter(search="key")
    with database.reading() as connection:
        page = page_by_name(ReadSession(connection, some, CLOCK), only, AccountOrder(), PageRequest(100))
        assert {listed.account.name for listed in page.rows} == {"acme"}
        assert number_of_accounts(ReadSession(connection, some, CLOCK), only) == NAMES.count("acme")
    account_statuses = asyncio.run(MetricBatch(database, some, CLOCK).account_statuses(only, METRICS, TODAY))
    assert {account.name for account in account_statuses.accounts.values()} == {"acme"}


# ---------------------------------------------------------------- the status of accounts


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
    world.account(tells=()).save()
    like_another = world.account(tells=(FactKind.ORDER,))  # with the same numbers, but nothing is proven
    testing.orders(like_another, 3, marketplace=DE)
    like_another.save()
    return world


def statuses_in(world: World, metrics: Sequence[Metric], accounts: AccountFilter = ALL, as_of: dt.date = TODAY) -> AccountStatuses:
    return asyncio.run(MetricBatch(world.database, OWNER, CLOCK).account_statuses(accounts, metrics, as_of))


EVERY_METRIC = (*METRICS, *(built_in(key) for key in ("order_defect_rate", "late_shipment_rate", "valid_tracking_rate", "seller_rating")))


@pytest.mark.parametrize("as_of", [TODAY, TODAY - dt.timedelta(20)])
def test_the_status_of_every_account_is_that_of_its_own_results(world: World, as_of: dt.date) -> None:
    account_statuses = statuses_in(world, EVERY_METRIC, as_of=as_of)
    assert set(account_statuses.accounts) == {seller.account_id for seller in world.accounts}

    async def own(account_id: int) -> None:
        batch = MetricBatch(world.database, OWNER, CLOCK)
        for each in EVERY_METRIC:
            status = account_statuses.of(account_id, [each])
            default = MetricQuery(each, each.windows[0], as_of)
            assert status.status is await batch.overall(account_id, default), (account_id, each.key)
            assert status.value == (await batch.measure(account_id, default)).result.value
            used = []
            for index, window in enumerate(each.windows):
                for part in (None, *map(Part, each.parts)):
                    results = (await batch.measure(account_id, MetricQuery(each, window, as_of, part=part))).by_part.values()
                    if index == 0 or window.judged:
                        judged = [result for result in results if result.status != "NOT_AVAILABLE"]
                        used += [result.headroom.used for result in judged if result.headroom and result.headroom.used is not None]
            assert status.used == max(used, default=None)
        together = enforced_metrics(EVERY_METRIC)
        assert account_statuses.of(account_id, together).status is await batch.health(EVERY_METRIC, account_id, as_of)
        each_used = [account_statuses.of(account_id, [each]).used for each in together]
        assert account_statuses.of(account_id, together).used == max((used for used in each_used if used is not None), default=None)

    for account_id in account_statuses.accounts:
        asyncio.run(own(account_id))
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


@pytest.fixture
def sent(database: Database) -> Any:
    """The statements that read, as they are sent, with their parameters."""
    statements: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, statement: str, parameters: Any, *_: object) -> None:
        statements.append((statement, parameters))

    sa.event.listen(database.reader, "before_cursor_execute", note)
    yield statements
    sa.event.remove(database.reader, "before_cursor_execute", note)


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

    async def measure_twice() -> None:
        batch = MetricBatch(world.database, OWNER, CLOCK)
        first, second = await asyncio.gather(
            batch.account_statuses(ALL, METRICS[:2], TODAY), batch.account_statuses(ALL, METRICS[1::-1], TODAY)
        )
        assert first is second
        default = MetricQuery(METRICS[0], METRICS[0].windows[0], TODAY)
        known = await batch.measure(account_id, default)
        assert await batch.overall(account_id, default) is first.of(account_id, METRICS[:1]).status
        assert len(sent) == 2  # the accounts, and their metrics
        assert known == await MetricBatch(world.database, OWNER, CLOCK).measure(account_id, default)

    asyncio.run(measure_twice())


def test_the_results_of_some_accounts_are_not_those_of_others(world: World) -> None:
    included, other = world.accounts[0], world.accounts[12]

    async def measure_twice() -> None:
        batch = MetricBatch(world.database, OWNER, CLOCK)
        await batch.account_statuses(AccountFilter(keys=("seller-1",)), METRICS, TODAY)
        for seller in (included, other):
            for as_of in (TODAY, TODAY - dt.timedelta(1)):
                query = MetricQuery(METRICS[3], METRICS[3].windows[0], as_of)
                assert await batch.measure(seller.account_id, query) == await MetricBatch(world.database, OWNER, CLOCK).measure(
                    seller.account_id, query
                )

    asyncio.run(measure_twice())


class Exploding(Ratio):
    def __call__(self, numbers: object) -> Fraction | None:
        raise ZeroDivisionError("secret of the plugin")


broken_sql = count(on=OrderFact.placed_on, where=sa.func.no_such_function(OrderFact.order_id) == 1, description="Never counted.")


@pytest.mark.parametrize(
    "at_fault", [metric("broken", Count(broken_sql), broken_sql), metric("broken", Exploding(late, orders), late, orders)]
)
def test_a_metric_at_fault_is_named_and_logged_once(world: World, at_fault: Metric) -> None:
    async def fail_twice() -> list[object]:
        batch = MetricBatch(world.database, OWNER, CLOCK)
        both = [batch.account_statuses(ALL, [at_fault, *METRICS], TODAY), batch.account_statuses(ALL, [at_fault], TODAY)]
        return [*await asyncio.gather(*both, return_exceptions=True), await batch.account_statuses(ALL, METRICS, TODAY)]

    with capture_logs() as logs:
        *failures, sound = asyncio.run(fail_twice())
    assert [(type(failure), getattr(failure, "metric", None)) for failure in failures] == [(MetricFailed, "broken")] * 2
    assert len(logs) == 1
    assert isinstance(sound, AccountStatuses)


def test_marketplace_is_that_of_the_facts(world: World) -> None:
    american = statuses_in(world, METRICS[:1], AccountFilter(marketplace=US)).accounts.values()
    assert not {"seller-12", "seller-13"} & {account.key for account in american}
    assert len(american) > 5
