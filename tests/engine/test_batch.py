"""The batch: one statement for all queries that are read together unless they are many, and a failing metric fails alone."""

import datetime as dt
import traceback
from collections.abc import Iterator
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
from tests.support.world import health, measure_all, overall

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


def test_what_is_known_is_not_read_again(database: Database, statements: list[str]) -> None:
    seller = World(database).account()
    testing.orders(seller, 1)
    seller.save()
    account_id = seller.account_id
    well, other = (MetricQuery(metric("well"), Window(days), TODAY) for days in (30, 7))
    broken = MetricQuery(metric("broken", value=Exploding(orders, orders)), Window(30), TODAY)
    batch = MetricBatch(database, OWNER, CLOCK)
    with capture_logs():
        batch.results([(account_id, well), (account_id, broken)])
        assert len(statements) == 1
        assert batch.measure(account_id, well)[0] is batch.results([(account_id, well)])[account_id, well]
        with pytest.raises(MetricFailed):
            batch.measure(account_id, well, broken)
    assert len(statements) == 1
    batch.measure(account_id, well, other)
    assert len(statements) == 2


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

    queries = [(seller.account_id, MetricQuery(each, Window(30), TODAY)) for seller in sellers for each in (at_fault, well)]
    with capture_logs() as logs:
        found = MetricBatch(database, OWNER, CLOCK).results(queries)
    results = [found[query] for query in queries]
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

    def overall_of(each: Metric) -> MetricStatus:
        return overall(MetricBatch(database, OWNER, CLOCK), seller.account_id, MetricQuery(each, each.windows[0], TODAY))

    assert [overall_of(each) for each in (plain, by_window, shown_only, by_part)] == ["GOOD", "CRITICAL", "GOOD", "CRITICAL"]


def test_health_is_the_worst_enforced_metric_and_not_available_only_if_all_are(database: Database) -> None:
    world = World(database)
    seller = world.account()
    testing.orders(seller, 10)
    seller.save()
    bad = orders.where(Order.channel == "SELLER", "Orders of the seller.")
    enforced = metric("enforced", measures={"orders": orders, "bad": bad}, value=bad / orders, target=Below("0.5"))
    lenient = metric("lenient", measures={"orders": orders, "bad": bad}, value=bad / orders, target=Below("0.5", enforced=False))

    def health_in(*metrics: Metric) -> MetricStatus:
        return health(MetricBatch(database, OWNER, CLOCK), seller.account_id, metrics, TODAY)

    assert health_in(lenient, enforced) == "CRITICAL"
    assert health_in(lenient) == "NOT_AVAILABLE"
    assert health_in() == "NOT_AVAILABLE"


def test_a_deadline_ends_all_queries_of_a_batch_and_fails_no_metric(database: Database) -> None:
    world = World(database)
    seller = world.account()
    testing.orders(seller, 2)
    world.save()
    declared = [metric("first"), metric("second")]

    batch = MetricBatch(database, OWNER, CLOCK, deadline=Deadline(0))
    with capture_logs() as logs:
        with pytest.raises(DeadlinePassed):
            batch.results([(seller.account_id, MetricQuery(each, Window(30), TODAY)) for each in declared])
        with pytest.raises(DeadlinePassed):
            batch.account_statuses(AccountFilter(), declared, TODAY)
    assert not logs


def test_an_operation_reads_one_snapshot_until_something_fails(database: Database) -> None:
    world = World(database)

    def number(session: ReadSession) -> int:
        return len(session.execute(session.visible_accounts()).all())

    def read() -> list[int]:
        batch = MetricBatch(database, OWNER, CLOCK)
        with batch.one_snapshot():
            before = batch.read(number)
            world.account()
            same = batch.read(number)
            with pytest.raises(ZeroDivisionError):
                batch.read(lambda session: 1 // 0)
            return [before, same, batch.read(number)]

    assert read() == [0, 0, 1]
    assert database.reader.pool.checkedout() == 1  # type: ignore[attr-defined]  # that which is kept


def test_what_is_read_after_an_operation_has_failed_keeps_no_connection(database: Database) -> None:
    batch = MetricBatch(database, OWNER, CLOCK)
    with pytest.raises(ZeroDivisionError), batch.one_snapshot():
        raise ZeroDivisionError
    batch.read(lambda session: None)
    assert database.reader.pool.checkedout() == 1  # type: ignore[attr-defined]  # as above


def test_an_operation_that_reads_nothing_needs_no_connection(database: Database, statements: list[str]) -> None:
    with MetricBatch(database, OWNER, CLOCK).one_snapshot():
        assert not database.reader.pool.checkedout()  # type: ignore[attr-defined]  # every pool of connections that are kept has it
    assert not statements


def test_a_query_about_many_accounts_is_compiled_once(database: Database) -> None:
    queries = [MetricQuery(metric(f"m_{number}"), Window(30), TODAY) for number in range(2)]

    def read() -> list[Source]:
        return MetricBatch(database, OWNER, CLOCK).read(lambda session: list(sources(session, queries * 3, AccountFilter(()))))

    assert [source.queries for source in read()] == [queries]
