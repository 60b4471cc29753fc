"""The orders and the feedback of an account: newest first, filtered, and page by page."""

import pytest

from sellerhealth.facts import Channel, Feedback, Order, OrderStatus
from sellerhealth.graphql import ids
from sellerhealth.testing import DAY, HOUR, US, at

GB = "A1F83G8C2ARO7P"
ORDERS = """
query ($filter: OrderFilter, $first: Int, $last: Int, $after: String, $before: String) {
  account(key: "seller-1") {
    orders(filter: $filter, first: $first, last: $last, after: $after, before: $before) {
      totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      nodes { key }
      edges { cursor node { key occurredAt } }
    }
  }
}
"""
FEEDBACK = """
query ($filter: FeedbackFilter, $first: Int, $after: String) {
  account(key: "seller-1") {
    feedback(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { rating isStruckThrough removedAt order { key } }
    }
  }
}
"""


@pytest.fixture
def seller(world):
    """Six orders: two placed in the same second, and one without the instant at which it was placed."""
    seller = world.account(time_zones={US: "America/Los_Angeles"})
    seller.order("a", placed_at=at(3, 1, 5), status=OrderStatus.SHIPPED, marketplace=US)  # still February in Los Angeles
    seller.order("b", placed_at=at(3, 2), status=OrderStatus.CANCELLED, marketplace=GB, channel=Channel.AMAZON)
    seller.order("c", placed_at=at(3, 3), marketplace=GB)
    seller.order("d", placed_at=at(3, 3), marketplace=US)
    seller.order("e", placed_at=at(3, 4), status=OrderStatus.PENDING)
    seller.add(Order, order_id="f", marketplace=US)
    world.account().order("of-another-account")
    return seller


def keys(query, **order_filter):
    page = query(ORDERS, filter=order_filter)["account"]["orders"]
    assert page["totalCount"] == len(page["nodes"])
    return "".join(node["key"] for node in page["nodes"])


def test_orders_are_listed_newest_first(seller, query):
    page = query(ORDERS)["account"]["orders"]
    assert "".join(node["key"] for node in page["nodes"]) == "edcba"
    assert [edge["node"]["key"] for edge in page["edges"]] == [node["key"] for node in page["nodes"]]
    assert page["totalCount"] == 5
    assert page["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": page["edges"][0]["cursor"],
        "endCursor": page["edges"][-1]["cursor"],
    }


@pytest.mark.parametrize(
    ("order_filter", "expected"),
    [
        ({}, "edcba"),
        ({"channel": None, "statuses": None, "keys": None, "from": None, "to": None, "marketplace": None}, "edcba"),
        ({"channel": "AMAZON"}, "b"),
        ({"marketplace": GB}, "cb"),
        ({"marketplace": "UK"}, "cb"),
        ({"statuses": ["SHIPPED", "CANCELLED"]}, "ba"),
        ({"statuses": []}, ""),
        ({"keys": ["c", "a", "unknown", "of another account"]}, "ca"),
        ({"from": "2026-03-03"}, "edc"),
        ({"to": "2026-03-02"}, "ba"),
        ({"from": "2026-03-02", "to": "2026-03-03"}, "dcb"),
        ({"from": "2026-03-01"}, "edcb"),  # days are those of the marketplace
        ({"from": "2026-03-02", "marketplace": US, "statuses": ["UNSHIPPED"]}, "d"),
    ],
)
def test_all_conditions_of_a_filter_must_hold(seller, query, order_filter, expected):
    assert keys(query, **order_filter) == expected


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("from_end", [False, True])
def test_pages_are_the_list_without_gaps_or_repeats(seller, query, size, from_end):
    seen, cursor, more = "", None, True
    while more:
        page = query(ORDERS, **({"last": size, "before": cursor} if from_end else {"first": size, "after": cursor}))["account"]["orders"]
        found, info = "".join(node["key"] for node in page["nodes"]), page["pageInfo"]
        assert (info["hasNextPage"] if from_end else info["hasPreviousPage"]) == bool(seen)
        seen = found + seen if from_end else seen + found
        cursor, more = (info["startCursor"], info["hasPreviousPage"]) if from_end else (info["endCursor"], info["hasNextPage"])
    assert seen == "edcba"


def test_a_page_begun_before_an_import_goes_on_without_repeats(seller, query):
    first = query(ORDERS, first=2)["account"]["orders"]
    seller.order("g", placed_at=at(3, 9))
    rest = query(ORDERS, first=2, after=first["pageInfo"]["endCursor"])["account"]["orders"]
    assert "".join(node["key"] for page in (first, rest) for node in page["nodes"]) == "edcb"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first": 101}, "`first` must be 1 to 100, found 101."),
        ({"first": 1, "last": 1}, "Give `first` or `last`, not both."),
        ({"after": "garbage"}, "`after` is not a cursor of this list: take one from `pageInfo` or `edges`."),
        ({"before": ids.write(["2026-03-01", "a"])}, "`before` is not a cursor of this list: take one from `pageInfo` or `edges`."),
        ({"filter": {"keys": ["x"] * 1001}}, "At most 1000 keys are allowed at once, found 1001."),
        ({"filter": {"marketplace": "Mars"}}, "There is no marketplace 'Mars'."),
    ],
)
def test_invalid_arguments_are_refused(seller, execute, arguments, message):
    result = execute(ORDERS, **arguments)
    assert result.data["account"]["orders"] is None
    assert [(error["message"], error["extensions"]["code"]) for error in result.errors] == [(message, "BAD_USER_INPUT")]


def test_the_total_is_counted_only_when_selected(seller, query, statements):
    query('{ account(key: "seller-1") { orders { nodes { key } } } }')
    assert not [statement for statement in statements if "count(" in statement.lower()]


def test_feedback_is_listed_with_what_no_longer_counts(world, query):
    seller = world.account()
    seller.order("a", marketplace=GB)
    for number, values in enumerate([{}, {"removed_at": at(3, 9)}, {"struck_through": True}, {"rating": 3}, {"rating": 1}]):
        seller.add(Feedback, order_id="abcde"[number], left_at=at(3, 1) + number * (DAY + HOUR), **{"rating": 5} | values)
    seller.add(Feedback, order_id="without-stars", left_at=at(3, 8))
    seller.add(Feedback, order_id="without-an-instant", rating=5)

    def stars(**feedback_filter):
        page = query(FEEDBACK, filter=feedback_filter)["account"]["feedback"]
        assert page["totalCount"] == len(page["nodes"])
        return [node["rating"] for node in page["nodes"]]

    assert stars() == [1, 3, 5, 5, 5]
    assert stars(classifications=["NEGATIVE", "NEUTRAL"]) == [1, 3]
    assert stars(classifications=[]) == []
    assert stars(**{"from": "2026-03-04", "to": "2026-03-04"}) == [3]
    assert stars(marketplace=GB) == [5]
    nodes = query(FEEDBACK, first=5)["account"]["feedback"]["nodes"]
    assert [node["isStruckThrough"] for node in nodes] == [False, False, True, False, False]
    assert [node["removedAt"] for node in nodes] == [None, None, None, "2026-03-09T08:00:00Z", None]
    assert [node["order"] for node in nodes] == [None, None, None, None, {"key": "a"}]
    page = query(FEEDBACK, first=2)["account"]["feedback"]
    rest = query(FEEDBACK, after=page["pageInfo"]["endCursor"])["account"]["feedback"]["nodes"]
    assert [*page["nodes"], *rest] == nodes
