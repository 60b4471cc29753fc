"""Answers are remembered by what was read for them: nothing of another account, viewer, day, locale or state of the store gets into one."""

import datetime as dt
import json
import random
from collections.abc import Collection
from typing import Any

import pytest

from sellerhealth import Below, Metric, Window, count
from sellerhealth.access import OWNER, Permission, Viewer
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.keep_snapshots import SnapshotKeeper
from sellerhealth.engine.kept_rankings import KeptRankings
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.engine.snapshots import Snapshot
from sellerhealth.facts import Order
from sellerhealth.graphql import remembered_answers
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.executor.planned import PlannedExecution
from sellerhealth.graphql.remembered_answers import LEAF, MOST_OF_ONE, Answers
from sellerhealth.graphql.results import metric_result
from sellerhealth.graphql.schema import Schema, make_schema
from sellerhealth.graphql.types import converters
from sellerhealth.locales import Locale
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.plugins.load import Loaded
from sellerhealth.rollups.keeper import RollupKeeper
from sellerhealth.settings import STALE_AFTER
from sellerhealth.testing import CLOCK, DAY, HOUR, Account, World
from tests.support.api import Execute

FIELDS = "display value status numerator denominator overallStatus window { asOf from to } headroom { allowed needed used } knownThrough"
DOCUMENTS = [
    f"query ($key: String!) {{ account(key: $key) {{ key metrics {{ lateShipmentRate {{ {FIELDS} }} cancellationRate {{ {FIELDS} }} }} }} }}",
    "query ($key: String!, $day: Date) { account(key: $key) { metrics(asOf: $day) { lateShipmentRate { display window { asOf } } } } }",
    "query ($key: String!, $days: Int) { account(key: $key) { metrics { lateShipmentRate(days: $days) { value window { days } } } } }",
    "query ($key: String!) { account(key: $key) { metrics { lateShipmentRate { id value account { key name } } } } }",
    "query ($key: String!, $locale: Locale) { account(key: $key) { metrics { lateShipmentRate { display(locale: $locale) value } } } }",
    "query ($key: String!, $more: Boolean!) { account(key: $key) { metrics { a: lateShipmentRate { late overallStatus @include(if: $more) "
    "... on MetricResult @include(if: $more) { target { display warningDisplay } unprovenRows { count } } } } } }",
    "query ($key: String!) { account(key: $key) { metrics(channel: SELLER) { lateShipmentRate { ...figures } } "
    "metricResults(keys: [\"late_shipment_rate\"]) { ...figures windows { value } } } } fragment figures on MetricResult { value figures { value } }",
    "query ($key: String!) { account(key: $key) { metrics { a: lateShipmentRate { value } b: lateShipmentRate { display } } } }",
    "{ accounts { nodes { key healthStatus metricResults { display status overallStatus definition { key } } } } }",
    "{ accounts { nodes { healthStatus metrics { lateShipmentRate { display } sellerRating { value } again: lateShipmentRate(days: 30) { late } } } } }",
    "query ($key: String!, $keys: [String!]) { account(key: $key) { name metricResults(keys: $keys) { value } metrics { id orderDefectRate { value } } } }",
]  # fmt: skip


def fill(seller: Account, late: int, days: int = 1) -> None:
    for number in range(20):
        placed = CLOCK - days * DAY - HOUR * number
        seller.confirm(seller.order(placed_at=placed, ship_by=placed + DAY), placed + (2 if number < late else 0.5) * DAY)


class Kept:
    """The numbers that a server keeps of accounts."""

    def __init__(self, world: World, metrics: Collection[Metric]) -> None:
        self._world, self._snapshot = world, Snapshot(metrics, STALE_AFTER)
        self._rankings = KeptRankings(snapshot=self._snapshot)
        world.roll_up(metrics)

    def write(self) -> None:
        """What a server does once a minute."""
        world = self._world
        assert world.rollups is not None
        RollupKeeper(world.database, world.rollups, lambda: world.clock, SnapshotKeeper(world.database, self._snapshot)).run()

    def batch(self, viewer: Viewer, clock: dt.datetime) -> MetricBatch:
        """That of a request."""
        assert self._world.rollups is not None
        sets = {self._world.rollups.set_id: self._world.rollups.members}
        return MetricBatch(self._world.database, viewer, clock, rollups=sets, rankings=self._rankings)


@pytest.mark.parametrize("seed", range(4))
def test_no_request_gets_what_another_one_was_answered(world: World, built_ins: Loaded, seed: int) -> None:
    chance = random.Random(seed)
    kept = Kept(world, built_ins.registry.values()) if seed % 2 else None
    sellers = [world.account() for _ in range(4)]
    for number, seller in enumerate(sellers):  # the last two have the same numbers
        fill(seller, min(number, 2))
        seller.save()
    some = frozenset(each.account_id for each in sellers[1:3])
    viewers = OWNER, Viewer("some", "some", frozenset({Permission.READ}), granted=some)
    planned, plain = make_schema(built_ins), make_schema(built_ins, plans=False)

    def answer(schema: Schema, document: str, variables: dict[str, Any], clock: dt.datetime, locale: Any, viewer: Viewer) -> Any:
        batch = MetricBatch(world.database, viewer, clock) if kept is None else kept.batch(viewer, clock)
        context = Context(viewer, clock, batch, built_ins, locale=locale)
        result = schema.execute_sync(document, variables, context)
        return json.dumps(result.data), [(each.message, each.path) for each in result.errors or ()]

    for turn in range(240):
        if turn % 60 == 59:  # an account has other numbers from now on
            fill(chance.choice(sellers), chance.choice([0, 3, 9]), days=2)
            world.save()
        if kept is not None and turn % 30 == 0:
            kept.write()
        document = chance.choice(DOCUMENTS)
        possible = {
            "key": chance.choice(["nobody", *(each.key for each in sellers)]),
            "day": chance.choice([None, *((CLOCK - each * DAY).date().isoformat() for each in (3, 4))]),
            "days": chance.choice([None, 7, 30]),
            "keys": chance.choice([None, ["seller_rating"], ["late_shipment_rate", "order_defect_rate"]]),
            "locale": chance.choice([None, "de"]),
            "more": chance.random() < 0.5,
        }
        variables = {name: value for name, value in possible.items() if f"${name}" in document}
        others = CLOCK + chance.choice([0, 1]) * DAY, chance.choice([None, Locale("de")]), chance.choice(viewers)
        assert answer(planned, document, variables, *others) == answer(plain, document, variables, *others), (document, variables, others)


def test_what_is_read_with_a_result_decides_about_it_too(world: World, execute: Execute) -> None:
    for late, before in ((0, 1), (1, 0)):  # the same numbers in 30 days, and others in 10
        seller = world.account()
        fill(seller, late)
        fill(seller, before, days=20)
    document = "query ($key: String!) { account(key: $key) { metrics { lateShipmentRate { display overallStatus } } } }"
    found = [execute(document, key=key).data["account"]["metrics"]["lateShipmentRate"] for key in ("seller-1", "seller-2")]
    assert [each["display"] for each in found] == ["2.50 %", "2.50 %"]
    assert [each["overallStatus"] for each in found] == ["GOOD", "CRITICAL"]


def made(execute: Execute, monkeypatch: pytest.MonkeyPatch, fields: str, *keys: str, schema: Schema, **variables: Any) -> list[bool]:
    """Whether requests for accounts made the results of a metric of the schema, in their order, or had those of an earlier one."""
    seen: list[str] = []
    complete = PlannedExecution._completed

    def noting(self: PlannedExecution, place: Any, value: Any) -> Any:
        seen.append(place.key)
        return complete(self, place, value)

    monkeypatch.setattr(PlannedExecution, "_completed", noting)
    declared = "".join(f", ${name}: {kind}" for name, (kind, _) in variables.items())
    document = f"query ($key: String!{declared}) {{ account(key: $key) {{ metrics {{ result: {fields} }} }} }}"
    values = {name: value for name, (_, value) in variables.items()}
    found = []
    for key in keys:
        seen.clear()
        answer = execute(document, schema=schema, key=key, **values)
        assert answer.data["account"]["metrics"]
        found.append("result" in seen)
    monkeypatch.undo()
    return found


class Erratic(Below):
    """A target of a plugin."""

    def judge(self, *_: Any) -> MetricStatus:
        return MetricStatus.GOOD


@pytest.fixture(scope="module")
def schema(loaded_with: Any) -> Schema:
    orders = count(on=Order.placed_on, where=Order.placed_at.is_not(None), description="Orders.")
    late = orders.where(Order.ship_by.is_(None), "Orders without a deadline.")
    common = {"title": "A", "description": "A.", "section": "acme", "windows": (Window(30),), "measures": {"orders": orders, "late": late}}
    return make_schema(loaded_with(Metric(key="acme_erratic", value=late / orders, target=Erratic("0.5"), **common)))


def test_accounts_with_the_same_numbers_share_an_answer(
    world: World, execute: Execute, schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    for late in (1, 1, 2):
        fill(world.account(), late)
    keys = "seller-1", "seller-2", "seller-3", "seller-1", "seller-3"
    anew, shared = [True] * 5, [True, False, True, False, False]

    def results(fields: str, **variables: Any) -> list[bool]:
        return made(execute, monkeypatch, fields, *keys, schema=schema, **variables)

    assert results("lateShipmentRate { __typename value display overallStatus target { limit } }") == shared
    assert results("lateShipmentRate(days: 7) { late window { from } }") == shared
    assert results("lateShipmentRate { value id }") == anew
    assert results("lateShipmentRate { value account { key } }") == anew
    assert results("lateShipmentRate { value windows { value } }") == anew
    assert results("lateShipmentRate { value overallStatus @include(if: true) }") == anew
    assert results("lateShipmentRate { target { display(locale: $locale) } }", locale=("Locale", "de")) == anew
    assert results("acmeErratic { value }") == anew


def test_accounts_with_the_same_kept_numbers_share_all_answers_that_follow_from_them(
    world: World, built_ins: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(world, built_ins.registry.values())
    for late in (0, 3):  # the same numbers in 30 days and in 10, and others in 5
        seller = world.account()
        fill(seller, late, days=2)
        fill(seller, 3 - late, days=7)
        seller.save()
    kept.write()
    schema, resolved, looked_up = make_schema(built_ins), list[str](), list[Any]()
    resolve, marks = PlannedExecution._resolve, MetricBatch.marks

    def noting(self: PlannedExecution, plan: Any, *of_object: Any) -> None:
        resolved.append(plan.kind.name)
        resolve(self, plan, *of_object)

    def noting_marks(self: MetricBatch, account_ids: Any) -> Any:
        looked_up.append(account_ids)
        return marks(self, account_ids)

    monkeypatch.setattr(PlannedExecution, "_resolve", noting)
    monkeypatch.setattr(MetricBatch, "marks", noting_marks)

    def results(fields: str, arguments: str = "") -> list[bool]:
        """Whether requests about both accounts make what is selected of them anew."""
        found = []
        for key in ("seller-1", "seller-2"):
            resolved.clear()
            context = Context(OWNER, CLOCK, kept.batch(OWNER, CLOCK), built_ins)
            document = f"query ($key: String!) {{ account(key: $key) {{ metrics{arguments} {{ {fields} }} }} }}"
            result = schema.execute_sync(document, {"key": key}, context)
            assert (result.errors, result.data is None) == (None, False)
            found.append("AccountMetrics" in resolved)
        return found

    anew, shared = [True, True], [True, False]
    assert results("lateShipmentRate { value overallStatus } orderDefectRate { display }") == shared
    assert results("lateShipmentRate(days: 30) { value }") == shared
    looked_up.clear()
    assert results("lateShipmentRate(days: 5) { value }") == anew
    assert len(looked_up) == 1  # from then on it is known that there are no numbers of five days
    assert results("lateShipmentRate { value id }") == anew
    assert results("id lateShipmentRate { value }") == anew
    assert results("lateShipmentRate { value }", f'(asOf: "{CLOCK.date()}")') == shared
    assert results("lateShipmentRate { value }", f'(asOf: "{(CLOCK - DAY).date()}")') == anew
    assert results("lateShipmentRate { value }", "(channel: SELLER)") == anew


@pytest.mark.parametrize(
    ("fields", "anew"),
    [
        ("lateShipmentRate { value } other: lateShipmentRate(days: -1) { value }", False),
        ('lateShipmentRate { value } other: lateShipmentRate { evidence(measure: "") { totalCount } }', False),
        ("lateShipmentRate { value unprovenRows { count } }", True),
        ("lateShipmentRate { unprovenRows { count } value } other: sellerRating { unprovenRows { count } }", True),
    ],
)
def test_only_what_has_an_error_itself_is_not_remembered(
    world: World, execute: Execute, schema: Schema, monkeypatch: pytest.MonkeyPatch, fields: str, anew: bool
) -> None:
    fill(world.account(), 1)

    def fail(*_: Any) -> None:
        raise ValueError("no rows")

    monkeypatch.setattr(converters, "unproven", fail)
    assert made(execute, monkeypatch, fields, "seller-1", "seller-1", schema=schema) == [True, anew]


def test_an_error_is_in_every_answer(world: World, built_ins: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept(world, built_ins.registry.values())
    fill(seller := world.account(), 1)
    seller.save()
    kept.write()
    schema, unproven = make_schema(built_ins), converters.unproven
    document = (
        '{ account(key: "seller-1") { metricResults(keys: ["late_shipment_rate", "seller_rating"]) { value unprovenRows { count } } } }'
    )
    failing = [True, True, False, False]

    def fail_at_first(rows: Any) -> Any:
        if failing[0]:
            raise ValueError("no rows")
        return unproven(rows)

    monkeypatch.setattr(converters, "unproven", fail_at_first)
    found = []
    while failing:
        result = schema.execute_sync(document, {}, Context(OWNER, CLOCK, kept.batch(OWNER, CLOCK), built_ins))
        found.append((len(result.errors or ()), result.data and result.data["account"]["metricResults"]))
        failing.pop(0)
    assert [errors for errors, _ in found] == [2, 2, 0, 0]
    assert found[2] == found[3]


def test_a_variable_with_which_a_list_is_not_remembered_leaves_the_others(
    world: World, built_ins: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(world, built_ins.registry.values())
    fill(seller := world.account(), 1)
    seller.save()
    kept.write()
    schema, resolved = make_schema(built_ins), list[str]()
    measured = metric_result.measure

    def noting(kind: Any, info: Any, account: Any, query: MetricQuery) -> Any:
        resolved.append(query.metric.key)
        return measured(kind, info, account, query)

    monkeypatch.setattr("sellerhealth.graphql.accounts.account.measure", noting)
    document = 'query ($days: Int) { account(key: "seller-1") { metricResults(keys: ["late_shipment_rate"], days: $days) { value } } }'
    made_anew = []
    for days in (None, None, 5, None, 5, None):  # no numbers are kept of five days
        resolved.clear()
        schema.execute_sync(document, {"days": days}, Context(OWNER, CLOCK, kept.batch(OWNER, CLOCK), built_ins))
        made_anew.append(bool(resolved))
    assert made_anew == [True, False, True, False, True, False]


class Sized:
    """What was read, of a size."""

    def __init__(self, size: int) -> None:
        self.bytes = size


def test_a_plan_remembers_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered_answers, "MOST_BYTES", 2_500)
    answers, values = Answers(), [Sized(1_000) for _ in range(3)]
    for number, value in enumerate(values):
        answers.keep("query", [value], {"number": number})
    assert [answers.find("query", [value]) for value in values] == [None, None, {"number": 2}]
    assert answers.find("another query", [values[2]]) is None
    assert answers.bytes == 1_000 + 2 * LEAF


def test_a_large_answer_is_not_remembered() -> None:
    answers, small, large = Answers(), Sized(1_000), Sized(MOST_OF_ONE)
    answers.keep("query", [small], [[{"number": 1}] * (MOST_OF_ONE // LEAF // 2)])
    answers.keep("query", [large], {"number": 1})
    assert (answers.find("query", [small]), answers.find("query", [large]), answers.bytes) == (None, None, 0)


def test_an_answer_that_is_made_several_times_is_counted_once() -> None:
    answers, value = Answers(), Sized(1_000)
    for _ in range(3):
        answers.keep("query", [value], {"number": 1})
    assert answers.bytes == 1_000 + 2 * LEAF
