"""Unproven rows in the API: how many, and which cells are unknown; and no part of a result is good in spite of them."""

from sellerhealth.facts import Item
from sellerhealth.testing import CLOCK, DAY, TODAY

RESULT = """
query ($from: Date!) {
  account(key: "seller-1") {
    healthStatus
    timeline(from: $from, keys: ["cancellation_rate"]) { series { statuses } }
    metricResults(keys: ["cancellation_rate"]) {
      status unavailableReason
      unprovenRows { count rejected cells { fact column count } }
      windows { status }
      breakdown(by: "marketplace") { status unprovenRows { count } }
      history(from: $from) { status }
      whatIf(changes: []) { status }
      enough: whatIf(changes: [{ measure: "orders", by: 2000 }]) { status }
    }
  }
}
"""


def test_no_part_of_a_result_is_good_while_orders_that_may_be_the_sellers_would_miss_its_target(world, query):
    seller = world.account()
    for _ in range(99):
        seller.order(placed_at=CLOCK - 3 * DAY)
    for _ in range(5):
        order_id = seller.order(placed_at=CLOCK - 3 * DAY, channel=None, status=None)
        seller.add(Item, order_id=order_id, item_id="1", cancelled_by="SELLER")
    seller.save()
    account = query(RESULT, **{"from": str(TODAY)})["account"]
    (result,) = account["metricResults"]
    assert (result["status"], result["unavailableReason"]) == ("NOT_AVAILABLE", "UNPROVEN")
    assert result["unprovenRows"] == {"count": 5, "rejected": 0, "cells": [{"fact": "ORDER", "column": "orders.channel", "count": 5}]}
    assert result["windows"] == [{"status": "NOT_AVAILABLE"}]
    assert result["breakdown"] == [{"status": "NOT_AVAILABLE", "unprovenRows": {"count": 5}}]
    assert result["history"] == [{"status": "NOT_AVAILABLE"}]
    assert result["whatIf"] == {"status": "NOT_AVAILABLE"}
    assert result["enough"] == {"status": "GOOD"}
    assert account["timeline"]["series"] == [{"statuses": ["NOT_AVAILABLE"]}]


def test_without_unknown_cells_no_row_is_unproven(world, query):
    seller = world.account()
    seller.order(placed_at=CLOCK - 3 * DAY)
    seller.save()
    (result,) = query(RESULT, **{"from": str(TODAY)})["account"]["metricResults"]
    assert (result["status"], result["unprovenRows"]) == ("GOOD", {"count": 0, "rejected": 0, "cells": []})
