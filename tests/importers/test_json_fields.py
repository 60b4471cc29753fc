"""Objects of JSON are read alike by the stream and as whole lines, many at once and one by one."""

import io
import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sellerhealth.errors import BadFile
from sellerhealth.importers import json_fields, json_objects
from sellerhealth.importers.json_fields import read_fields
from sellerhealth.importers.orders_api import ORDER as FIELDS
from sellerhealth.sources import FileContext, Rejected
from tests.importers.test_orders_api import ORDER
from tests.importers.test_orders_api_v0 import ITEM
from tests.importers.test_orders_api_v0 import ORDER as ORDER_V0
from tests.support.importers import IMPORTERS, NOW, ORDERS_API, ORDERS_API_V0

FILES = {ORDERS_API: ORDER, ORDERS_API_V0: ORDER_V0 | {"OrderItems": [ITEM]}}
ODD: tuple[Any, ...] = (
    None,
    "",
    " ",
    0,
    -1,
    2.5,
    True,
    "x",
    "ß",
    "a@b.example",
    "CANCELLED",
    "NON_AMAZON",
    "2999-01-01T00:00:00Z",
    [],
    {},
    [1],
)


NAMES = st.sampled_from(["orderId", "orders", "order", "orderItems", "errors", "message", "code", "AmazonOrderId", "payload", "buyer"])
TEXTS = ['"1"', '"x:"', r'"\u003a\u003A"', r'"\\u003a\\"', r'"\":"']  # some have colons, as the names have


def members(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Objects, which may have a name more than once."""
    return st.lists(st.tuples(NAMES, inner), max_size=4).map(
        lambda pairs: f"{{{', '.join(f'{json.dumps(name)}: {value}' for name, value in pairs)}}}"
    )


VALUES = st.recursive(
    st.sampled_from(["null", "0", "1.5", "true", *TEXTS]),
    lambda inner: st.lists(inner, max_size=3).map(lambda values: f"[{', '.join(values)}]") | members(inner),
)


def changed(order: Any, chance: Random) -> Any:
    """The order with odd values in some places, and without some names."""
    if isinstance(order, dict):
        return {name: changed(value, chance) for name, value in order.items() if chance.random() > 0.01}
    if isinstance(order, list):
        return [changed(value, chance) for value in order for _ in range(chance.choice((1, 1, 1, 2, 0)))]
    return chance.choice(ODD) if chance.random() < 0.03 else order


def orders(name: str, number: int) -> Iterator[Any]:
    """Orders, of which about two thirds have odd values."""
    return (changed(deepcopy(FILES[name]), Random(seed)) for seed in range(number))


def entries(name: str, content: str) -> list[str]:
    return list(map(repr, IMPORTERS[name].read(io.BytesIO(content.encode()), FileContext(NOW))))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("size", [1, 7, 100])
def test_many_orders_are_read_as_each_alone(name: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "\n".join(map(json.dumps, orders(name, 300)))
    monkeypatch.setattr(json_fields, "_MANY", size)
    many = entries(name, content)
    monkeypatch.setattr(json_fields, "_MANY", 1)
    monkeypatch.setattr(
        json_fields, "read_all", lambda fields, parents, lines: list(map(read_fields, [fields] * len(lines), parents, lines))
    )
    assert many == entries(name, content)
    assert {entry.partition("(")[0] for entry in many} >= {"Row", "Rejected", "Skipped"}


@pytest.mark.parametrize("name", FILES)
def test_whole_lines_are_read_as_a_stream(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "\n".join(map(json.dumps, orders(name, 300)))
    whole = entries(name, content)
    monkeypatch.setattr(json_objects._ByLine, "whole_values", lambda self: iter(()))
    assert whole == entries(name, content)


@pytest.mark.parametrize("number", ["9400111899223100001234", "-9223372036854775809", "1e30"])
def test_a_number_that_was_rounded_is_no_text(number: str) -> None:
    order = json.dumps(ORDER | {"orderId": "@"}).replace('"@"', number)
    (rejected,) = IMPORTERS[ORDERS_API].read(io.BytesIO(order.encode()), FileContext(NOW))
    assert isinstance(rejected, Rejected)
    assert rejected.error.describe("f.json") == "f.json: line 1, column 'orderId': expected a text, or a number of at most 15 digits"


@pytest.mark.parametrize("depth", [600, 1_000])
def test_values_inside_each_other_are_no_fault_of_an_importer(depth: int) -> None:
    order = json.dumps(ORDER | {"orderId": "@"}).replace('"@"', "[" * depth + "]" * depth)
    with pytest.raises(BadFile, match=r"on line 2 has too many values|see line 2"):
        entries(ORDERS_API, f"{json.dumps(ORDER)}\n{order}")


@given(VALUES)
def test_a_line_may_repeat_a_name_if_an_object_in_it_does(line: str) -> None:
    has_repeated = False

    def of_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal has_repeated
        has_repeated = has_repeated or len(dict(pairs)) < len(pairs)
        return dict(pairs)

    value = json.loads(line, object_pairs_hook=of_pairs)
    may_repeat = json_objects._may_repeat(line.encode(), value)
    assert may_repeat or not has_repeated
    assert has_repeated or not may_repeat or r"\\u003a" in line  # a backslash before it: that is no colon


REPEATED = [
    (ORDERS_API, "orderId", "orderId"),
    (ORDERS_API, "fulfillmentStatus", "fulfillment.fulfillmentStatus"),
    (ORDERS_API, "fulfillment", "fulfillment"),
    (ORDERS_API, "orderItems", "orderItems"),
    (ORDERS_API, "quantityOrdered", "quantityOrdered"),
    (ORDERS_API_V0, "OrderStatus", "OrderStatus"),
    ("FINANCES_API_V0", "PostedDate", "PostedDate"),
    ("ORDER_CHANGE", "Payload", "Payload"),
    ("ORDER_CHANGE", "QuantityShipped", "QuantityShipped"),
    ("GET_V2_SELLER_PERFORMANCE_REPORT", "rate", "performanceMetrics.lateShipmentRate.rate"),
    ("GET_V2_SELLER_PERFORMANCE_REPORT", "lateShipmentRate", "performanceMetrics.lateShipmentRate"),
    ("GET_V2_SELLER_PERFORMANCE_REPORT", "marketplaceId", "marketplaceId"),
]


@pytest.mark.parametrize("is_one_line", [True, False])
@pytest.mark.parametrize(("name", "field", "column"), REPEATED)
def test_a_name_that_an_object_has_twice_is_not_read(name: str, field: str, column: str, is_one_line: bool) -> None:
    def repeated(value: Any) -> str:
        """The value as JSON, in which each object with the field has it twice."""
        if isinstance(value, list):
            return f"[{', '.join(map(repeated, value))}]"
        if not isinstance(value, dict):
            return json.dumps(value)
        pairs = [f"{json.dumps(each)}: {repeated(inner)}" for each, inner in value.items() for _ in range(1 + (each == field))]
        return f"{{{', '.join(pairs)}}}"

    document = json.loads(IMPORTERS[name].template or "")
    content = repeated(document)
    read = list(IMPORTERS[name].read(io.BytesIO((content if is_one_line else content.replace(", ", ",\n")).encode()), FileContext(NOW)))
    assert read
    assert all(isinstance(entry, Rejected) for entry in read)
    for entry in read:
        assert isinstance(entry, Rejected)
        expected = "expected one value, but its object has this name more than once: keep the right one"
        assert entry.error.describe("f.json").endswith(f", column {column!r}: {expected}")
        if field != "lateShipmentRate":  # of figures there may be a list
            (again,) = IMPORTERS[name].read(io.BytesIO(entry.text.encode()), FileContext(NOW))  # not before one of the values is chosen
            assert isinstance(again, Rejected)


def test_a_name_that_is_not_read_may_be_there_twice() -> None:
    order = json.dumps(ORDER)
    buyer = order[:-1] + ', "buyer": {"name": "A", "name": "B"}, "buyer": 1}'
    assert entries(ORDERS_API, buyer) == entries(ORDERS_API, order)


def test_orders_of_both_envelopes_of_a_name_are_read() -> None:
    one, two = (json.dumps(ORDER | {"orderId": f"123-4567890-{number:07}"}) for number in (1, 2))
    read = entries(ORDERS_API, f'{{"orders": [{one}], "orders": [{two}]}}')
    assert read == [*entries(ORDERS_API, one), *entries(ORDERS_API, two)]


def test_a_wide_line_holds_only_what_is_requested() -> None:
    orders = [ORDER | {"salesChannel": {"channelName": "AMAZON", "other": ["x" * number]}} for number in (10, 50_000)]
    api = IMPORTERS[ORDERS_API].read.args[0]  # type: ignore[attr-defined]  # a partial function
    lines = "\n".join(map(json.dumps, orders)).encode()
    slim, wide = (found.value for found in json_objects.find_objects(io.BytesIO(lines), api, frozenset({"salesChannel", "channelName"})))
    assert "other" in slim["salesChannel"]  # to remove it takes as long as all the rest
    assert wide["salesChannel"] == {"channelName": "AMAZON"}


def found(content: str, names: frozenset[str]) -> tuple[list[tuple[int, Any, str | None]], str | None]:
    """The objects in a file without other names than these, or what is wrong with the file: then nothing of it is imported."""
    of_file: list[tuple[int, Any, str | None]] = []
    api = IMPORTERS[ORDERS_API].read.args[0]  # type: ignore[attr-defined]  # a partial function
    try:
        for line, value, envelope in json_objects.find_objects(io.BytesIO(content.encode()), api, names):
            of_file.append((line, json_objects.only(value, names | api.signs | {api.number}), envelope))
    except BadFile as bad:
        return [], str(bad)
    return of_file, None


@example(['{"orders": [null], "AmazonOrderId": null}'], False)
@example(['{"orders": [{"orderId": "1"}], "orders": [{"orderId": "2"}]}'], False)
@given(st.lists(VALUES | st.sampled_from(["", " ", "{", '{"orders": [', "[]]", "{} {}"]), max_size=4), st.booleans())
def test_objects_are_found_in_whole_lines_as_in_a_stream(lines: list[str], is_in_one: bool) -> None:
    content, names = "\n".join(lines), frozenset({field.name for field in FIELDS} | {"message"})
    if is_in_one and lines:
        content = lines[0].replace(", ", ",\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_objects._ByLine, "whole_values", lambda self: iter(()))
        plain = found(content, names)
    assert found(content, names) == plain
