"""Ids and cursors that were tampered with: each names something, or nothing, or is refused as a client's error. None fails the server."""

import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sellerhealth.graphql import ids
from tests.fuzz import EXAMPLES, fuzzing

REFUSALS = {"BAD_USER_INPUT", "NOT_FOUND"}

NODE = "query ($id: ID!) { node(id: $id) { __typename id ... on AccountMetrics { lateShipmentRate { display } } } }"

# Every kind of object with an id.
WITH_IDS = """
{
  metricDefinitions { id }
  account(key: "slipping") {
    id
    metricResults { id }
    metrics(asOf: "2026-03-30", channel: SELLER) {
      id
      customerFeedback { id windows { id } }
      validTrackingRate { id breakdown(by: "category") { id } }
      orderDefectRate {
        breakdown(by: "marketplace") { id }
        claims: evidence(measure: "claims") { nodes { id } }
        feedback: evidence(measure: "negative_feedback") { nodes { id } }
        chargebacks: evidence(measure: "chargebacks") { nodes { id } }
      }
    }
    orders(first: 3) { nodes { id packages { id } } }
    atRisk(withinHours: 720) { nodes { id } }
  }
}
"""

# Every list, by an order or a measure that gives its cursors another form: where it is, its field and its arguments.
LISTS = {
    "accounts": ("{}", "accounts", ""),
    "accounts by name": ("{}", "accounts", "orderBy: {field: NAME, direction: DESC}"),
    "accounts by health": ("{}", "accounts", "orderBy: {field: HEALTH, direction: DESC}"),
    "accounts by value": ("{}", "accounts", 'orderBy: {field: VALUE, direction: ASC, metric: "late_shipment_rate"}'),
    "orders": ('account(key: "slipping") {}', "orders", ""),
    "feedback": ('account(key: "slipping") {}', "feedback", ""),
    "at risk": ('account(key: "slipping") {}', "atRisk", "withinHours: 720"),
    "late orders": ('account(key: "slipping") {{ metrics {{ lateShipmentRate {} }} }}', "evidence", 'measure: "late"'),
    "messages": ('account(key: "slipping") {{ metrics {{ contactResponseTime {} }} }}', "evidence", 'measure: "messages"'),
}


def document(name, positions):
    """A document that reads a list once from each position: an argument, and the cursor."""
    place, field, arguments = LISTS[name]
    pages = (
        f"list{number}: {field}({arguments} first: 2 {argument}: {json.dumps(cursor)}) {{ edges {{ cursor }} pageInfo {{ hasNextPage }} }}"
        for number, (argument, cursor) in enumerate(positions)
    )
    fields = f"{{ {' '.join(pages)} }}"
    return place.format(fields) if place == "{}" else f"{{ {place.format(fields)} }}"


@pytest.fixture(scope="module")
def send(demo):
    def send(query, **variables):
        return demo.post("/graphql", json={"query": query, "variables": variables}).json()

    return send


def found(value, name):
    """The values of a field, wherever it is in a response."""
    if isinstance(value, list):
        return [each for item in value for each in found(item, name)]
    if not isinstance(value, dict):
        return []
    return (
        [value[name], *found({k: v for k, v in value.items() if k != name}, name)] if name in value else found(list(value.values()), name)
    )


@pytest.fixture(scope="module")
def seeds(send):
    """Ids, and cursors of each list, one of each form."""
    body = send(WITH_IDS)
    assert "errors" not in body, body["errors"]
    texts = {"node": of_each_form(found(body["data"], "id"))}
    for name in LISTS:
        body = send(document(name, [("after", None)]))
        assert "errors" not in body, body["errors"]
        texts[name] = of_each_form(found(body["data"], "cursor"))
        assert texts[name]
    return texts


def of_each_form(texts):
    """One of the ids or cursors that begin alike and have parts of the same types."""
    return list(
        {(ids.read(text)[0] if "T" not in str(ids.read(text)[0]) else "", *map(type, ids.read(text))): text for text in texts}.values()
    )


DAYS = ["0001-01-01", "9999-12-31", "1994-12-31", "2026-02-30", "20260301", "2026-03-01"]
INSTANTS = [f"{day}T00:00:00+00:00" for day in DAYS] + ["9999-12-31T23:59:59.999999+00:00", "2026-03-01T00:00:00+14:00"]
NUMBERS = [
    0,
    -1,
    1,
    30,
    3650,
    10**9,
    2**63 - 1,
    2**63,
    -(2**63) - 1,
    10**30,
    1.5,
    1e308,
    -0.0,
    "1/0",
    "-0/1",
    "1e999999",
    "00",
    "1_000",
    "\u0661",
    "NaN",
]
WORDS = (
    "slipping late_shipment_rate account order metric any metrics definition UNKNOWN SELLER AMAZON category DESC HEALTH VALUE NAME".split()
)
TEXTS = ["", "\0", "a\0b", "\ud800", "\u202e", "x" * 10_000, "'; DROP TABLE accounts; --", "%", *WORDS]
OTHERS = [None, True, False, [], [None], {}, {"key": None}]
VALUES = [*OTHERS, *NUMBERS, *DAYS, *INSTANTS, *TEXTS]
ODD = st.one_of(st.sampled_from(VALUES), st.integers(), st.floats(allow_nan=False), st.text(max_size=8))


def encoded(parts):
    """A list as `ids.write` encodes it, also one that it refuses."""
    return (
        base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"))
        .rstrip(b"=")
        .decode()
    )


@st.composite
def tampered(draw, seeds):
    texts = [text for each in seeds.values() for text in each]
    text = draw(st.sampled_from(texts))
    if draw(st.integers(0, 3)):
        parts = list(ids.read(text))
        for _ in range(draw(st.integers(1, 3))):
            at = draw(st.integers(0, len(parts)))
            match draw(st.sampled_from(["replace", "replace", "replace", "insert", "delete", "double", "other"])):
                case "replace":
                    parts[at : at + 1] = [draw(ODD)]
                case "insert":
                    parts.insert(at, draw(ODD))
                case "delete":
                    del parts[at : at + 1]
                case "double":
                    parts[at:at] = parts[at : at + 1]
                case "other":
                    parts[at:] = ids.read(draw(st.sampled_from(texts)))[at:]
        return encoded(parts)
    start, length = draw(st.integers(0, len(text))), draw(st.integers(0, 4))
    return (
        text[:start]
        + draw(st.one_of(st.text(max_size=4), st.sampled_from(["=", "==", "-", "_", "+", "/", "A", "AAAA"])))
        + text[start + length :]
    )


def codes(body):
    return {error["extensions"]["code"] for error in body.get("errors", ())}


def with_one_part_replaced(texts):
    """Every text with each of its parts replaced by each odd value."""
    for parts in map(ids.read, texts):
        for at in range(len(parts)):
            yield from (encoded([*parts[:at], value, *parts[at + 1 :]]) for value in VALUES)


def test_an_id_with_one_part_replaced_names_something_or_nothing(send, seeds):
    replaced = list(dict.fromkeys(with_one_part_replaced(seeds["node"])))[:: 1 if EXAMPLES else 6]
    for start in range(0, len(replaced), 10):
        body = send("query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }", ids=replaced[start : start + 10])
        assert codes(body) <= REFUSALS, [replaced[start + error["path"][1]] for error in body["errors"]]


@pytest.mark.parametrize("name", LISTS)
def test_a_cursor_with_one_part_replaced_is_a_position_or_refused(send, seeds, name):
    positions = [(argument, cursor) for cursor in with_one_part_replaced(seeds[name]) for argument in ("after", "before")]
    for start in range(0, len(positions), 25):
        body = send(document(name, positions[start : start + 25]))
        assert codes(body) <= REFUSALS, [positions[start + int(error["path"][-1].removeprefix("list"))] for error in body["errors"]]


@settings(fuzzing(short=50), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_id_that_was_tampered_with_names_something_or_nothing(send, seeds, data):
    body = send(NODE, id=data.draw(tampered(seeds)))
    assert codes(body) <= REFUSALS, body["errors"]


@settings(fuzzing(short=50), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(sorted(LISTS)))
def test_a_cursor_that_was_tampered_with_is_a_position_or_refused(send, seeds, data, name):
    positions = data.draw(st.lists(st.tuples(st.sampled_from(["after", "before"]), tampered(seeds)), min_size=1, max_size=10))
    body = send(document(name, positions))
    assert codes(body) <= REFUSALS, body["errors"]
