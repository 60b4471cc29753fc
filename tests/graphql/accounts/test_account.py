import datetime as dt

from sellerhealth import testing
from sellerhealth.facts import Claim, Package
from sellerhealth.testing import US, at

GB = "A1F83G8C2ARO7P"


def test_an_account_has_its_marketplaces_and_the_time_of_its_last_change(world, query):
    seller = world.account()
    document = '{ account(key: "seller-1") { key name updatedAt marketplaces { key } dataQuality { code } } }'
    assert query(document)["account"] == {
        "key": "seller-1",
        "name": "seller-1",
        "updatedAt": None,
        "marketplaces": [],
        "dataQuality": [],
    }
    seller.order(marketplace="own-shop")
    seller.order(marketplace=US)
    account = query('{ account(key: "seller-1") { updatedAt marketplaces { key name countryCode } } }')["account"]
    assert account["updatedAt"].endswith("Z")
    assert dt.datetime.fromisoformat(account["updatedAt"]).tzinfo is dt.UTC
    assert account["marketplaces"] == [
        {"key": US, "name": "Amazon.com", "countryCode": "US"},
        {"key": "own-shop", "name": "own-shop", "countryCode": None},
    ]


def test_contradictions_are_listed_with_their_number(world, query):
    seller = world.account()
    for _ in range(2):
        seller.add(Package, order_id=seller.order(), package_id="1", confirmed_at=at(3, 9))
    seller.add(Claim, order_id="unknown", opened_at=at(3, 9))
    assert query('{ account(key: "seller-1") { dataQuality { code count message } } }')["account"]["dataQuality"] == [
        {
            "code": "confirmed_before_placed",
            "count": 2,
            "message": "Packages were confirmed as shipped before their order was placed.",
        },
        {"code": "order_not_imported", "count": 1, "message": "Facts name an order that was never imported."},
    ]


def test_an_unknown_account_is_null(world, query):
    world.account()
    assert query('{ account(key: "unknown") { key } }') == {"account": None}


def test_a_field_of_many_accounts_is_read_with_one_statement(world, query, statements):
    for _ in range(8):
        world.account().order()
    query("{ __typename }")  # saves the facts
    document = """
    { accounts(first: 6) { nodes {
      key healthStatus marketplaces { key } coverage { fact } dataQuality { code }
      metrics { lateShipmentRate { value } sellerRating { value } customerFeedback { value } cancellationRate { value } }
      metricResults { value coverage { fact through } }
    } } }
    """
    statements.clear()
    query(document)
    # The page, and one statement each for the metrics, their unproven rows, the marketplaces, the coverage and the notes.
    assert len(statements) == 6


def test_facts_of_another_account_are_left_out(world, query):
    testing.orders(world.account(), 3)
    world.account().order(marketplace=GB)
    accounts = query("{ accounts { nodes { marketplaces { key } metrics { lateShipmentRate { orders } } } } }")["accounts"]["nodes"]
    assert accounts == [
        {"marketplaces": [{"key": US}], "metrics": {"lateShipmentRate": {"orders": 3}}},
        {"marketplaces": [{"key": GB}], "metrics": {"lateShipmentRate": {"orders": 1}}},
    ]


NEXT = '{ account(key: "seller-1") { nextImports { format otherFormats facts settles { key } title where } } }'


def test_an_account_says_what_to_import_next_and_what_that_would_settle(world, query):
    world.account(covers=())
    first, *others = query(NEXT)["account"]["nextImports"]
    assert (first["format"], first["facts"], first["otherFormats"]) == ("ORDERS_API_2026_01_01", ["ORDER", "PACKAGE"], [])
    assert {"key": "late_shipment_rate"} in first["settles"]
    assert (first["title"], first["where"]) == (
        "Orders, items, packages and cancellations of the Orders API 2026-01-01",
        "the API alone: `searchOrders`",
    )
    settled = [metric["key"] for step in (first, *others) for metric in step["settles"]]
    assert sorted(settled) == sorted(each["key"] for each in query("{ metricDefinitions { key } }")["metricDefinitions"])
    world.account()
    assert query(NEXT.replace("seller-1", "seller-2"))["account"]["nextImports"] == []
