"""An account that several commands look at."""

import pytest

ORDERS = """{{"orders": [{{
  "orderId": "123-4567890-{number:07}", "createdTime": "2026-03-20T10:00:00Z", "lastUpdatedTime": "2026-03-25T10:00:00Z",
  "salesChannel": {{"channelName": "AMAZON", "marketplaceId": "ATVPDKIKX0DER"}},
  "fulfillment": {{"fulfillmentStatus": "SHIPPED", "fulfilledBy": "MERCHANT", "shipByWindow": {{"latestDateTime": "2026-03-23T06:59:59Z"}}}},
  "orderItems": [], "packages": [{{"packageReferenceId": "1", "createdTime": "{confirmed}", "packageStatus": {{"status": "DELIVERED"}}}}]
}}]}}
"""


@pytest.fixture
def sold(invoke, folder, monkeypatch):
    """An account with three orders, one of them confirmed late, as of 31 March 2026."""
    monkeypatch.setenv("SELLERHEALTH_CLOCK", "2026-03-31T12:00:00Z")
    confirmed = ("2026-03-21T10:00:00Z", "2026-03-22T10:00:00Z", "2026-03-24T10:00:00Z")
    path = folder / "orders.json"
    path.write_text("".join(ORDERS.format(number=number, confirmed=at) for number, at in enumerate(confirmed)))
    assert invoke("import", str(path), "--account", "shop", "--create", "--name", "My shop").exit_code == 0
    return "shop"
