"""Derived columns of an order with its items and packages, by examples of docs/spec/facts.md."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellerhealth.facts import OrderStatus, Party
from sellerhealth.store.derive import is_accepted
from tests.store.deriving import BERLIN, HOUR, NOON, SECOND, Values, at, item, order_of, package


@pytest.mark.parametrize("status", OrderStatus)
def test_a_status_proves_whether_an_order_was_accepted(status: OrderStatus) -> None:
    assert is_accepted(status) is (status not in (OrderStatus.PENDING, OrderStatus.CANCELLED))


@pytest.mark.parametrize(
    ("accepted", "values", "parts"),
    [
        (None, {}, []),
        (False, {"status": "PENDING"}, []),
        (True, {"status": "UNSHIPPED"}, []),
        (True, {"status": "PENDING", "seen_accepted": True}, []),  # no order becomes pending again
        (True, {"status": "PENDING"}, [package(confirmed_at=NOON)]),
        (True, {}, [item(cancelled_by="SELLER")]),
        (True, {}, [package(confirmed_at=NOON)]),
        (None, {}, [item(cancelled_by="BUYER", buyer_asked=True)]),
        (False, {"status": "CANCELLED"}, []),
        (True, {"status": "CANCELLED", "seen_accepted": True}, []),
        (True, {"status": "CANCELLED"}, [package(confirmed_at=NOON)]),
        (False, {"status": "CANCELLED"}, [package()]),
        (False, {"status": "CANCELLED"}, [item(cancelled_by="BUYER")]),  # while it was pending
        (False, {"status": "CANCELLED"}, [item(cancelled_by="AMAZON")]),  # its payment failed
        (True, {"status": "CANCELLED", "ship_by": NOON}, [item(cancelled_by="AMAZON")]),  # it was never confirmed
        (True, {"status": "CANCELLED"}, [item(cancelled_by="SELLER")]),
        (True, {"status": "CANCELLED"}, [item(buyer_asked=True)]),  # requested by the buyer, done by the seller
        (True, {"status": "CANCELLED", "buyer_asked": True}, []),
    ],
)
def test_an_order_is_accepted_once_it_is_beyond_pending(accepted: bool | None, values: Values, parts: Sequence[Values]) -> None:
    assert order_of(*parts, **values)["accepted"] is accepted


@pytest.mark.parametrize(
    ("late_by", "confirmed_at", "packages"),
    [
        (3600, NOON, []),
        (3600, NOON, [package()]),
        (-3600, NOON - 2 * HOUR, [package(confirmed_at=NOON - 2 * HOUR), package()]),
    ],
)
def test_the_shipment_of_an_order_counts_while_no_package_has_a_confirmation(late_by, confirmed_at, packages):
    order = order_of(*packages, status="SHIPPED", ship_by=NOON - HOUR, shipped_at=NOON)
    assert (order["late_by"], order["confirmed_at"], order["accepted"]) == (late_by, confirmed_at, True)


@pytest.mark.parametrize(
    ("late_by", "confirmed"),
    [
        (0, ["06:59:59"]),
        (1, ["07:00:00"]),
        (1, ["06:59:59.500000"]),
        (0, ["06:59:58.500000"]),
        (-3599, ["06:00:00"]),
        (1, ["06:00:00", "07:00:00"]),
    ],
)
def test_an_order_is_late_by_its_last_confirmation(late_by: int, confirmed: Sequence[str]) -> None:
    packages = [package(confirmed_at=at(f"09-26T{time}")) for time in confirmed]
    order = order_of(*packages, ship_by=at("09-26T06:59:59"))
    assert (order["late_by"], order["confirmed_at"]) == (late_by, packages[0]["confirmed_at"])


@pytest.mark.parametrize(
    ("values", "parts"), [({"ship_by": NOON}, [package()]), ({}, [package(confirmed_at=NOON)]), ({"ship_by": NOON}, [])]
)
def test_lateness_is_unknown_without_a_promise_or_a_confirmation(values: Values, parts: Sequence[Values]) -> None:
    assert order_of(*parts, **values)["late_by"] is None


def test_an_order_is_delivered_with_its_last_package() -> None:
    # Placed on a Friday in Berlin, which is a Thursday in UTC.
    packages = [package(delivered_at=at("03-30T12:00:00")), package(delivered_at=at("03-30T22:30:00"))]
    order = order_of(*packages, placed_at=at("03-26T23:30:00"), zone=BERLIN)
    assert (order["placed_on"], order["delivered_at"]) == (dt.date(2026, 3, 27), at("03-30T22:30:00"))
    assert order["delivered_on"] == dt.date(2026, 3, 31)
    assert order["delivered_working_days"] == 2  # Monday and Tuesday


def test_the_promised_day_is_that_of_the_zone() -> None:
    assert order_of(deliver_by=at("03-30T22:30:00"), zone=BERLIN)["deliver_by_on"] == dt.date(2026, 3, 31)
    assert order_of()["deliver_by_on"] is None


@pytest.mark.parametrize(
    ("units", "items"),
    [
        (3, [item(item_id="1", quantity=1), item(item_id="2", quantity=2)]),
        (
            3,
            [item(item_id="sku:CUP:1", quantity=3), item(item_id="*", cancelled_by="SELLER")],
        ),  # an item that is the whole order has no units
        (None, [item(item_id="1", quantity=1), item(item_id="2")]),
        (2, [item(item_id="sku:CUP:1", quantity=0), item(item_id="1", quantity=2)]),  # a line is one of the items with numbers
        (4, [item(item_id="sku:CUP:1", quantity=1), item(item_id="sku:CUP:2", quantity=3), item(item_id="1", quantity=1)]),
        (3, [item(item_id="sku:CUP:1", quantity=3), item(item_id="1")]),
        (None, [item(item_id="sku:CUP:1"), item(item_id="1")]),
        (None, [item(item_id="*", cancelled_by="SELLER")]),
        (None, []),
    ],
)
def test_the_units_of_an_order_are_those_of_its_items(units: int | None, items: Sequence[Values]) -> None:
    assert order_of(*items)["units"] == units
    assert order_of(*items, package())["units"] == units


@pytest.mark.parametrize("parts", [[], [item()], [package(delivered_at=NOON), package()]])
def test_an_order_is_not_delivered_while_a_package_is_not(parts: Sequence[Values]) -> None:
    order = order_of(*parts, placed_at=NOON)
    assert (order["delivered_at"], order["delivered_working_days"]) == (None, None)


def test_the_working_days_of_a_delivery_are_unknown_without_the_day_of_the_order() -> None:
    assert order_of(package(delivered_at=NOON))["delivered_working_days"] is None


@pytest.mark.parametrize(
    ("parties", "by"),
    [
        ([None], None),
        (["BUYER", None], "BUYER"),
        (["BUYER", "AMAZON"], "AMAZON"),
        (["AMAZON", "SELLER", "BUYER"], "SELLER"),
    ],
)
def test_of_several_cancellers_the_seller_comes_first(parties: Sequence[str | None], by: str | None) -> None:
    order = order_of(*(item(item_id=str(number), cancelled_by=party) for number, party in enumerate(parties)))
    assert order["cancelled_by"] == by


def test_an_order_is_cancelled_with_its_first_item() -> None:
    items = [item(cancelled_at=NOON + HOUR), item(item_id="2", cancelled_at=NOON), item(item_id="3")]
    assert order_of(*items)["cancelled_at"] == NOON


@pytest.mark.parametrize(
    ("buyer_cancelled", "values", "parts"),
    [
        (False, {"status": "CANCELLED"}, []),
        (True, {"buyer_asked": True}, []),
        (True, {}, [item(buyer_asked=True, cancelled_by="SELLER")]),
        (True, {}, [item(cancelled_by="BUYER")]),
        (False, {"buyer_asked": False}, [item(cancelled_by="AMAZON", buyer_asked=False)]),
    ],
)
def test_the_buyer_cancelled_if_they_did_or_requested_it(buyer_cancelled: bool, values: Values, parts: Sequence[Values]) -> None:
    assert order_of(*parts, **values)["buyer_cancelled"] is buyer_cancelled


@pytest.mark.parametrize(
    ("unknown", "values", "parts"),
    [
        (False, {"status": "SHIPPED"}, []),
        (True, {"status": "CANCELLED"}, []),
        (True, {"status": "SHIPPED", "item_cancelled": True}, []),
        (True, {"status": "CANCELLED"}, [item(cancel_reason="NoInventory")]),
        (False, {"status": "CANCELLED", "buyer_asked": True}, []),
        (False, {"item_cancelled": True}, [item(buyer_asked=True)]),
        (False, {"status": "CANCELLED"}, [item(cancelled_by="AMAZON")]),
    ],
)
def test_the_canceller_is_unknown_until_a_source_names_one(unknown: bool, values: Values, parts: Sequence[Values]) -> None:
    assert order_of(*parts, **values)["canceller_unknown"] is unknown


@pytest.mark.parametrize("status", [None, *OrderStatus])
@pytest.mark.parametrize(
    "values", [{}, {"buyer_asked": True}, {"item_cancelled": True}, {"seen_accepted": True}, {"ship_by": NOON, "placed_at": NOON}]
)
def test_an_order_alone_is_derived_like_one_with_an_unknown_item(status: str | None, values: Values) -> None:
    assert order_of(status=status, **values) == order_of(item(), status=status, **values)


@pytest.mark.parametrize(
    ("before", "values", "confirmed_at"),
    [
        (False, {}, None),
        (True, {"cancelled_by": "SELLER"}, None),
        (True, {"cancelled_by": "SELLER", "quantity": 2, "quantity_shipped": 1}, NOON),  # one of two was cancelled
        (False, {"cancelled_by": "SELLER", "quantity": 2, "quantity_shipped": 2}, NOON),  # a refund
        (False, {"cancelled_by": "SELLER", "quantity_shipped": 1}, NOON),
        (True, {"cancelled_by": "SELLER", "quantity": 1, "quantity_shipped": 0}, NOON),
        (True, {"cancelled_by": "SELLER", "quantity_shipped": 0}, NOON),
        (False, {"cancelled_by": "SELLER", "cancelled_at": NOON + HOUR}, NOON),
        (True, {"cancelled_by": "SELLER", "cancelled_at": NOON - HOUR}, NOON),
        (False, {"item_id": "*", "cancelled_by": "SELLER", "cancelled_at": NOON}, NOON),  # nothing was left to cancel
        (True, {"item_id": "*", "cancelled_by": "SELLER", "cancelled_at": NOON - SECOND}, NOON),
        (False, {"item_id": "*", "cancelled_by": "SELLER"}, NOON),
        (False, {"cancelled_by": "SELLER"}, NOON),  # no source shows that any of it was left
        (True, {"item_id": "*", "cancelled_by": "SELLER", "cancelled_at": NOON}, None),
    ],
)
def test_a_cancellation_after_shipment_is_a_refund(before: bool, values: Values, confirmed_at: dt.datetime | None) -> None:
    cancelled = item(**values)
    order_of(cancelled, package(confirmed_at=confirmed_at), status=OrderStatus.SHIPPED)
    assert cancelled["before_shipment"] is before


PARTLY_SHIPPED = (
    {"status": OrderStatus.SHIPPED, "item_cancelled": True},
    {"status": OrderStatus.PENDING, "item_cancelled": True},
    {"status": OrderStatus.PARTIALLY_SHIPPED},
)


@pytest.mark.parametrize("values", PARTLY_SHIPPED)
@pytest.mark.parametrize("cancelled", [{"cancelled_at": NOON + HOUR}, {}, {"item_id": "*"}])
def test_a_cancellation_after_other_items_were_shipped_is_not_a_refund(values: Values, cancelled: Values) -> None:
    cancelled = item(cancelled_by="SELLER", **cancelled)
    order_of(cancelled, package(confirmed_at=NOON), **values)
    assert cancelled["before_shipment"] is True


@pytest.mark.parametrize("values", PARTLY_SHIPPED)
def test_the_whole_of_an_order_is_not_cancelled_after_its_shipment(values: Values) -> None:
    cancelled = item(item_id="*", cancelled_by="SELLER", cancelled_at=NOON)
    order_of(cancelled, package(confirmed_at=NOON), **values)
    assert cancelled["before_shipment"] is False


@pytest.mark.parametrize("item_id", ["1", "*"])
@pytest.mark.parametrize("cancelled_at", [None, NOON, NOON + HOUR])
def test_nothing_of_a_shipped_order_that_is_cancelled_as_a_whole_was_cancelled_before(
    item_id: str, cancelled_at: dt.datetime | None
) -> None:
    cancelled = item(item_id=item_id, cancelled_by="SELLER", cancelled_at=cancelled_at)
    order_of(cancelled, package(confirmed_at=NOON), status=OrderStatus.CANCELLED, item_cancelled=True)
    assert cancelled["before_shipment"] is False


@pytest.mark.parametrize(
    ("before", "values", "confirmed_at"),
    [
        (None, {}, NOON),  # it may be shipped in part
        (None, {"cancelled_at": NOON + HOUR}, NOON),
        (None, {"item_id": "*"}, NOON),
        (False, {"item_id": "*", "cancelled_at": NOON}, NOON),
        (False, {"quantity_shipped": 1}, NOON),
        (True, {"quantity_shipped": 0}, NOON),
        (True, {"cancelled_at": NOON - HOUR}, NOON),
        (True, {}, None),
    ],
)
def test_whether_a_cancellation_is_a_refund_is_null_if_only_the_unknown_status_of_the_order_could_tell(
    before: bool | None, values: Values, confirmed_at: dt.datetime | None
) -> None:
    cancelled = item(cancelled_by="SELLER", **values)
    order_of(cancelled, package(confirmed_at=confirmed_at))
    assert cancelled["before_shipment"] is before


@pytest.mark.parametrize(
    ("unknown", "values", "parts"),
    [
        (None, {}, []),
        (None, {}, [item(cancelled_by="SELLER"), item(item_id="2")]),
        (False, {}, [item(cancelled_by="SELLER")]),
        (False, {"buyer_asked": True}, []),
        (True, {"item_cancelled": True}, []),
    ],
)
def test_whether_a_canceller_is_unknown_is_null_if_the_order_may_be_cancelled_as_a_whole(
    unknown: bool | None, values: Values, parts: Sequence[Values]
) -> None:
    assert order_of(*parts, **values)["canceller_unknown"] is unknown


@pytest.mark.parametrize(("requested", "status"), [(None, None), (True, "SHIPPED"), (False, "CANCELLED")])
def test_a_request_is_null_if_it_depends_on_whether_the_whole_order_is_cancelled(requested: bool | None, status: str | None) -> None:
    whole = item(item_id="*", cancelled_by="SELLER")
    order_of(whole, item(cancelled_by="SELLER", buyer_asked=True), item(item_id="2"), status=status)
    assert whole["requested"] is requested


@pytest.mark.parametrize("confirmed_at", [None, NOON])
def test_what_no_status_changes_is_known_without_one(confirmed_at: dt.datetime | None) -> None:
    """Of each column the value is the one that all statuses agree on, and else null."""
    parts = [item(cancelled_by="BUYER"), item(item_id="2", buyer_asked=True), item(item_id="*")]

    def derived(status: str | None) -> list[Values]:
        rows = [dict(part) for part in parts]
        order = order_of(*rows, package(confirmed_at=confirmed_at), status=status)
        return [{name: value for name, value in row.items() if name != "status"} for row in (order, *rows)]

    for unknown, *known in zip(derived(None), *map(derived, OrderStatus), strict=True):
        for name, value in unknown.items():
            possible = {row[name] for row in known}
            assert value == (possible.pop() if len(possible) == 1 else None), name


def _maybe(*values: Any) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(values)


_VERSIONS = st.sampled_from(("1" * 15, "2" * 15, '{"*":"222222222222222","buyer_asked":"111111111111111"}'))
_ITEMS = st.fixed_dictionaries(
    {"versions": _VERSIONS},
    optional={
        "quantity": _maybe(1, 2),
        "quantity_shipped": _maybe(0, 1),
        "cancelled": st.none() | st.booleans(),
        "buyer_asked": st.none() | st.booleans(),
        "cancelled_by": _maybe(*map(str, Party)),
        "cancelled_at": _maybe(NOON),
    },
)
_ORDERS = st.fixed_dictionaries(
    {"status": _maybe(*map(str, OrderStatus)), "versions": _VERSIONS},
    optional={
        "item_cancelled": st.none() | st.booleans(),
        "buyer_asked": st.none() | st.booleans(),
        "seen_accepted": _maybe(True),
        "ship_by": _maybe(NOON),
        "shipped_at": _maybe(NOON),
    },
)


@given(
    values=_ORDERS,
    items=st.dictionaries(st.sampled_from(("1", "2", "*", "sku:CUP-1:1", "sku:CUP-1:2")), _ITEMS, max_size=4),
    confirmed=st.lists(_maybe(NOON - HOUR), max_size=2),
    before=st.booleans(),
)
def test_an_order_of_which_nothing_is_cancelled_is_derived_as_by_all_rules(
    values: Values, items: dict[str, Values], confirmed: Sequence[dt.datetime | None], before: bool
) -> None:
    """Also if something of it was cancelled before, as another source said."""

    def derived() -> Sequence[Values]:
        earlier: Values = {"buyer_cancelled": before, "canceller_unknown": before, "accepted": before}
        lines = [item(item_id=item_id, before_shipment=before, requested=before, **each) for item_id, each in items.items()]
        packages = [package(package_id=str(number), confirmed_at=each) for number, each in enumerate(confirmed)]
        return [order_of(*lines, *packages, **values, **earlier), *lines]

    fast = derived()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sellerhealth.store.derive.says_nothing", lambda order, items: False)
        assert fast == derived()
