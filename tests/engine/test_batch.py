"""The batch: one statement for all queries of a turn unless they are many, and a failing metric fails alone."""

import asyncio
import datetime as dt
import gc
import traceback
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from sellerhealth import Below, Count, Metric, Ratio, Window, count, testing
from sellerhealth.access import OWNER, ReadSession
from sellerhealth.deadline import Deadline, DeadlinePassed
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.engine.sources import Source, sources
from sellerhealth.errors import MetricFailed
from sellerhealth.facts import Order, Violation
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, TODAY, World
from tests.support.world import measure_all

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
open_violations = count(on=Violation.detected_on, where=Violation.unresolved, description="Open violations.")
broken_sql = count(on=Order.placed_on, where=sa.func.no_such_function(Order.order_id) == 1, description="Never counted.")


def metric(key: str, **options: object) -> Metric:
    declared = {
        "title": key,
        "description": key,
        "section": "account_health",
        "windows": (Window(30),),
        "measures": {"orders": orders},
        "value": Count(orders),
    }
    return Metric(key=key, **(declared | options))  # type: ignore[arg-type]  # options of any kind, for brevity


class Exploding(Ratio):
    def __call__(self, numbers: object) -> Fraction | None:
        raise ZeroDivisionError("secret of the plugin")


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    sa.event.listen(database.reader, "before_cursor_execute", note)
    yield sent
    sa.event.remove(database.reader, "before_cursor_execute", note)


def test_n_accounts_times_m_metrics_are_one_statement(database: Database, statements: list[str]) -> None:
    world = World(database)
    sellers = [world.account() for _ in range(3)]
    for number, seller in enumerate(sellers):
        testing.orders(seller, number + 1)
        seller.save()
    metrics = [
        metric("first"),
        metric("second", windows=(Window(7), Window(60))),
        metric("third", measures={"open": open_violations}, value=Count(open_violations)),
    ]
    queries = [MetricQuery(each, window, TODAY) for each in metrics for window in each.windows]
    results = measure_all(world, *((seller.account_id, query) for seller in sellers for query in queries))
    assert len(statements) == 1
    assert [each.result.value for each in results][::4] == [1, 2, 3]


def test_many_as_of_days_take_small_statements_that_are_alike(database: Database, statements: list[str]) -> None:
    world = World(database)
    seller = world.account()
    for ago in range(130):
        testing.orders(seller, 1, placed_at=CLOCK - dt.timedelta(days=ago))
    seller.save()
    days = [TODAY - dt.timedelta(days=ago) for ago in range(130)]
    first, second = metric("first"), metric("second")
    queries = [MetricQuery(each, Window(3), day) for each in (first, second) for day in days]
    statements.clear()
    results = measure_all(world, *((seller.account_id, query) for query in queries))
    assert [each.result.value for each in results] == [*[3] * 128, 2, 1] * 2
    assert max(map(len, statements)) < 20_000
    of_both = [*statements]
    statements.clear()
    measure_all(world, *((seller.account_id, query) for query in reversed(queries[:130])))
    assert statements
    assert set(statements) <= set(of_both)


def test_queries_of_the_next_turns_join_the_same_statement(database: Database, statements: list[str]) -> None:
    seller = World(database).account()

    async def measure_in_turns() -> None:
        batch = MetricBatch(database, OWNER, CLOCK)

        async def later(key: str, turns: int) -> None:
            for _ in range(turns):
                await asyncio.sleep(0)
            await batch.measure(seller.account_id, MetricQuery(metric(key), Window(30), TODAY))

        await asyncio.gather(later("first", 0), later("second", 1), later("third", 2))

    asyncio.run(measure_in_turns())
    assert len(statements) == 1


def test_what_is_expected_is_read_with_the_others_and_may_fail_unnoticed(database: Database, statements: list[str]) -> None:
    seller, unnoticed = World(database).account(), list[object]()
    well = MetricQuery(metric("well"), Window(30), TODAY)
    broken = MetricQuery(metric("broken", value=Exploding(orders, orders)), Window(30), TODAY)

    async def measure() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: unnoticed.append(context))
        batch = MetricBatch(database, OWNER, CLOCK)
        batch.expect(seller.account_id, [well, broken])
        await batch.measure(seller.account_id, replace(well, window=Window(7)))
        await batch.measure(seller.account_id, well)

    with capture_logs():
        asyncio.run(measure())
    gc.collect()
    assert (len(statements), unnoticed) == (1, [])


def test_equal_queries_are_computed_once(database: Database) -> None:
    seller = World(database).account()
    query = seller.account_id, MetricQuery(metric("only"), Window(30), TODAY)
    first, second = measure_all(World(database), query, query)
    assert first is second


@pytest.mark.parametrize(
    "at_fault",
    [metric("broken", measures={"broken": broken_sql}, value=Count(broken_sql)), metric("broken", value=Exploding(orders, orders))],
    ids=["sql", "value"],
)
def test_a_failing_metric_fails_alone_and_is_logged_once(database: Database, at_fault: Metric) -> None:
    world = World(database)
    sellers = [world.account() for _ in range(5)]
    testing.orders(sellers[0], 2)
    for seller in sellers:
        seller.save()
    well = metric("well")

    async def measure_both() -> list[object]:
        batch = MetricBatch(database, OWNER, CLOCK)
        queries = [(seller.account_id, MetricQuery(each, Window(30), TODAY)) for seller in sellers for each in (at_fault, well)]
        return list(await asyncio.gather(*(batch.measure(*query) for query in queries), return_exceptions=True))

    with capture_logs() as logs:
        results = asyncio.run(measure_both())
    failures = [each for each in results if isinstance(each, MetricFailed)]
    assert len(failures) == 5
    assert len({failure.error_id for failure in failures}) == 1
    assert "secret" not in str(failures[0])
    assert [each.result.value for each in results[1::2]] == [2, 0, 0, 0, 0]  # type: ignore[attr-defined]  # QueryResult
    (log,) = logs
    assert log["event"] == "metric_failed"
    assert "secret" not in str(log["exc_info"])  # the text of an exception may quote facts
    assert traceback.extract_tb(log["exc_info"].__traceback__)


def test_the_overall_status_is_the_worst_of_judged_windows_and_parts(database: Database) -> None:
    world = World(database)
    seller = world.account()
    testing.orders(seller, 98)
    testing.orders(seller, 2, channel="AMAZON", placed_at=CLOCK - dt.timedelta(days=2))
    bad = orders.where(Order.channel == "AMAZON", "Orders of Amazon.")
    declared = {"measures": {"orders": orders, "bad": bad}, "value": bad / orders, "target": Below("0.03")}
    seller.save()
    plain = metric("plain", **declared)
    by_window = metric("by_window", windows=(Window(30), Window(5, judged=True)), **declared)
    shown_only = metric("shown_only", windows=(Window(30), Window(5)), **declared)
    by_part = metric("by_part", parts={"channel": Order.channel}, **declared)

    async def overall(each: Metric) -> MetricStatus:
        return await MetricBatch(database, OWNER, CLOCK).overall(seller.account_id, MetricQuery(each, each.windows[0], TODAY))

    assert [asyncio.run(overall(each)) for each in (plain, by_window, shown_only, by_part)] == ["GOOD", "CRITICAL", "GOOD", "CRITICAL"]


def test_health_is_the_worst_enforced_metric_and_not_available_only_if_all_are(database: Database) -> None:
    world = World(database)
    seller = world.account()
    testing.orders(seller, 10)
    seller.save()
    bad = orders.where(Order.channel == "SELLER", "Orders of the seller.")
    enforced = metric("enforced", measures={"orders": orders, "bad": bad}, value=bad / orders, target=Below("0.5"))
    lenient = metric("lenient", measures={"orders": orders, "bad": bad}, value=bad / orders, target=Below("0.5", enforced=False))

    async def health(*metrics: Metric) -> MetricStatus:
        return await MetricBatch(database, OWNER, CLOCK).health(metrics, seller.account_id, TODAY)

    assert asyncio.run(health(lenient, enforced)) == "CRITICAL"
    assert asyncio.run(health(lenient)) == "NOT_AVAILABLE"
    assert asyncio.run(health()) == "NOT_AVAILABLE"


def test_a_deadline_ends_all_queries_of_a_batch_and_fails_no_metric(database: Database) -> None:
    world = World(database)
    seller = world.account()
    testing.orders(seller, 2)
    world.save()
    declared = [metric("first"), metric("second")]

    async def measured() -> list[object]:
        batch = MetricBatch(database, OWNER, CLOCK, deadline=Deadline(0))
        results = (batch.measure(seller.account_id, MetricQuery(each, Window(30), TODAY)) for each in declared)
        statuses = batch.account_statuses(AccountFilter(), declared, TODAY)
        return await asyncio.gather(*results, statuses, return_exceptions=True)

    with capture_logs() as logs:
        assert [type(each) for each in asyncio.run(measured())] == [DeadlinePassed] * 3
    assert not logs


def test_an_operation_reads_one_snapshot_until_something_fails(database: Database) -> None:
    world = World(database)

    def number(session: ReadSession) -> int:
        return len(session.execute(session.visible_accounts()).all())

    async def read() -> list[int]:
        batch = MetricBatch(database, OWNER, CLOCK)
        with batch.one_snapshot():
            before = await batch.read(number)
            world.account()
            same = await batch.read(number)
            with pytest.raises(ZeroDivisionError):
                await batch.read(lambda session: 1 // 0)
            return [before, same, await batch.read(number)]

    assert asyncio.run(read()) == [0, 0, 1]
    assert not database.reader.pool.checkedout()  # type: ignore[attr-defined]  # every pool of connections that are kept has it


def test_what_is_read_after_an_operation_has_failed_keeps_no_connection(database: Database) -> None:
    batch = MetricBatch(database, OWNER, CLOCK)
    with pytest.raises(ZeroDivisionError), batch.one_snapshot():
        raise ZeroDivisionError
    asyncio.run(batch.read(lambda session: None))
    assert not database.reader.pool.checkedout()  # type: ignore[attr-defined]  # as above


def test_an_operation_that_reads_nothing_needs_no_connection(database: Database, statements: list[str]) -> None:
    with MetricBatch(database, OWNER, CLOCK).one_snapshot():
        assert not database.reader.pool.checkedout()  # type: ignore[attr-defined]  # as above
    assert not statements


def test_a_query_about_many_accounts_is_compiled_once(database: Database) -> None:
    queries = [MetricQuery(metric(f"m_{number}"), Window(30), TODAY) for number in range(2)]

    async def read() -> list[Source]:
        return await MetricBatch(database, OWNER, CLOCK).read(lambda session: list(sources(session, queries * 3, AccountFilter(()))))

    assert [source.queries for source in asyncio.run(read())] == [queries]
