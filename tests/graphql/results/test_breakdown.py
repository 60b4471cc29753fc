"""Parts of a result: marketplaces, channels and the breakdown along a dimension."""

import pytest

from sellerhealth import testing
from sellerhealth.facts import Channel, Package
from sellerhealth.testing import US, at

GB = "A1F83G8C2ARO7P"


def test_results_can_be_limited_to_a_marketplace_and_a_channel(world, query):
    seller = world.account()
    testing.orders(seller, 2)
    seller.order(marketplace=GB)
    seller.order(channel=Channel.AMAZON)
    document = """
    query ($marketplace: String, $channel: Channel) {
      account(key: "seller-1") {
        metrics(marketplace: $marketplace, channel: $channel) {
          orderDefectRate(days: 30) { orders scope { marketplace { key name countryCode } channel } }
        }
      }
    }
    """

    def orders(**scope):
        return query(document, **scope)["account"]["metrics"]["orderDefectRate"]

    assert orders()["orders"] == 4
    assert orders(marketplace=GB) == {
        "orders": 1,
        "scope": {"marketplace": {"key": GB, "name": "Amazon.co.uk", "countryCode": "GB"}, "channel": None},
    }
    assert orders(marketplace=US, channel="AMAZON")["orders"] == 1
    assert orders(channel="SELLER")["orders"] == 3


@pytest.mark.parametrize("name", ["UK", "gb", "Amazon.co.uk", "www.amazon.co.uk"])
def test_a_marketplace_has_several_names_and_one_id(world, query, name):
    seller = world.account()
    seller.order(marketplace=GB)
    seller.order(marketplace=US)
    document = """
    query ($marketplace: String) {
      account(key: "seller-1") { metrics(marketplace: $marketplace) { id orderDefectRate(days: 30) { id orders } } }
      accounts(filter: {marketplace: $marketplace}) { totalCount }
    }
    """
    assert query(document, marketplace=name) == query(document, marketplace=GB)
    assert query(document, marketplace=name)["account"]["metrics"]["orderDefectRate"]["orders"] == 1


def test_a_marketplace_of_the_seller_is_accepted_and_an_unknown_one_is_refused(world, execute):
    world.account().order(marketplace="own-shop")
    document = 'query ($key: String) { account(key: "seller-1") { healthStatus(marketplace: $key) } }'
    assert execute(document, key="own-shop").errors == []
    assert execute(document, key=GB).errors == []
    (error,) = execute(document, key="own-ship").errors
    assert error["message"] == "There is no marketplace 'own-ship'."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_a_breakdown_has_a_result_of_the_same_type_for_each_part(world, query):
    seller = world.account()
    for category, tracked in (("Books", True), ("Books", False), ("Toys", True)):
        order = seller.order(placed_at=at(3, 1), deliver_by=at(3, 10))
        seller.add(
            Package,
            order_id=order,
            package_id="1",
            category=category,
            confirmed_at=at(3, 2),
            tracking_number="T1" if tracked else None,
            scanned=tracked,
        )
    result = query("""
    { account(key: "seller-1") { metrics { validTrackingRate {
      overallStatus
      breakdown(by: "category") { packages valid overallStatus scope { part { dimension value } } windows { packages } }
    } } } }
    """)["account"]["metrics"]["validTrackingRate"]
    assert [(each["scope"]["part"], each["packages"], each["valid"]) for each in result["breakdown"]] == [
        ({"dimension": "category", "value": "Books"}, 2, 1),
        ({"dimension": "category", "value": "Toys"}, 1, 1),
    ]
    assert [each["windows"][0]["packages"] for each in result["breakdown"]] == [2, 1]
    assert [each["overallStatus"] for each in result["breakdown"]] == ["CRITICAL", "GOOD"]
    assert result["overallStatus"] == "CRITICAL"


def test_a_breakdown_has_the_worst_part_first(world, query):
    seller = world.account()
    for category, scanned in (("Art", [True]), ("Books", [True, False]), ("Music", [False]), ("Toys", [True] * 47 + [False] * 2)):
        for number, each in enumerate(scanned):
            order = seller.order(f"{category}-{number}", placed_at=at(3, 1), deliver_by=at(3, 10))
            seller.add(
                Package, order_id=order, package_id="1", category=category, confirmed_at=at(3, 2), tracking_number="T1", scanned=each
            )
    result = query("""
    { account(key: "seller-1") { metrics { validTrackingRate { breakdown(by: "category") { scope { part { value } } status } } } } }
    """)["account"]["metrics"]["validTrackingRate"]
    assert [(each["scope"]["part"]["value"], each["status"]) for each in result["breakdown"]] == [
        ("Music", "CRITICAL"),
        ("Books", "CRITICAL"),
        ("Toys", "AT_RISK"),
        ("Art", "GOOD"),
    ]


def test_a_breakdown_by_marketplace_narrows_the_scope(world, query):
    seller = world.account()
    testing.orders(seller, 2)
    seller.order(marketplace=GB)
    document = """
    { account(key: "seller-1") { metricResults(keys: ["late_shipment_rate"]) {
      breakdown(by: "marketplace") { id denominator figures { key value } scope { marketplace { name } part { value } } }
    } } }
    """
    (result,) = query(document)["account"]["metricResults"]
    assert [(each["scope"]["marketplace"]["name"], each["denominator"]) for each in result["breakdown"]] == [
        ("Amazon.co.uk", 1),
        ("Amazon.com", 2),
    ]
    further = 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on MetricResult { breakdown(by: "channel") { denominator } } } }'
    parts = query(further, ids=[each["id"] for each in result["breakdown"]])["nodes"]
    assert parts == [{"breakdown": [{"denominator": 1}]}, {"breakdown": [{"denominator": 2}]}]


def test_facts_of_an_unknown_channel_count_in_the_whole_only(world, query):
    seller = world.account()
    seller.order(channel=Channel.AMAZON)
    seller.order(channel=None)
    document = """
    { account(key: "seller-1") { metrics { orderDefectRate(days: 30) { orders breakdown(by: "channel") { orders scope { channel } } } } } }
    """
    assert query(document)["account"]["metrics"]["orderDefectRate"] == {
        "orders": 2,
        "breakdown": [{"orders": 1, "scope": {"channel": "AMAZON"}}],
    }


@pytest.mark.parametrize(
    ("metric", "by", "message"),
    [
        ("lateShipmentRate", "marketplaces", "late_shipment_rate cannot be split by 'marketplaces', only by marketplace, channel."),
        ("customerFeedback", "channel", "customer_feedback cannot be split by 'channel', only by marketplace."),
    ],
)
def test_an_unknown_dimension_is_refused(world, execute, metric, by, message):
    world.account()
    result = execute(f'{{ account(key: "seller-1") {{ metrics {{ {metric} {{ breakdown(by: "{by}") {{ id }} }} }} }} }}')
    assert result.data["account"]["metrics"][metric]["breakdown"] is None
    (error,) = result.errors
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith(message)


def test_facts_without_a_channel_have_no_value_for_a_channel(world, query):
    world.account()
    document = '{ account(key: "seller-1") { metrics(channel: SELLER) { customerFeedback { value unavailableReason } } } }'
    assert query(document)["account"]["metrics"]["customerFeedback"] == {"value": None, "unavailableReason": "WITHOUT_CHANNEL"}
