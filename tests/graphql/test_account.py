import datetime as dt

from sellerhealth import testing
from sellerhealth.facts import Claim, Package
from sellerhealth.testing import US, at

GB = "A1F83G8C2ARO7P"


def test_an_account_tells_what_is_known_of_it(world, answer):
    seller = world.account()
    document = '{ account(key: "seller-1") { key name updatedAt marketplaces { key } dataQuality { code } } }'
    assert answer(document)["account"] == {
        "key": "seller-1",
        "name": "seller-1",
        "updatedAt": None,
        "marketplaces": [],
        "dataQuality": [],
    }
    seller.order(marketplace="own-shop")
    seller.order(marketplace=US)
    account = answer('{ account(key: "seller-1") { updatedAt marketplaces { key name countryCode } } }')["account"]
    assert account["updatedAt"].endswith("Z")
    assert dt.datetime.fromisoformat(account["updatedAt"]).tzinfo is dt.UTC
    assert account["marketplaces"] == [
        {"key": US, "name": "Amazon.com", "countryCode": "US"},
        {"key": "own-shop", "name": "own-shop", "countryCode": None},
    ]


def test_contradictions_are_told_with_their_number(world, answer):
    seller = world.account()
    for _ in range(2):
        seller.add(Package, order_id=seller.order(), package_id="1", confirmed_at=at(3, 9))
    seller.add(Claim, order_id="unknown", opened_at=at(3, 9))
    assert answer('{ account(key: "seller-1") { dataQuality { code count message } } }')["account"]["dataQuality"] == [
        {
            "code": "confirmed_before_placed",
            "count": 2,
            "message": "Packages were confirmed as shipped before their order was placed.",
        },
        {"code": "order_not_imported", "count": 1, "message": "Facts name an order that was never imported."},
    ]


def test_an_unknown_account_is_null(world, answer):
    world.account()
    assert answer('{ account(key: "unknown") { key } }') == {"account": None}


def test_what_is_asked_of_many_accounts_is_read_at_once(world, answer, statements):
    for _ in range(12):
        world.account().order()
    answer("{ __typename }")  # what was told is saved
    document = """
    { accounts { nodes {
      key healthStatus marketplaces { key } coverage { fact } dataQuality { code }
      metrics { lateShipmentRate { value } sellerRating { value } customerFeedback { value } cancellationRate { value } }
      metricResults { value coverage { fact through } }
    } } }
    """
    statements.clear()
    answer(document)
    # The page, and one statement each for the metrics, the marketplaces, the coverage and the notes.
    assert len(statements) == 5


def test_another_account_s_facts_are_no_part_of_the_answer(world, answer):
    testing.orders(world.account(), 3)
    world.account().order(marketplace=GB)
    accounts = answer("{ accounts { nodes { marketplaces { key } metrics { lateShipmentRate { orders } } } } }")["accounts"]["nodes"]
    assert accounts == [
        {"marketplaces": [{"key": US}], "metrics": {"lateShipmentRate": {"orders": 3}}},
        {"marketplaces": [{"key": GB}], "metrics": {"lateShipmentRate": {"orders": 1}}},
    ]
