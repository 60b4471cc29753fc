"""Facts as objects: their fields, what is null while it is not known, and fetching them by id."""

import pytest

from sellerhealth.access import Permission, Viewer
from sellerhealth.facts import (
    Channel,
    Chargeback,
    ChargebackKind,
    Claim,
    Feedback,
    Item,
    Message,
    Order,
    OrderStatus,
    Package,
    Refund,
    Severity,
    Violation,
)
from sellerhealth.graphql import ids
from sellerhealth.testing import US, at

FIELDS = """
__typename id label occurredAt marketplace { key }
... on Order {
  key channel status shipBy deliverBy confirmedAt cancelledAt cancelledBy isBuyerCancellation
  shipService items { sku asin quantity quantityShipped cancelledBy } packages { id } claims { id } chargebacks { id } feedback { id } messages { id } refunds { id }
}
... on Package {
  carrier trackingNumber product: category units firstScanAt firstAttemptAt deliveredAt exemptReason isProtected order { id }
}
... on Claim { state decidedAt order { id } }
... on Chargeback { kind order { id } }
... on Feedback { rating comment classification removedAt isStruckThrough order { id } }
... on Message { answeredAt needsAnswer order { id } }
... on Refund { reason order { id } }
... on Violation { category severity asin resolvedAt order { id } }
"""
NODE = f"query ($id: ID!) {{ node(id: $id) {{ ... on Fact {{ {FIELDS} }} }} }}"


def fact_id(kind, *key):
    return ids.write([kind, "seller-1", *key])


# Every kind, by the id that a fact of the seller below has.
IDS = {
    "Order": fact_id("order", "702-1"),
    "Package": fact_id("package", "702-1", "1"),
    "Claim": fact_id("claim", "702-1", "2026-03-20T08:00:00+00:00"),
    "Chargeback": fact_id("chargeback", "702-1", "2026-03-21T08:00:00+00:00"),
    "Feedback": fact_id("feedback", "702-1"),
    "Message": fact_id("message", "m-1"),
    "Refund": fact_id("refund", "702-1", "2026-03-23T08:00:00+00:00"),
    "Violation": fact_id("violation", "v-1"),
}


@pytest.fixture
def seller(world):
    """A seller with one fact of each kind, of which everything is known."""
    seller = world.account()
    shipped = {"status": OrderStatus.SHIPPED, "ship_by": at(3, 12), "deliver_by": at(3, 16), "ship_service": "Standard"}
    seller.order("702-1", buyer_asked=False, **shipped)
    seller.add(Item, order_id="702-1", item_id="70001", sku="CUP-1", asin="B0", quantity=2, quantity_shipped=1)
    seller.add(
        Package, order_id="702-1", package_id="1", confirmed_at=at(3, 11), carrier="DHL", tracking_number="T1", category="Books", units=2,
        first_scan_at=at(3, 12), first_attempt_at=at(3, 14), delivered_at=at(3, 15), exempt_reason="letter", is_protected=True,
    )  # fmt: skip
    seller.add(Claim, order_id="702-1", opened_at=at(3, 20), state="DENIED", decided_at=at(3, 22))
    seller.add(Chargeback, order_id="702-1", filed_at=at(3, 21), kind=ChargebackKind.SERVICE)
    seller.add(Feedback, order_id="702-1", left_at=at(3, 18), rating=2, comment="Late", removed_at=at(3, 19), struck_through=True)
    seller.add(Message, message_id="m-1", order_id="702-1", received_at=at(3, 17), reported_answered_at=at(3, 18), needs_answer=False)
    seller.add(Refund, order_id="702-1", refunded_at=at(3, 23), reason="GOODWILL")
    seller.add(
        Violation, violation_id="v-1", order_id="702-1", category="listing", severity=Severity.HIGH, asin="B0", detected_at=at(3, 9),
        resolved_at=at(3, 10),
    )  # fmt: skip
    return seller


def fact(query, kind):
    return query(NODE, id=IDS[kind])["node"]


def test_an_order_has_its_fields_and_the_facts_that_belong_to_it(seller, query):
    assert fact(query, "Order") == {
        "__typename": "Order",
        "id": IDS["Order"],
        "label": "Order 702-1",
        "occurredAt": "2026-03-10T08:00:00Z",
        "marketplace": {"key": US},
        "key": "702-1",
        "channel": "SELLER",
        "status": "SHIPPED",
        "shipBy": "2026-03-12T08:00:00Z",
        "deliverBy": "2026-03-16T08:00:00Z",
        "confirmedAt": "2026-03-11T08:00:00Z",
        "cancelledAt": None,
        "cancelledBy": None,
        "isBuyerCancellation": False,
        "shipService": "Standard",
        "items": [{"sku": "CUP-1", "asin": "B0", "quantity": 2, "quantityShipped": 1, "cancelledBy": None}],
        "packages": [{"id": IDS["Package"]}],
        "claims": [{"id": IDS["Claim"]}],
        "chargebacks": [{"id": IDS["Chargeback"]}],
        "feedback": {"id": IDS["Feedback"]},
        "messages": [{"id": IDS["Message"]}],
        "refunds": [{"id": IDS["Refund"]}],
    }


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            "Package",
            {
                "label": "Package 1 of order 702-1",
                "occurredAt": "2026-03-11T08:00:00Z",
                "carrier": "DHL",
                "trackingNumber": "T1",
                "product": "Books",
                "units": 2,
                "firstScanAt": "2026-03-12T08:00:00Z",
                "firstAttemptAt": "2026-03-14T08:00:00Z",
                "deliveredAt": "2026-03-15T08:00:00Z",
                "exemptReason": "letter",
                "isProtected": True,
            },
        ),
        (
            "Claim",
            {
                "label": "Claim of 2026-03-20 08:00:00 on order 702-1",
                "occurredAt": "2026-03-20T08:00:00Z",
                "state": "DENIED",
                "decidedAt": "2026-03-22T08:00:00Z",
            },
        ),
        (
            "Chargeback",
            {
                "label": "Chargeback of 2026-03-21 08:00:00 on order 702-1",
                "occurredAt": "2026-03-21T08:00:00Z",
                "kind": "SERVICE",
            },
        ),
        (
            "Feedback",
            {
                "label": "Feedback on order 702-1",
                "occurredAt": "2026-03-18T08:00:00Z",
                "rating": 2,
                "comment": "Late",
                "classification": "NEGATIVE",
                "removedAt": "2026-03-19T08:00:00Z",
                "isStruckThrough": True,
            },
        ),
        (
            "Message",
            {
                "label": "Message m-1",
                "occurredAt": "2026-03-17T08:00:00Z",
                "answeredAt": "2026-03-18T08:00:00Z",
                "needsAnswer": False,
            },
        ),
        (
            "Refund",
            {
                "label": "Refund of 2026-03-23 08:00:00 on order 702-1",
                "occurredAt": "2026-03-23T08:00:00Z",
                "reason": "GOODWILL",
            },
        ),
        (
            "Violation",
            {
                "label": "Violation v-1",
                "occurredAt": "2026-03-09T08:00:00Z",
                "category": "listing",
                "severity": "HIGH",
                "asin": "B0",
                "resolvedAt": "2026-03-10T08:00:00Z",
            },
        ),
    ],
)
def test_a_fact_has_its_fields_and_its_order(seller, query, kind, expected):
    shared = {"__typename": kind, "id": IDS[kind], "marketplace": {"key": US}, "order": {"id": IDS["Order"]}}
    assert fact(query, kind) == shared | expected


def test_a_column_without_a_value_is_null_or_what_it_counts_as(world, query):
    seller = world.account()
    seller.add(Order, order_id="702-1", placed_at=at(3, 10))
    seller.add(Package, order_id="702-1", package_id="1", delivered_at=at(3, 15))
    seller.add(Claim, order_id="702-1", opened_at=at(3, 20))
    seller.add(Chargeback, order_id="702-1", filed_at=at(3, 21))
    seller.add(Message, message_id="m-1", received_at=at(3, 17))
    seller.add(Violation, violation_id="v-1", detected_at=at(3, 9))
    order = fact(query, "Order")
    assert (order["channel"], order["status"], order["marketplace"], order["feedback"]) == ("SELLER", "PENDING", None, None)
    package = fact(query, "Package")
    assert (package["occurredAt"], package["units"], package["product"]) == ("2026-03-15T08:00:00Z", 1, None)
    assert package["isProtected"] is False
    assert fact(query, "Claim")["state"] == "OPEN"
    assert fact(query, "Chargeback")["kind"] == "UNKNOWN"
    message = fact(query, "Message")
    assert (message["needsAnswer"], message["answeredAt"], message["order"]) == (True, None, None)
    violation = fact(query, "Violation")
    assert (violation["category"], violation["severity"], violation["order"]) == ("UNKNOWN", None, None)


def test_a_cancelled_order_says_who_cancelled_it(world, query):
    seller = world.account()
    seller.order("702-1", status=OrderStatus.CANCELLED, buyer_asked=True, channel=Channel.AMAZON)
    seller.add(Item, order_id="702-1", item_id="1", cancelled_by="BUYER", cancelled_at=at(3, 11))
    order = fact(query, "Order")
    assert (order["cancelledBy"], order["cancelledAt"], order["isBuyerCancellation"]) == ("BUYER", "2026-03-11T08:00:00Z", True)
    assert (order["channel"], order["status"]) == ("AMAZON", "CANCELLED")


def test_a_fact_whose_order_was_not_imported_has_none(world, query):
    seller = world.account()
    seller.add(Claim, order_id="702-1", opened_at=at(3, 20))
    assert fact(query, "Claim")["order"] is None


def test_a_fact_without_its_essential_columns_is_null(world, query):
    seller = world.account()
    seller.add(Order, order_id="702-1", marketplace=US)
    seller.add(Package, order_id="702-1", package_id="1", carrier="DHL")
    seller.add(Feedback, order_id="702-1", left_at=at(3, 18))
    seller.add(Claim, order_id="702-1", opened_at=at(3, 20))
    assert fact(query, "Order") is fact(query, "Package") is fact(query, "Feedback") is None
    assert fact(query, "Claim")["order"] is None
    seller.order("702-1")
    order = fact(query, "Order")
    assert (order["packages"], order["feedback"], len(order["claims"])) == ([], None, 1)


@pytest.mark.parametrize(
    "key",
    [
        ["order"],
        ["order", "unknown"],
        ["order", "702-1", "more"],
        ["order", 7021],
        ["package", "702-1"],
        ["package", "702-1", "2"],
        ["claim", "702-1", "2026-03-20"],
        ["claim", "702-1", "2026-03-20T08:00:00"],
        ["claim", "702-1", "2026-03-20T08:00:00Z"],
        ["claim", "702-1", "2026-03-20T09:00:00+01:00"],
        ["claim", "702-1", "then"],
        ["claim", "702-1", None],
        ["item", "702-1", "1"],
        ["facts", "702-1"],
    ],
)
def test_an_id_that_names_nothing_is_null(seller, query, key):
    assert query(NODE, id=fact_id(*key)) == {"node": None}


NOBODY = Viewer("nobody", "nobody", frozenset({Permission.READ}), granted=frozenset())


@pytest.mark.parametrize("kind", IDS)
def test_the_facts_of_other_accounts_are_null(seller, query, kind):
    assert query(NODE, id=IDS[kind])["node"]["id"] == IDS[kind]
    assert query(NODE, viewer=NOBODY, id=IDS[kind]) == {"node": None}


def test_many_facts_are_fetched_with_one_statement_for_each_kind(world, query, statements):
    for _ in range(2):
        seller = world.account()
        for number in range(10):
            seller.order(f"702-{number}")
            seller.add(Claim, order_id=f"702-{number}", opened_at=at(3, 20))
    query("{ __typename }")
    statements.clear()
    node_ids = [
        ids.write(parts)
        for account in ("seller-1", "seller-2")
        for number in range(10)
        for parts in (["order", account, f"702-{number}"], ["claim", account, f"702-{number}", at(3, 20).isoformat()])
    ]
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Fact { marketplace { name } } } }"
    assert [node["id"] for node in query(document, ids=node_ids)["nodes"]] == node_ids
    assert len(statements) == 3  # the accounts, the orders, the claims


@pytest.mark.parametrize(
    ("item_ids", "skus"),
    [
        (["sku:CUP:1", "sku:PLATE:1"], ["sku:CUP:1", "sku:PLATE:1"]),
        (["*", "sku:CUP:1"], ["sku:CUP:1"]),
        (["70001", "sku:CUP:1"], ["70001"]),
        (["70001", "70002", "sku:CUP:1"], ["70001", "70002"]),
        (["70001", "sku:CUP:1", "sku:PLATE:1"], ["70001", "sku:CUP:1", "sku:PLATE:1"]),
        ([], []),
    ],
)
def test_lines_are_left_out_once_as_many_items_have_a_number(world, query, item_ids, skus):
    seller = world.account()
    seller.order("702-1")
    for item_id in item_ids:
        seller.add(Item, order_id="702-1", item_id=item_id, sku=item_id)
    assert [item["sku"] for item in fact(query, "Order")["items"]] == skus


def test_lines_whose_units_are_known_are_not_left_out_for_items_whose_units_are_not(world, query):
    seller = world.account()
    seller.order("702-1")
    seller.add(Item, order_id="702-1", item_id="70001", sku="CUP")
    seller.add(Item, order_id="702-1", item_id="sku:CUP:1", sku="CUP", quantity=2)
    assert [item["quantity"] for item in fact(query, "Order")["items"]] == [2]
