"""Kept numbers: a dashboard as of today reads them where they hold, and answers as the facts do; after any change and at any clock."""

import datetime as dt
import gc
import operator
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from sellerhealth.access import OWNER, Permission, ReadSession, Viewer
from sellerhealth.app import create_app
from sellerhealth.engine import covering, judged_alike
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.keep_snapshots import SnapshotKeeper, verify_snapshot
from sellerhealth.engine.kept_numbers import _CHARACTER, KeptResults, _Remembered, written_numbers
from sellerhealth.engine.kept_rankings import KeptRankings
from sellerhealth.engine.queries import WHOLE, MetricQuery, Part, QueryResult, Scope, query_of, window_of_length
from sellerhealth.engine.results import Results, read_results
from sellerhealth.engine.snapshots import Snapshot
from sellerhealth.http.authentication import Open
from sellerhealth.model.records import AccountNumbers, AccountSnapshot, RejectedRow, Source
from sellerhealth.plugins.load import Loaded
from sellerhealth.rollups.keeper import RollupKeeper
from sellerhealth.settings import STALE_AFTER, Settings
from sellerhealth.store.database import Database
from sellerhealth.store.lookups import accounts_by_key
from sellerhealth.testing import CLOCK, DAY, HOUR, TODAY, World
from tests.fuzz import EXAMPLES
from tests.rollups.open_metrics import OPEN
from tests.rollups.test_upkeep import numbers_of
from tests.support.random_facts import DE, observations, random_facts
from tests.support.reference_metrics import DEFINITIONS
from tests.support.world import built_in, three_sellers

METRICS = [*map(built_in, DEFINITIONS), *OPEN]
WINDOWS = (3, 30)
SNAPSHOT = Snapshot(METRICS, STALE_AFTER, WINDOWS)
LATE = next(metric for metric in METRICS if metric.key == "late_shipment_rate")
QUERY = query_of(LATE, LATE.windows[0], TODAY, WHOLE)


@pytest.fixture
def ids(world: World) -> list[int]:
    return three_sellers(world, METRICS)


def keep(world: World) -> None:
    """What a server does once a minute."""
    assert world.rollups is not None
    keeper = RollupKeeper(world.database, world.rollups, lambda: world.clock, SnapshotKeeper(world.database, SNAPSHOT))
    keeper._holder = "the one of this test"
    keeper.run()


def read_kept(session: ReadSession, snapshot: Snapshot, account_ids: Sequence[int]) -> KeptResults:
    """The results of accounts whose row holds."""
    kept = KeptResults(snapshot)
    kept.read(session, account_ids)
    return kept


def compare(world: World, account_ids: Sequence[int]) -> frozenset[int]:
    """Compares the results from kept numbers with those from the facts, and returns the accounts whose numbers hold."""
    with world.database.reading() as connection:
        session = ReadSession(connection, OWNER, world.clock)
        queries = SNAPSHOT.queries(session.today)
        kept = read_kept(session, SNAPSHOT, account_ids)
        facts = read_results(session, queries, AccountFilter(account_ids=tuple(account_ids)))
        for account_id in kept.rows:
            for query in queries:
                assert said(kept.result(account_id, query)) == said(facts.result(account_id, query)), query
    return frozenset(kept.rows)


def said(result: QueryResult) -> object:
    """All that a result says."""
    by_part = {part: (numbers_of(each), each.reason, each.unproven.rejected) for part, each in result.by_part.items()}
    return by_part, result.coverage, result.stale, result.known_through, result.rejected


def measured(world: World, queries: Sequence[tuple[int, MetricQuery]], viewer: Viewer = OWNER) -> tuple[Sequence[QueryResult], int]:
    """The results of queries of one batch, and how many statements it took."""
    assert world.rollups is not None
    sets = {world.rollups.set_id: world.rollups.members}
    batch = MetricBatch(world.database, viewer, world.clock, rollups=sets, rankings=KeptRankings(snapshot=SNAPSHOT))
    sent: list[str] = []

    def count(connection: object, cursor: object, statement: str, parameters: object, *rest: object) -> tuple[str, object]:
        sent.append(statement)
        return statement, parameters

    database: Database = world.database
    sa.event.listen(database.reader, "before_cursor_execute", count, retval=True)
    try:
        batch.results(queries)
        return [batch.measure(*query)[0] for query in queries], len([each for each in sent if "BEGIN" not in each])
    finally:
        sa.event.remove(database.reader, "before_cursor_execute", count)


def statements(world: World, *queries: tuple[int, MetricQuery], viewer: Viewer = OWNER) -> int:
    return measured(world, queries, viewer)[1]


@pytest.mark.dear
@pytest.mark.parametrize("seed", range(EXAMPLES // 100 or 1))
def test_numbers_that_hold_answer_as_the_facts_do(world: World, seed: int) -> None:
    random = Random(seed)
    world.roll_up(METRICS)
    world.clock = CLOCK - 3 * DAY
    sellers = [world.account(time_zone="America/Los_Angeles", time_zones={DE: "Europe/Berlin"}) for _ in range(2)]
    rows = [
        (seller, *row)
        for number, seller in enumerate(sellers)
        for row in observations(random_facts(1000 * seed + number, "America/Los_Angeles"))
    ]
    random.shuffle(rows)
    compared = 0
    for piece in (rows[start : start + 200] for start in range(0, len(rows), 200)):
        world.clock = min(world.clock + random.choice([0, 1, 7, 24]) * HOUR, CLOCK + DAY)
        for seller, fact, observed_at, values in piece:
            seller.add(fact, observed_at=observed_at, **values)
        world.save()
        account_ids = [each.account_id for each in sellers]
        assert not compare(world, account_ids)
        keep(world)
        held = compare(world, account_ids)
        compared += len(held)
    assert compared > 3


def test_rejected_rows_and_sources_are_kept(world: World, ids: list[int]) -> None:
    rows = [
        {"account_id": ids[0], "batch_id": "1", "number": number, "fact": "ORDER", "fact_key": None, "day": day}
        for number, day in ((1, TODAY), (2, None))
    ]
    with world.database.writing() as connection:
        connection.execute(sa.insert(RejectedRow), rows)
    keep(world)
    assert compare(world, ids) == set(ids)
    assert measured(world, [(ids[0], QUERY)])[0][0].rejected == 2


def test_one_statement_answers_where_the_numbers_hold(world: World, ids: list[int]) -> None:
    needed = statements(world, (ids[1], QUERY))
    assert needed > 2
    keep(world)
    assert statements(world, *((account_id, query) for account_id in ids for query in SNAPSHOT.queries(TODAY))) == 1
    world.accounts[1].order("another")
    world.accounts[1].save()
    assert statements(world, (ids[1], QUERY)) == needed
    assert statements(world, (ids[2], QUERY)) == 1
    results, sent = measured(world, [(account_id, QUERY) for account_id in ids])
    assert (sent, [each.result.numbers["orders"] for each in results]) == (needed, [2, 2, 1])


def test_windows_of_some_lengths_are_kept(world: World, ids: list[int]) -> None:
    keep(world)
    of_lengths = [query_of(metric, window_of_length(metric, days), TODAY, WHOLE) for metric in METRICS for days in WINDOWS]
    assert {each.window.days for each in SNAPSHOT.queries(TODAY)} > {*WINDOWS}
    assert statements(world, *((ids[0], query) for query in of_lengths if not query.is_daily)) == 1


def test_other_days_windows_and_scopes_are_not_kept(world: World, ids: list[int]) -> None:
    keep(world)
    yesterday, in_a_channel, of_another_length = (
        query_of(LATE, LATE.windows[0], TODAY - DAY, WHOLE),
        query_of(LATE, LATE.windows[0], TODAY, Scope(None, "SELLER")),
        query_of(LATE, window_of_length(LATE, 31), TODAY, WHOLE),
    )
    for query in (yesterday, in_a_channel, of_another_length):
        assert query not in SNAPSHOT.queries(TODAY)
        assert statements(world, (ids[1], query)) > 1


def test_numbers_hold_until_something_falls_due(world: World, ids: list[int]) -> None:
    keep(world)
    world.clock = CLOCK + HOUR
    assert compare(world, ids) == set(ids)
    world.clock += dt.timedelta(microseconds=1)
    assert compare(world, ids) == set(ids[1:])
    world.clock = CLOCK + DAY
    assert compare(world, ids) == set()
    world.clock = CLOCK - HOUR
    assert compare(world, ids) == set()


def test_a_viewer_reads_numbers_of_granted_accounts_alone(world: World, ids: list[int]) -> None:
    keep(world)
    viewer = Viewer("shop", "Shop", frozenset({Permission.READ}), granted=frozenset(ids[:1]))
    with world.database.reading() as connection:
        session = ReadSession(connection, viewer, world.clock)
        assert read_kept(session, SNAPSHOT, ids).rows.keys() == set(ids[:1])


def test_accounts_are_read_with_their_rows_in_one_statement(world: World, ids: list[int]) -> None:
    keep(world)
    world.accounts[1].order("another")  # no row holds for it
    world.accounts[1].save()
    keys = [*(each.key for each in world.accounts), "unknown"]
    viewers = OWNER, Viewer("shop", "Shop", frozenset({Permission.READ}), granted=frozenset(ids[:2]))
    for viewer, held in zip(viewers, ({ids[0], ids[2]}, {ids[0]}), strict=True):
        for requested in (keys, keys[:1], keys[-1:]):
            with world.database.reading() as connection:
                session, together, alone = ReadSession(connection, viewer, world.clock), KeptResults(SNAPSHOT), KeptResults(SNAPSHOT)
                accounts = together.accounts(session, requested)
                assert accounts == accounts_by_key(session, requested)
                found = {each.account_id for each in accounts.values()}
                alone.read(session, found)
            assert together.rows == alone.rows
            assert together.rows.keys() == held & found
            together.read(None, found)  # type: ignore[arg-type]  # nothing is read again


@pytest.mark.parametrize("plans", [True, False])
@pytest.mark.parametrize(
    "fields", ["health { status }", "healthStatus", "metrics { lateShipmentRate { value } }", "metricResults { display }"]
)
def test_a_dashboard_takes_one_statement(world: World, built_ins: Loaded, fields: str, *, plans: bool) -> None:
    metrics, settings = [*built_ins.registry.values()], Settings(clock=CLOCK, response_cache_bytes=0, rollups=True, operation_plans=plans)
    three_sellers(world, metrics)
    keeper = SnapshotKeeper(world.database, Snapshot.of(metrics, settings))
    RollupKeeper(world.database, built_ins.measures, lambda: CLOCK, keeper).run()
    client = TestClient(create_app(settings, Open(), loaded=built_ins, database=world.database), "http://localhost")  # without its keeper
    for _ in range(3):
        with capture_logs() as logs:
            assert "errors" not in client.post("/graphql", json={"query": f'{{ account(key: "seller-1") {{ name {fields} }} }}'}).json()
        assert [each["statements"] for each in logs if "statements" in each] == [1]


def test_accounts_that_are_alike_have_the_same_text(world: World, ids: list[int]) -> None:
    """In whatever order their sources were stored, and a database adds them up."""
    for number, account_id in enumerate(ids[1:]):
        with world.database.writing() as connection:
            stored = [*connection.execute(sa.select(Source.__table__).where(Source.account_id == account_id)).mappings()]
            connection.execute(sa.delete(Source).where(Source.account_id == account_id))
            for row in stored[:: -1 if number else 1]:
                connection.execute(sa.insert(Source).values(**row))
    keep(world)
    with world.database.reading() as connection:
        assert len({*connection.scalars(sa.select(AccountNumbers.numbers).where(AccountNumbers.account_id.in_(ids[1:])))}) == 1


def test_a_row_is_read_once_as_long_as_it_says_the_same(world: World, ids: list[int]) -> None:
    keep(world)

    def read(snapshot: Snapshot = SNAPSHOT) -> Sequence[object]:
        with world.database.reading() as connection:
            rows = read_kept(ReadSession(connection, OWNER, CLOCK), snapshot, ids).rows
            return [rows[each] for each in ids]

    first = read()
    assert first[0] is not first[1]
    assert first[1] is first[2]  # these accounts have the same numbers
    assert all(map(operator.is_, first, read()))
    assert not any(map(operator.is_, first, read(snapshot=Snapshot(METRICS, STALE_AFTER, WINDOWS))))
    world.accounts[1].order("another")
    world.accounts[1].save()
    keep(world)
    assert [*map(operator.is_, first, read())] == [True, False, True]


def test_what_is_remembered_of_rows_has_a_limit(world: World, ids: list[int]) -> None:
    results = Results(TODAY)
    texts = [written_numbers(results, number, []) + " " * number for number in range(1, 5)]
    nothing = Snapshot([], STALE_AFTER)
    few = _Remembered(_CHARACTER * sum(map(len, texts[:3])))
    rows = [few.row(text, nothing, TODAY, STALE_AFTER) for text in texts[:3]]
    assert [few.row(text, nothing, TODAY, STALE_AFTER) for text in texts[:3]] == rows
    few.row(texts[3], nothing, TODAY, STALE_AFTER)  # in place of the two that were used least recently
    assert few.row(texts[2], nothing, TODAY, STALE_AFTER) is rows[2]
    assert few.row(texts[0], nothing, TODAY, STALE_AFTER) is not rows[0]


def test_rows_take_no_more_memory_than_is_counted() -> None:
    random, queries = Random(1), SNAPSHOT.queries(TODAY)

    def numbers(query: MetricQuery) -> list[int]:
        return sorted((random.randrange(1000) for _ in query.metric.all_measures), reverse=True)

    def text() -> str:
        parts = {query: [""] if query.part is None else [f"part {number}" for number in range(3)] for query in queries}
        return orjson.dumps(["", [], [({part: numbers(query) for part in parts[query]}, {}) for query in queries]]).decode()

    def work_out(text: str) -> Sequence[Any]:
        row = rows.row(text, SNAPSHOT, TODAY, STALE_AFTER)
        results = (each for query in queries for each in row.result(query).by_part.values())
        return [(each.display, each.headroom, each.integer_headroom, each.figures, each.unproven) for each in results]

    rows = _Remembered(1_000_000_000)
    first, *others = [text() for _ in range(40)]
    work_out(first)
    gc.collect()
    tracemalloc.start()
    try:
        for each in others:
            work_out(each)
        for cache in (judged_alike._result_of_alike, judged_alike._parts_of_alike, judged_alike._judged):
            cache.cache_clear()
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.5 < taken / (_CHARACTER * sum(map(len, others))) < 1


def test_parts_that_any_text_names_are_not_remembered(world: World, ids: list[int]) -> None:
    keep(world)
    of_parts = next(query for query in SNAPSHOT.queries(TODAY) if query.part is not None)
    assert of_parts.part is not None
    with world.database.reading() as connection:
        row = read_kept(ReadSession(connection, OWNER, CLOCK), SNAPSHOT, ids).rows[ids[0]]
    caches: tuple[Any, ...] = judged_alike._result_of_alike, judged_alike._parts_of_alike, covering._covering
    for cache in caches[:2]:
        cache.cache_clear()
    row.result(of_parts)
    before = len(row._known), [cache.cache_info().currsize for cache in caches]
    for number in range(3):
        found = row.result(replace(of_parts, part=Part(of_parts.part.dimension, f"any {number}")))
        assert found.by_part.keys() == {f"any {number}"}
    assert (len(row._known), [cache.cache_info().currsize for cache in caches]) == before


def test_numbers_that_differ_are_found(world: World, ids: list[int]) -> None:
    keep(world)
    with world.database.writing() as connection:
        of_account = AccountNumbers.account_id == ids[1]
        text = connection.scalar(sa.select(AccountNumbers.numbers).where(of_account))
        assert text is not None
        connection.execute(sa.update(AccountNumbers).where(of_account).values(numbers=text.replace("[1,", "[7,", 1)))
    with world.database.reading() as connection:
        _, (differing, *others) = verify_snapshot(ReadSession(connection, OWNER, world.clock), SNAPSHOT, ids[1])
    assert (differing.table, differing.column, others) == ("account_numbers", "numbers", [])


def test_kinds_of_unproven_rows_that_differ_are_found(world: World, ids: list[int]) -> None:
    seller = world.accounts[1]
    seller.order("open", channel=None)
    seller.save()
    keep(world)
    with world.database.writing() as connection:
        of_account = AccountNumbers.account_id == seller.account_id
        others = sa.func.replace(AccountNumbers.numbers, "orders.channel", "orders.status")
        connection.execute(sa.update(AccountNumbers).where(of_account).values(numbers=others))
    with world.database.reading() as connection:
        _, differing = verify_snapshot(ReadSession(connection, OWNER, world.clock), SNAPSHOT, seller.account_id)
    assert differing
    assert all("orders.channel" in each.computed and "orders.channel" not in each.stored for each in differing)


def test_a_kind_that_lacks_several_cells_does_not_differ(world: World, ids: list[int]) -> None:
    seller = world.accounts[1]
    for channel, category in (("SELLER", "Books"), (None, None)):
        order_id = seller.order(channel=channel, deliver_by=CLOCK - 9 * DAY)
        seller.confirm(order_id, CLOCK - 12 * DAY, carrier=None, category=category)
    seller.save()
    keep(world)
    with world.database.reading() as connection:
        compared, differing = verify_snapshot(ReadSession(connection, OWNER, world.clock), SNAPSHOT, seller.account_id)
    assert (compared > len(METRICS), differing) == (True, [])


@pytest.mark.parametrize("damaged", ["", "[", "[]", "[[],[],[]]", "{}", "null", '[[],[["?","2026-13-01",1]],[]]'])
def test_a_row_that_cannot_be_read_is_as_if_it_were_not_there(world: World, ids: list[int], damaged: str) -> None:
    keep(world)
    (before,), statements_before = measured(world, [(ids[1], QUERY)])
    with world.database.writing() as connection:
        connection.execute(sa.update(AccountNumbers).where(AccountNumbers.account_id == ids[1]).values(numbers=damaged))
    with capture_logs() as logs:
        (after,), statements_after = measured(world, [(ids[1], QUERY)])
    assert (said(after), statements_after > statements_before) == (said(before), True)
    assert [(each["event"], each["account_id"]) for each in logs] == [("numbers_not_readable", ids[1])]
    assert statements(world, (ids[0], QUERY)) == statements_before
    with world.database.reading() as connection:
        compared, differing = verify_snapshot(ReadSession(connection, OWNER, world.clock), SNAPSHOT, ids[1])
    assert {each.stored for each in differing} == {"a text that cannot be read"}
    assert compared > len(differing) == len(SNAPSHOT.queries(world.clock.date()))
    keep(world)
    assert statements(world, (ids[1], QUERY)) == statements_before


@pytest.mark.parametrize("change", [lambda numbers: numbers[:-1], lambda numbers: [*numbers, 0], lambda numbers: ["1", *numbers[1:]]])
@pytest.mark.parametrize("of_unproven", [False, True])
def test_lists_of_other_lengths_cannot_be_read(
    world: World, ids: list[int], change: Callable[[list[Any]], list[Any]], *, of_unproven: bool
) -> None:
    seller = world.accounts[1]
    seller.order("open", channel=None)
    seller.save()
    keep(world)
    of_account = AccountNumbers.account_id == seller.account_id
    with world.database.writing() as connection:
        text = connection.scalar(sa.select(AccountNumbers.numbers).where(of_account))
        assert text is not None
        sources, rejected, of_queries = orjson.loads(text)
        for by_part, unproven in of_queries:
            if of_unproven:
                for rows in unproven.values():
                    rows[:] = [[kind, *change(numbers)] for kind, *numbers in rows]
            else:
                for part, numbers in by_part.items():
                    by_part[part] = change(numbers)
        damaged = orjson.dumps([sources, rejected, of_queries]).decode()
        assert damaged != text
        connection.execute(sa.update(AccountNumbers).where(of_account).values(numbers=damaged))
    with capture_logs() as logs:
        measured(world, [(seller.account_id, QUERY)])
    assert [(each["event"], each["account_id"]) for each in logs] == [("numbers_not_readable", seller.account_id)]


def test_a_server_without_rollups_answers_from_the_facts_alone(world: World, built_ins: Loaded) -> None:
    three_sellers(world, [*built_ins.registry.values()])
    snapshot = Snapshot(built_ins.registry.values(), STALE_AFTER)
    RollupKeeper(world.database, built_ins.measures, lambda: CLOCK, SnapshotKeeper(world.database, snapshot)).run()
    with world.database.writing() as connection:  # so that whoever reads them answers otherwise, or logs that it cannot
        others = sa.func.replace(AccountNumbers.numbers, "[2,", "[7,")
        assert connection.execute(sa.update(AccountNumbers).values(numbers=others)).rowcount == 3
        connection.execute(sa.update(AccountSnapshot).values(statuses="?"))
    documents = (
        '{ account(key: "seller-1") { metrics { lateShipmentRate { denominator } } } }',
        "{ accounts(first: 1, orderBy: {field: HEALTH}) { nodes { healthStatus } } }",
    )
    dashboards, lists = [], []
    for rollups in (True, False):
        app = create_app(Settings(clock=CLOCK, rollups=rollups), Open(), loaded=built_ins, database=world.database)
        client = TestClient(app, "http://localhost")  # without its keeper
        with capture_logs() as logs:
            dashboard, of_accounts = (client.post("/graphql", json={"query": each}).json() for each in documents)
        assert "errors" not in of_accounts
        dashboards.append(dashboard["data"]["account"]["metrics"]["lateShipmentRate"]["denominator"])
        lists.append("statuses_not_readable" in [each["event"] for each in logs])
    assert (dashboards, lists) == ([7, 2], [True, False])
