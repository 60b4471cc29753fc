"""Limits of operations: what a field costs, and that an operation that exceeds a limit is refused before it does any harm."""

import ast
import datetime as dt
import json
import math
import re
import time
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from graphql import (
    OperationDefinitionNode,
    get_introspection_query,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_interface_type,
    is_introspection_type,
    is_list_type,
    is_object_type,
    parse,
)
from starlette.testclient import TestClient

from sellerhealth.app import create_app
from sellerhealth.engine import work as weights
from sellerhealth.engine.work import WITHOUT_ROLLUPS, MetricWork, Work
from sellerhealth.facts import Feedback, Order
from sellerhealth.graphql import ids, limits
from sellerhealth.graphql.accounts.portfolio import ASSUMED_ACCOUNTS
from sellerhealth.graphql.cost import MAX_WINDOW, SHORT_LIST, cost_of
from sellerhealth.graphql.limits import estimate
from sellerhealth.graphql.paging import COUNT, EVIDENCE_PAGE, READ, SORTED_PAGE
from sellerhealth.graphql.schema import make_schema, schema_text
from sellerhealth.http.authentication import Open
from sellerhealth.plugins.discover import BUILT_IN_DISTRIBUTION
from sellerhealth.plugins.load import load_plugins
from sellerhealth.settings import DOCUMENT_LIMITS, REQUEST_LIMITS, DocumentLimits, Settings
from sellerhealth.testing import CLOCK, World

LOADED = load_plugins(Settings.model_construct(), [metadata.distribution(BUILT_IN_DISTRIBUTION)])
SCHEMA, METRICS = make_schema(LOADED)._schema, LOADED.registry
ENFORCED = {
    "cancellation_rate",
    "late_shipment_rate",
    "on_time_delivery_rate",
    "order_defect_rate",
    "policy_violations",
    "valid_tracking_rate",
}
ROW = 4  # the work for a row of a page
FROM_FACTS, FROM_ROLLUPS = WITHOUT_ROLLUPS, MetricWork({LOADED.measures.set_id: LOADED.measures.members})
TODAY = dt.date(2026, 3, 31)
ERRORS = Path(__file__).parents[2] / "docs" / "errors.md"
INTROSPECTION = get_introspection_query(
    input_value_deprecation=True, specified_by_url=True, directive_is_repeatable=True, schema_description=True, one_of=True
)


class Weighed(NamedTuple):
    cost: int
    exceeded: list[str]


def estimated(text, work=FROM_FACTS, **variables):
    document = parse(text)
    operation = next(each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    return Weighed(*estimate(SCHEMA, document, operation, variables, TODAY, METRICS, work=work)[:2])


def mean(work):
    """The mean work over all metrics, where a document does not say which of them."""
    return sum(math.ceil(part / len(METRICS)) for part in Work.total(work(metric, metric.windows[0].days) for metric in METRICS.values()))


def value(key, days=None, work=FROM_FACTS):
    """The work for a value of a metric, over its default window or another."""
    metric = METRICS[key]
    return sum(work.value(metric, metric.windows[0].days if days is None else days))


def judged(key, days=None, work=FROM_FACTS):
    """The work for the overall status of a metric, besides a value."""
    return sum(work.judged(METRICS[key], days))


FIELDS = [
    (kind, name, field)
    for kind in SCHEMA.type_map.values()
    if (is_object_type(kind) or is_interface_type(kind)) and not is_introspection_type(kind)
    for name, field in kind.fields.items()
]


def fragments(count, body, last, on="Account"):
    """Fragments that spread the next one as their body says; the last one has another body."""
    parts = [f"fragment F{number} on {on} {{ {body.format(f'...F{number + 1}')} }}" for number in range(count)]
    return " ".join([*parts, f"fragment F{count} on {on} {{ {last} }}"])


@pytest.mark.parametrize(
    ("query", "cost"),
    [
        ("{ __typename }", 1),
        ("{ viewer { name permissions } }", 3),
        ('{ account(key: "a") { ...F ...F } } fragment F on Account { key name }', 5 + READ),
        ("{ accounts { totalCount nodes { key name } } }", 1 + READ + 1 + COUNT + 20 * (3 + ROW)),
        ("{ accounts(first: 7) { edges { cursor node { key } } pageInfo { endCursor } } }", 1 + READ + 7 * (4 + ROW) + 2),
        ("{ accounts(last: 7) { nodes { key } } }", 1 + READ + 7 * (2 + ROW)),
        ("{ accounts(first: 1000000) { nodes { key } } }", 1 + READ + 100 * (2 + ROW)),
        ("{ accounts(first: 11111111111111111111) { nodes { key } } }", 1 + READ + 100 * (2 + ROW)),
        ("{ accounts(first: -1) { nodes { key } } }", 1 + READ + 2 + ROW),
        ("query ($n: Int = 5) { accounts(first: $n) { nodes { key } } }", 1 + READ + 5 * (2 + ROW)),
        ("{ accounts(first: 5) { ...P } } fragment P on AccountConnection { nodes { key } }", 1 + READ + 5 * (2 + ROW)),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 1 + 3),
        ('{ nodes(ids: "a") { id } }', 1 + 1),
        ('{ account(key: "a") { metrics { id sellerRating { orders } } } }', 5 + READ + value("seller_rating")),
        (
            '{ account(key: "a") { orders(first: 7) { nodes { key packages { id } } } } }',
            2 + READ + SORTED_PAGE.work + 7 * (2 + 1 + 3 + SHORT_LIST.work + ROW),
        ),
        ("{ metricDefinitions { windows { days } } }", 1 + 10 * (1 + 10)),
        ("{ nothing { more } }", 2),
    ],
)
def test_an_operation_costs_the_fields_of_its_response_with_full_pages(query, cost):
    assert estimated(query) == (cost, [])


@pytest.mark.parametrize(
    ("selected", "cost"),
    [
        ("metricResults { value }", 1 + len(METRICS) + sum(map(value, METRICS))),
        ('metricResults(keys: ["seller_rating", "nothing"]) { value display }', 1 + 2 + value("seller_rating")),
        ('metricResults(keys: "seller_rating", days: 7) { value }', 1 + 1 + value("seller_rating", 7)),
        ("metrics { sellerRating(days: 7) { value } }", 3 + value("seller_rating", 7)),
        ("metrics { sellerRating(days: 1000000) { value } }", 3 + value("seller_rating", MAX_WINDOW)),
        ("metrics { sellerRating { overallStatus } }", 3 + value("seller_rating") + judged("seller_rating", 365)),
        (
            "metrics { customerFeedback { windows { value } } }",
            3 + value("customer_feedback") + 4 + sum(FROM_FACTS.windows(METRICS["customer_feedback"], 365)),
        ),
        (
            'metrics { orderDefectRate { breakdown(by: "channel") { value } } }',
            3 + value("order_defect_rate") + 10 + value("order_defect_rate"),
        ),
        (
            'metrics { orderDefectRate(days: 7) { evidence(measure: "orders", first: 2) { totalCount nodes { id } } } }',
            3
            + value("order_defect_rate", 7)
            + EVIDENCE_PAGE.work
            + 1
            + COUNT
            + sum(FROM_FACTS.evidence(METRICS["order_defect_rate"], 7))
            + 2 * (2 + ROW),
        ),
        ("healthStatus", 1 + sum(map(judged, ENFORCED))),
    ],
)
def test_metrics_cost_the_work_of_measuring_them(selected, cost):
    assert estimated(f'{{ account(key: "a") {{ {selected} }} }}') == (1 + READ + cost, [])


def test_a_metric_costs_more_the_more_days_and_related_facts_it_looks_at():
    assert value("seller_rating") > value("seller_rating", 30) > value("seller_rating", 7)
    assert value("order_defect_rate", 30) > value("cancellation_rate", 30) > value("late_shipment_rate", 30)


def test_from_rollups_a_value_costs_the_same_over_any_days_and_a_series_costs_its_days():
    (cost,) = {value(key, days, FROM_ROLLUPS) for key in METRICS for days in (1, 30, 365)}
    assert cost < value("late_shipment_rate", 30)
    rate = METRICS["seller_rating"]
    series, longer = (sum(FROM_ROLLUPS.series(rate, 365, length)) for length in (10, 20))
    assert cost < series < longer < sum(FROM_FACTS.series(rate, 365, 20))
    assert judged("seller_rating", work=FROM_ROLLUPS) < judged("seller_rating")


def test_what_no_set_of_rollups_has_costs_what_it_takes_from_the_facts():
    others = MetricWork({"other": frozenset()})
    assert all(others.value(metric, 30) == FROM_FACTS.value(metric, 30) for metric in METRICS.values())


def test_evidence_is_facts_and_costs_the_same_with_rollups():
    query = '{ account(key: "a") { metrics { sellerRating { evidence(measure: "orders") { totalCount } } } } }'
    without = {work: estimated(query, work).cost - value("seller_rating", work=work) for work in (FROM_FACTS, FROM_ROLLUPS)}
    assert without[FROM_FACTS] == without[FROM_ROLLUPS] > sum(FROM_FACTS.evidence(METRICS["seller_rating"], 365))


def test_drivers_are_facts_that_are_counted_twice_and_cost_the_same_with_rollups():
    query = '{ account(key: "a") { metrics { sellerRating { drivers(by: "sku", limit: 4) { nodes { value misses } } } } } }'
    without = {work: estimated(query, work).cost - value("seller_rating", work=work) for work in (FROM_FACTS, FROM_ROLLUPS)}
    assert without[FROM_FACTS] == without[FROM_ROLLUPS]
    fields = estimated(query).cost - value("seller_rating") - sum(FROM_FACTS.drivers(METRICS["seller_rating"], 365))
    assert fields - (estimated(query.replace("limit: 4", "limit: 5")).cost - estimated(query).cost) * 4 == 4 + READ + 750


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        ("orderBy: {field: NAME, direction: ASC}", ()),
        ("orderBy: {field: HEALTH, direction: DESC}", ENFORCED),
        ('orderBy: {field: VALUE, direction: ASC, metric: "seller_rating"}', {"seller_rating"}),
        ('filter: {statuses: [GOOD], metric: "seller_rating"}', {"seller_rating"}),
        ('filter: {statuses: [GOOD], metric: "nothing"}', ()),
        ("filter: 3, orderBy: [4]", ()),
    ],
)
def test_accounts_by_status_cost_the_judgement_of_all_accounts(arguments, keys):
    each, once = Work.total(FROM_FACTS.judged(METRICS[key]) for key in keys)
    work = ASSUMED_ACCOUNTS * each + once
    assert estimated(f"{{ accounts({arguments}, first: 1) {{ nodes {{ key }} }} }}").cost == 1 + READ + work + 2 + ROW


@pytest.mark.parametrize("selected", ["healthStatus", "metrics { sellerRating { value } }"])
def test_what_one_statement_does_for_all_accounts_of_a_page_costs_once(selected):
    def cost(size):
        return estimated(f"{{ accounts(first: {size}) {{ nodes {{ {selected} }} }} }}").cost

    once = sum(FROM_FACTS.judged(METRICS[key]).once for key in ENFORCED) if selected == "healthStatus" else weights.COUNTED.once
    assert once > 0
    assert cost(20) - once == 1 + READ + 20 * (cost(1) - once - 1 - READ)


def test_the_ids_of_results_cost_the_work_of_measuring_them():
    def node_id(days, kind="metric"):
        return ids.write([kind, "a", "2026-03-31", None, None, "seller_rating", days, 0])

    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on MetricResult { overallStatus } } }"
    below = 1 + 1 + (judged("seller_rating", 7) + judged("seller_rating", 365)) // 2
    assert (
        estimated(query, ids=[node_id(7), node_id(365, "any")]).cost
        == 1 + value("seller_rating", 7) + value("seller_rating", 365) + 2 * below
    )
    assert estimated("query ($id: ID!) { node(id: $id) { id } }", id=node_id(True)).cost == 2
    assert estimated("query ($id: ID!) { node(id: $id) { id } }", id=node_id(30)).cost == 2 + value("seller_rating", 30)


def test_fragments_in_each_other_are_estimated_once_for_each_metric_that_they_are_selected_on():
    chain = "a: metrics {{ sellerRating(days: 7) {{ account {{ {0} }} }} }} b: metrics {{ sellerRating {{ account {{ {0} }} }} }}"
    started = time.process_time()
    assert estimated('{ account(key: "a") { ...F0 } } ' + fragments(12, chain, "key")).exceeded
    assert time.process_time() - started < 1


def test_variables_count_with_their_values():
    query = "query ($n: Int = 5, $ids: [ID!]!) { accounts(first: $n) { nodes { key } } nodes(ids: $ids) { id } }"
    assert estimated(query, n=3, ids=["a", "b"]).cost == 1 + READ + 3 * (2 + ROW) + 1 + 2
    assert estimated(query, ids="a").cost == 1 + READ + 5 * (2 + ROW) + 1 + 1
    assert estimated(query, n="three", ids=3).cost == 1 + READ + 100 * (2 + ROW) + 1 + 1


@pytest.mark.parametrize(
    ("selected", "days", "fields"),
    [
        ('history(from: "2026-03-01", to: "2026-03-10") { date value }', 10, 2),
        ('history(from: "2026-03-31") { date }', 1, 1),
        ('history(from: "1999-01-01") { date }', 1101, 1),
        ('history(from: "yesterday") { date }', 1101, 1),
        ("history(from: 3) { date }", 1101, 1),
        ("forecast { date }", 30, 1),
        ("forecast(days: 60) { date }", 60, 1),
        ("forecast(days: 1000) { date }", 365, 1),
    ],
)
def test_history_costs_its_days(selected, days, fields):
    query = f'{{ node(id: "a") {{ ...R }} }} fragment R on MetricResult {{ {selected} }}'
    assert estimated(query) == (2 + days * fields + mean(partial(FROM_FACTS.series, length=days)), [])


def test_a_timeline_costs_its_days_for_each_metric():
    def cost(arguments, *keys):
        found = estimated(f'{{ account(key: "a") {{ timeline({arguments}) {{ dates series {{ values }} }} }} }}')
        work = sum(sum(FROM_FACTS.series(METRICS[key], METRICS[key].windows[0].days, 10)) for key in keys)
        return found, (3 + READ + 1 + len(keys) + work, [])

    days = 'from: "2026-03-01", to: "2026-03-10"'
    for found, expected in (cost(days, *METRICS), cost(f'{days}, keys: ["seller_rating"]', "seller_rating")):
        assert found == expected


def test_every_list_of_objects_declares_its_size():
    lists = [each for each in FIELDS if is_list_type(get_nullable_type(each[2].type)) and is_composite_type(get_named_type(each[2].type))]
    assert len(lists) > 20
    assert [f"{kind}.{name}" for kind, name, field in lists if cost_of(field) is None] == []
    items = [f"{kind}.{name}" for kind, name, field in lists if cost_of(field).is_item]
    assert items == [f"{kind}.{name}" for kind, name, _ in lists if kind.name.endswith("Connection")]


def test_every_connection_declares_its_page_and_every_range_of_days_its_length():
    connections = [field for _, _, field in FIELDS if get_named_type(field.type).name.endswith("Connection")]
    assert len(connections) > 10
    assert {cost_of(field).sized_fields for field in connections} == {("edges", "nodes")}
    assert {name for _, name, field in FIELDS if "first" in field.args and field not in connections} == set()
    ranges = {name: cost_of(field) for _, name, field in FIELDS if "from" in field.args}
    assert ranges.keys() == {"history", "timeline"}
    assert all(callable(cost.work) for cost in ranges.values())


def test_the_limits_know_no_field_of_the_schema():
    tree = ast.parse(Path(limits.__file__).read_text())
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert texts & {name for _, name, _ in FIELDS} == set()


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        ("{ accounts(first: 100) { nodes { metricResults { windows { figures { key value } } } } } }", "cost "),
        ('{ account(key: "a")' + "{ metrics { sellerRating { account " * 5 + "{ key }" + "}}}" * 5 + "}", "depth 17, where 15 is the most"),
        ("{" + "viewer { name } " * 31 + "}", "root fields 31, where 30 is the most"),
        ("{ ...F } fragment F on Query {" + "viewer { name } " * 31 + "}", "root fields 31"),
        ("{ viewer {" + "name " * 500 + "} }", "fields and fragments 501, where 500 is the most"),
        ("{ viewer {" + "a: name " * 51 + "} }", "aliases 51, where 50 is the most"),
        ("{ viewer {" + "name @include(if: true) " * 51 + "} }", "directives 51, where 50 is the most"),
        ("query" + " @x" * 51 + " { viewer { name } }", "directives 51"),
        (
            '{ account(key: "a") { metricResults { windows { windows { value } } } } }',
            "`windows` on one path 2, where 1 is the most",
        ),
        (
            '{ account(key: "a") { metricResults { breakdown(by: "x") { account { metricResults { ...B } } } } } } '
            'fragment B on MetricResult { breakdown(by: "x") { value } }',
            "`breakdown` on one path 2, where 1 is the most",
        ),
        ('{ account(key: "a") { ...F0 } } ' + fragments(70, "{0}", "key"), "fields and fragments in each other more than 60 times"),
        ("{" + " ".join("abcdefghijk"[number] + ": __schema { types { name } }" for number in range(11)) + "}", "cost 220,000"),
        ("{ __schema { types { " + " ".join(f"a{number}: name" for number in range(10)) + " } } }", "cost 220,000"),
    ],
)
def test_an_exceeded_limit_is_named_with_its_maximum(query, limit):
    exceeded = estimated(query).exceeded
    assert any(each.startswith(limit) for each in exceeded), exceeded


@pytest.mark.parametrize(
    "query",
    [
        '{ account(key: "a") { metricResults { windows { value } breakdown(by: "channel") { value windows { value } } } } }',
        '{ account(key: "a") { a: metricResults { windows { value } } b: metricResults { windows { value } } } }',
        "{ metricDefinitions { windows { days } } }",
    ],
)
def test_windows_and_a_breakdown_may_be_siblings_and_nested_in_each_other(query):
    assert estimated(query).exceeded == []


def test_variables_hold_no_more_values_than_a_document_could():
    def exceeded(number):
        changes = [{"measure": "late", "by": 1}] * number
        return estimated("query ($changes: [MeasureChange!]!) { viewer { name } }", changes=changes).exceeded

    assert exceeded(666) == []  # each has two values and is one
    assert exceeded(667) == ["values in variables 2,002, where 2,000 is the most"]
    deep = current = []
    for _ in range(100_000):
        current.append([])
        current = current[0]
    assert estimated("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=deep).exceeded


SMALL = DocumentLimits(
    aliases=1,
    cost=20_000,
    depth=5,
    directives=1,
    fields=50,
    ids=1,
    keys=2,
    page_size=20,
    root_fields=2,
    tokens=1_000,
    variable_values=10,
)
# What exceeds each limit by one, where nothing exceeds another.
EXCEEDING = {
    "aliases": ("{ a: __typename b: __typename }", "aliases 2, where 1 is the most"),
    "cost": ("{ accounts(first: 20) { nodes { metricResults { value } } } }", ", where 20,000 is the most"),
    "depth": ('{ account(key: "a") { metrics { sellerRating { account { metrics { id } } } } } }', "depth 6, where 5 is the most"),
    "directives": ("{ viewer @include(if: true) { name @include(if: true) } }", "directives 2, where 1 is the most"),
    "fields": ("{ viewer {" + "name " * 50 + "} }", "fields and fragments 51, where 50 is the most"),
    "ids": ('{ nodes(ids: ["a", "b"]) { id } }', "At most 1 ids are allowed at once, found 2."),
    "keys": (
        '{ accounts(filter: {keys: ["a", "b", "c"], marketplace: "m"}) { nodes { id } } }',
        "At most 2 keys are allowed at once, found 3.",
    ),
    "page_size": ('{ accounts(first: 21, filter: {marketplace: "m"}) { nodes { id } } }', "`first` must be 1 to 20, found 21."),
    "root_fields": ("{ __typename __typename __typename }", "root fields 3, where 2 is the most"),
    "tokens": ("{ nodes(ids: [" + '"a" ' * 1_000 + "]) { id } }", "Document contains more than 1000 tokens"),
    "variable_values": ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", "values in variables 11, where 10 is the most"),
}
CODES = {"tokens": "GRAPHQL_PARSE_FAILED"} | dict.fromkeys(("ids", "keys", "page_size"), "BAD_USER_INPUT")


@pytest.fixture(scope="module")
def limited(built_ins, stores):
    """The application with small limits, over the store of a seller, and the statements that it sends."""
    statements = []

    def note(connection, cursor, statement, *rest):
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    settings = Settings(clock=CLOCK, document_limits=SMALL, rollups=False)  # the keeper of rollups sends statements too
    with stores.open() as database:
        world = World(database)
        world.account().save()
        sa.event.listen(database.reader, "before_cursor_execute", note)
        with TestClient(create_app(settings, Open(), loaded=built_ins, database=database), "http://localhost") as client:
            yield client, statements, world
        sa.event.remove(database.reader, "before_cursor_execute", note)


def refused_by(limited, query, **variables):
    """The error of a document that exceeds a limit, and the statements that were sent for it."""
    client, statements, world = limited
    world.account().save()  # so that the state of the accounts would be read before anything else
    statements.clear()
    (error,) = client.post("/graphql", json={"query": query, "variables": variables}).json()["errors"]
    return error, list(statements)


@pytest.mark.parametrize("limit", DocumentLimits.model_fields)
def test_each_limit_is_a_setting_and_what_exceeds_it_is_refused_before_any_statement(limit, limited, client):
    query, message = EXCEEDING[limit]
    variables = {"ids": ["a"] * 10} if limit == "variable_values" else {}
    error, statements = refused_by(limited, query, **variables)
    assert message in error["message"]
    assert error["extensions"]["code"] == CODES.get(limit, "QUERY_TOO_COMPLEX")
    assert statements == []
    errors = client.post("/graphql", json={"query": query, "variables": variables}).json().get("errors", [])
    assert not any(message in error["message"] for error in errors)  # by default it is allowed


@pytest.mark.parametrize("arguments", ["first: 21", 'filter: {marketplace: "m"}, last: 21', 'filter: {marketplace: "m"}, after: "x"'])
@pytest.mark.parametrize("facts", ["orders", "feedback"])
def test_of_facts_nothing_is_read_for_a_page_that_cannot_be(facts, arguments, limited):
    error, statements = refused_by(limited, f'{{ account(key: "seller-1") {{ {facts}({arguments}) {{ nodes {{ id }} }} }} }}')
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert statements  # of the account
    assert not any(table in statement for statement in statements for table in (Order.__tablename__, Feedback.__tablename__))


def test_the_schema_says_the_limits_of_its_server(limited, client):
    small, default = (each.get("/schema.graphql").text for each in (limited[0], client))
    assert small == schema_text(LOADED, SMALL)
    for text, most in ((small, SMALL), (default, DOCUMENT_LIMITS)):
        assert f"from the start: 1 to {most.page_size}. Default: 20" in text
        assert f"from the end: 1 to {most.page_size}." in text
        assert f"The ids of the objects, at most {most.ids}." in text
        assert text.count(f", at most {most.keys}.") == 2
        assert "limits." not in text


def test_introspection_of_the_whole_schema_is_allowed():
    assert estimated(INTROSPECTION) == (limits.INTROSPECTION["__schema"], [])


def test_a_document_of_relay_is_allowed():
    query = """
    query Portfolio($count: Int!, $cursor: String) { ...List_query_1 }
    fragment List_query_1 on Query {
      accounts(first: $count, after: $cursor) {
        edges { cursor node { id ...Card_account __typename } }
        pageInfo { endCursor hasNextPage hasPreviousPage startCursor }
      }
    }
    fragment Card_account on Account {
      name healthStatus
      metricResults(section: "account_health") {
        __typename id __isMetricResult: __typename
        definition { id key title } display status headroom { used allowed needed } target { display } window { from to }
      }
    }
    """
    assert estimated(query, FROM_ROLLUPS, count=100).exceeded == []
    assert estimated(query, count=50).exceeded == []


BOMBS = {
    "fields twice in each other": '{ account(key: "a") { ...F0 } } '
    + fragments(24, "a: metrics {{ id }} metrics {{ account {{ {0} {0} }} }}", "key"),
    "aliases in each other": '{ account(key: "a") { ...F0 } } '
    + fragments(8, "metrics {{ a: account {{ {0} }} b: account {{ {0} }} c: account {{ {0} }} }}", "key"),
    "spreads in each other": "{ ...F0 } " + fragments(30, "{0} {0}", "__typename", on="Query"),
    "the same field again and again": "{" + "viewer { name } " * 400 + "}",
    "lists in lists": "{ accounts(first: 100) { nodes { metricResults { figures { key } windows { figures { key value } } } } } }",
    "a hundred thousand objects": "{"
    + " ".join(f"a{n}: accounts(first: 100) {{ nodes {{ metricResults {{ id key: id value }} }} }}" for n in range(30))
    + "}",
    "many types": "{" + " ".join(f"a{n}: __schema {{ types {{ fields {{ name }} }} }}" for n in range(20)) + "}",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_at_once(client, bomb):
    started = time.process_time()
    response = client.post("/graphql", json={"query": BOMBS[bomb]}, headers={"Accept": "application/graphql-response+json"})
    assert time.process_time() - started < 2
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert error["extensions"]["cost"]["maximumAvailable"] == DOCUMENT_LIMITS.cost
    assert isinstance(error["extensions"]["cost"]["requestedQueryCost"], int)
    assert response.json()["extensions"] == {"cost": error["extensions"]["cost"]}


@pytest.mark.parametrize(
    "query",
    ['{ account(key: "a") { ...F } } fragment F on Account { metrics { account { ...F } } }', "{ ...F } fragment F on Query { ...F }"],
)
def test_fragments_that_spread_themselves_are_left_to_validation(client, query):
    errors = client.post("/graphql", json={"query": query}).json()["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"GRAPHQL_VALIDATION_FAILED"}


def test_every_response_has_its_cost(client):
    query = "query A { viewer { name } } query B { __typename }"
    for name, cost in (("A", 2), ("B", 1)):
        response = client.post("/graphql", json={"query": query, "operationName": name}).json()
        assert response["extensions"] == {"cost": {"requestedQueryCost": cost, "maximumAvailable": DOCUMENT_LIMITS.cost}}
    partial = client.post("/graphql", json={"query": "{ classifyFeedback(rating: 9) }"}).json()
    assert partial["extensions"]["cost"]["requestedQueryCost"] == 1
    assert "cost" in client.post("/graphql", json={"query": "{ nothing }"}).json()["extensions"]


def test_introspection_of_the_whole_schema_succeeds(client):
    response = client.post("/graphql", json={"query": INTROSPECTION}).json()
    assert "errors" not in response
    assert len(response["data"]["__schema"]["types"]) > 50


def test_the_weights_are_documented():
    page = " ".join(ERRORS.read_text().split())
    for sentence in (
        f"each row costs {ROW} more",
        f"A value of a metric costs {weights.ROLLED_UP.each:g}, over any window",
        f"cost {weights.DAY} for each day of their windows and {weights.POINT} for each of their own days",
        f"Reading from the store costs {READ}, a page of the rows of an account {SORTED_PAGE.work}, a page of evidence {EVIDENCE_PAGE.work}.",
        f"A count costs {COUNT},",
        f"the seller rating about {round(value('seller_rating'), -3):,}, the others {min(map(value, METRICS))} to {sorted(map(value, METRICS))[-2]:,}.",
        f"Of that {weights.COUNTED.once} count once for all accounts of a page.",
    ):
        assert sentence in page


def test_the_documented_portfolio_is_allowed_also_without_rollups():
    documents = re.findall(
        r"^```graphql\n(query Portfolio.*?)^```", (ERRORS.parent / "api" / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert len(documents) > 2
    assert [estimated(each).exceeded for each in documents] == [[]] * len(documents)


def test_the_limits_are_documented():
    page = ERRORS.read_text()
    documented = dict(re.findall(r"^\| ([^|]+?) \| (.+?) \|$", page.partition("| limit |")[2].partition("\n\n")[0], re.MULTILINE))
    names = {
        "cost": (DOCUMENT_LIMITS.cost, limits.INTROSPECTION["__schema"]),
        "depth of fields": (DOCUMENT_LIMITS.depth,),
        "fields at the root": (DOCUMENT_LIMITS.root_fields,),
        "fields and fragments written": (DOCUMENT_LIMITS.fields,),
        "aliases, directives": (DOCUMENT_LIMITS.aliases,),
        "tokens": (DOCUMENT_LIMITS.tokens,),
        "length of a document": (REQUEST_LIMITS.document_characters,),
        "size of a request": (
            REQUEST_LIMITS.body_bytes // 1_000_000,
            REQUEST_LIMITS.query_string_bytes // 1_000,
            int(REQUEST_LIMITS.seconds),
        ),
        "values in variables": (DOCUMENT_LIMITS.variable_values,),
        "depth of the JSON of a request, length of a number in it": (REQUEST_LIMITS.json_depth, REQUEST_LIMITS.json_digits),
        "items on a page, ids in `nodes`": (DOCUMENT_LIMITS.page_size,),
        "keys in a filter": (DOCUMENT_LIMITS.keys,),
    }
    assert (DOCUMENT_LIMITS.aliases, DOCUMENT_LIMITS.page_size) == (DOCUMENT_LIMITS.directives, DOCUMENT_LIMITS.ids)
    for name, numbers in names.items():
        assert re.findall(r"[\d,]*\d", documented[name]) == [f"{number:,}" for number in numbers]
    example = json.loads(re.search(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[1])
    assert example["extensions"]["cost"] == {
        "requestedQueryCost": estimated("{ viewer { name } }").cost,
        "maximumAvailable": DOCUMENT_LIMITS.cost,
    }
