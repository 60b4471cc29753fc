import pytest

from sellerhealth import Bands, Below, Metric, Score, Window, count, testing
from sellerhealth.facts import Channel, Claim, ClaimState, Order, Package
from sellerhealth.graphql.schema import make_schema
from sellerhealth.model.tables import FactKind
from sellerhealth.testing import DAY, HOUR, US, at

GB = "A1F83G8C2ARO7P"


@pytest.fixture
def late_seller(world):
    """100 orders of the last 30 days, 3 of them late and 1 overdue; 2 of the late ones lie in the last 10 days."""
    seller = world.account()
    for _ in range(96):
        on_time = seller.order(ship_by=at(3, 12))
        seller.add(Package, order_id=on_time, package_id="1", confirmed_at=at(3, 11))
    for placed in (at(3, 10), at(3, 24), at(3, 25)):
        late = seller.order(placed_at=placed, ship_by=placed + DAY)
        seller.add(Package, order_id=late, package_id="1", confirmed_at=placed + DAY + HOUR)
    seller.order(ship_by=at(3, 30))
    return seller


def late_shipment(answer, selection, arguments=""):
    document = f'{{ account(key: "seller-1") {{ metrics {{ lateShipmentRate{arguments} {{ {selection} }} }} }} }}'
    return answer(document)["account"]["metrics"]["lateShipmentRate"]


def test_a_metric_answers_with_its_measures_figures_and_verdict(late_seller, answer):
    result = late_shipment(
        answer,
        """
        value display status numerator denominator orders late overdue projectedRate unavailableReason
        target { condition display enforced limit warning }
        headroom { allowed needed used }
        window { asOf days from to }
        scope { marketplace { key } channel part { value } }
        account { key }
        definition { key field section unit plugin { name distribution } }
        """,
    )
    assert result == {
        "value": 0.03,
        "display": "3.00 %",
        "status": "GOOD",
        "numerator": 3,
        "denominator": 100,
        "orders": 100,
        "late": 3,
        "overdue": 1,
        "projectedRate": 0.04,
        "unavailableReason": None,
        "target": {"condition": "BELOW", "display": "under 4 %", "enforced": True, "limit": 0.04, "warning": 0.032},
        "headroom": {"allowed": 0, "needed": 0, "used": 0.75},
        "window": {"asOf": "2026-03-31", "days": 30, "from": "2026-03-02", "to": "2026-03-31"},
        "scope": {"marketplace": None, "channel": None, "part": None},
        "account": {"key": "seller-1"},
        "definition": {
            "key": "late_shipment_rate",
            "field": "lateShipmentRate",
            "section": "account_health",
            "unit": "FRACTION",
            "plugin": {"name": "late_shipment_rate", "distribution": "sellerhealth"},
        },
    }


def test_a_metric_answers_for_each_of_its_windows_and_the_worst_decides(late_seller, answer):
    result = late_shipment(answer, "status overallStatus windows { window { days } late orders status }")
    assert result["windows"] == [
        {"window": {"days": 30}, "late": 3, "orders": 100, "status": "GOOD"},
        {"window": {"days": 10}, "late": 2, "orders": 2, "status": "CRITICAL"},
    ]
    assert (result["status"], result["overallStatus"]) == ("GOOD", "CRITICAL")


def test_another_length_of_the_window_can_be_asked_for(late_seller, answer):
    assert late_shipment(answer, "orders window { days from to }", "(days: 7)") == {
        "orders": 1,
        "window": {"days": 7, "from": "2026-03-25", "to": "2026-03-31"},
    }


def test_another_length_keeps_the_lag_of_the_default_window(world, answer):
    world.account()
    metrics = answer('{ account(key: "seller-1") { metrics { orderDefectRate(days: 90) { window { days to } } } } }')["account"]["metrics"]
    assert metrics["orderDefectRate"]["window"] == {"days": 90, "to": "2026-03-16"}


def test_a_lifetime_has_neither_days_nor_a_first_day(world, answer):
    world.account()
    metrics = answer('{ account(key: "seller-1") { metrics { customerFeedback { windows { window { days from to } } } } } }')
    assert metrics["account"]["metrics"]["customerFeedback"]["windows"][-1]["window"] == {"days": None, "from": None, "to": "2026-03-31"}


@pytest.mark.parametrize("days", [0, -1, 3651])
def test_a_length_of_the_window_that_is_not_allowed_is_refused(late_seller, ask, days):
    result = ask(f'{{ account(key: "seller-1") {{ metrics {{ lateShipmentRate(days: {days}) {{ value }} }} }} }}')
    assert result.data["account"]["metrics"]["lateShipmentRate"] is None
    assert [error["extensions"]["code"] for error in result.errors] == ["BAD_USER_INPUT"]


def test_a_past_day_moves_the_windows(late_seller, answer):
    document = 'query ($day: Date) { account(key: "seller-1") { metrics(asOf: $day) { lateShipmentRate { orders window { asOf to } } } } }'
    result = answer(document, day="2026-03-23")["account"]["metrics"]["lateShipmentRate"]
    assert result == {"orders": 98, "window": {"asOf": "2026-03-23", "to": "2026-03-23"}}


@pytest.mark.parametrize("day", ["2026-04-01", "0001-01-01"])
def test_the_future_and_the_dark_ages_are_refused(late_seller, ask, day):
    result = ask(f'{{ account(key: "seller-1") {{ healthStatus(asOf: "{day}") }} }}')
    assert result.data == {"account": {"healthStatus": None}}
    assert [error["extensions"]["code"] for error in result.errors] == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("day", ["20260331", "2026-W14-2", "2026-02-30", "31.3.2026"])
def test_a_day_is_written_in_one_way_only(late_seller, ask, day):
    result = ask('query ($day: Date) { account(key: "seller-1") { healthStatus(asOf: $day) } }', day=day)
    assert result.data is None
    assert [error["extensions"]["code"] for error in result.errors] == ["BAD_USER_INPUT"]


def test_everything_can_be_asked_for_one_marketplace_and_channel(world, answer):
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
        return answer(document, **scope)["account"]["metrics"]["orderDefectRate"]

    assert orders()["orders"] == 4
    assert orders(marketplace=GB) == {
        "orders": 1,
        "scope": {"marketplace": {"key": GB, "name": "Amazon.co.uk", "countryCode": "GB"}, "channel": None},
    }
    assert orders(marketplace=US, channel="AMAZON")["orders"] == 1
    assert orders(channel="SELLER")["orders"] == 3


def test_a_marketplace_of_a_seller_s_own_can_be_asked_for_and_an_unknown_one_is_refused(world, ask):
    world.account().order(marketplace="own-shop")
    document = 'query ($key: String) { account(key: "seller-1") { healthStatus(marketplace: $key) } }'
    assert ask(document, key="own-shop").errors == []
    assert ask(document, key=GB).errors == []
    (error,) = ask(document, key="UK").errors
    assert error["message"] == f"There is no marketplace 'UK'. The key of Amazon.co.uk is {GB}."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_a_breakdown_has_a_result_of_the_same_type_for_each_part(world, answer):
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
    result = answer("""
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


def test_a_breakdown_by_marketplace_narrows_the_scope(world, answer):
    seller = world.account()
    testing.orders(seller, 2)
    seller.order(marketplace=GB)
    document = """
    { account(key: "seller-1") { metricResults(keys: ["late_shipment_rate"]) {
      breakdown(by: "marketplace") { id denominator figures { key value } scope { marketplace { name } part { value } } }
    } } }
    """
    (result,) = answer(document)["account"]["metricResults"]
    assert [(each["scope"]["marketplace"]["name"], each["denominator"]) for each in result["breakdown"]] == [
        ("Amazon.co.uk", 1),
        ("Amazon.com", 2),
    ]
    further = 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on MetricResult { breakdown(by: "channel") { denominator } } } }'
    parts = answer(further, ids=[each["id"] for each in result["breakdown"]])["nodes"]
    assert parts == [{"breakdown": [{"denominator": 1}]}, {"breakdown": [{"denominator": 2}]}]


def test_what_has_no_known_channel_is_part_of_the_whole_alone(world, answer):
    seller = world.account()
    seller.order(channel=Channel.AMAZON)
    seller.order(channel=None)
    document = """
    { account(key: "seller-1") { metrics { orderDefectRate(days: 30) { orders breakdown(by: "channel") { orders scope { channel } } } } } }
    """
    assert answer(document)["account"]["metrics"]["orderDefectRate"] == {
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
def test_a_breakdown_by_something_else_is_refused(world, ask, metric, by, message):
    world.account()
    result = ask(f'{{ account(key: "seller-1") {{ metrics {{ {metric} {{ breakdown(by: "{by}") {{ id }} }} }} }} }}')
    assert result.data["account"]["metrics"][metric]["breakdown"] is None
    (error,) = result.errors
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith(message)


def test_figures_tell_every_measure_and_figure_to_clients_that_know_no_types(late_seller, answer):
    (result,) = answer("""
    { account(key: "seller-1") { metricResults(keys: ["late_shipment_rate"]) {
      figures { key title description value display unit fact }
    } } }
    """)["account"]["metricResults"]
    assert result["figures"][1] == {
        "key": "late",
        "title": "Late",
        "description": "Orders confirmed after their ship-by instant.",
        "value": 3.0,
        "display": "3",
        "unit": "COUNT",
        "fact": "ORDER",
    }
    assert result["figures"][-1] == {
        "key": "projected_rate",
        "title": "Projected rate",
        "description": "The rate if every overdue order is confirmed late. Null when there are no orders.",
        "value": 0.04,
        "display": "4.00 %",
        "unit": "FRACTION",
        "fact": None,
    }


def test_a_band_is_a_figure_that_is_a_word(world, answer):
    testing.orders(world.account(), 2)
    result = answer("""
    { account(key: "seller-1") {
      metrics { sellerRating { band orders } }
      metricResults(keys: ["seller_rating"]) { figures { key value display unit } }
    } }
    """)["account"]
    assert result["metrics"]["sellerRating"] == {"band": "EXCELLENT", "orders": 2}
    assert result["metricResults"][0]["figures"][-1] == {"key": "band", "value": None, "display": "Excellent", "unit": "WORD"}


def test_nothing_to_measure_is_neither_nought_nor_one(world, answer):
    world.account()
    document = (
        '{ account(key: "seller-1") { metrics { sellerRating { value display status band unavailableReason headroom { needed } } } } }'
    )
    assert answer(document)["account"]["metrics"]["sellerRating"] == {
        "value": None,
        "display": "N/A",
        "status": "NOT_AVAILABLE",
        "band": None,
        "unavailableReason": "NOTHING_TO_MEASURE",
        "headroom": None,
    }


def test_what_was_never_imported_is_told_apart_from_what_never_happened(world, answer):
    world.account(tells=[FactKind.ORDER]).order()
    document = """
    { account(key: "seller-1") {
      coverage { fact through }
      metrics {
        policyViolations { value status unavailableReason coverage { fact through } }
        orderDefectRate(days: 30) { value status unavailableReason coverage { fact through } }
      }
    } }
    """
    account = answer(document)["account"]
    assert account["metrics"]["policyViolations"] == {
        "value": None,
        "status": "NOT_AVAILABLE",
        "unavailableReason": "SOURCE_MISSING",
        "coverage": [{"fact": "VIOLATION", "through": None}],
    }
    assert account["metrics"]["orderDefectRate"]["unavailableReason"] == "UNPROVEN"
    assert {"fact": "CLAIM", "through": None} in account["metrics"]["orderDefectRate"]["coverage"]
    assert account["coverage"] == [
        {"fact": kind.value, "through": "2026-03-31" if kind is FactKind.ORDER else None} for kind in sorted(FactKind)
    ]


def test_facts_without_a_channel_have_no_value_for_one(world, answer):
    world.account()
    document = '{ account(key: "seller-1") { metrics(channel: SELLER) { customerFeedback { value unavailableReason } } } }'
    assert answer(document)["account"]["metrics"]["customerFeedback"] == {"value": None, "unavailableReason": "WITHOUT_CHANNEL"}


def test_the_list_of_metrics_is_ordered_by_section_and_key_unless_keys_are_given(world, answer, built_ins):
    world.account()
    document = """
    query ($keys: [String!], $section: String) {
      account(key: "seller-1") { metricResults(keys: $keys, section: $section) { __typename definition { key section } } }
    }
    """

    def keys(**arguments):
        results = answer(document, **arguments)["account"]["metricResults"]
        assert {each["__typename"] for each in results} == {"AnyMetric"}
        return [each["definition"]["key"] for each in results]

    assert keys() == list(built_ins.registry)
    assert keys(keys=["seller_rating", "cancellation_rate", "seller_rating"]) == ["seller_rating", "cancellation_rate"]
    health = [key for key, metric in built_ins.registry.items() if metric.section == "account_health"]
    assert keys(section="account_health") == health
    assert keys(section="account_health", keys=["seller_rating", "policy_violations"]) == ["policy_violations"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ('keys: ["late_shipment"]', "There is no metric 'late_shipment'. Did you mean late_shipment_rate?"),
        ('section: "account_heath"', "There is no section 'account_heath'. Did you mean account_health?"),
        ("days: 0", "`days` must be 1 to 3650, found 0."),
    ],
)
def test_a_word_that_does_not_exist_is_refused_with_what_was_perhaps_meant(world, ask, arguments, message):
    world.account()
    result = ask(f'{{ account(key: "seller-1") {{ key metricResults({arguments}) {{ id }} }} }}')
    assert result.data["account"] == {"key": "seller-1", "metricResults": None}
    assert [(error["message"], error["extensions"]["code"]) for error in result.errors] == [(message, "BAD_USER_INPUT")]


def test_the_health_of_an_account_is_the_worst_of_its_enforced_metrics(world, answer):
    seller = world.account()
    testing.orders(seller, 10, status="SHIPPED")
    claimed = seller.order(placed_at=at(3, 1))
    seller.add(Claim, order_id=claimed, opened_at=at(3, 5), state=ClaimState.GRANTED_SELLER)
    assert answer('{ account(key: "seller-1") { healthStatus } }') == {"account": {"healthStatus": "CRITICAL"}}


def test_an_alias_asks_for_the_same_metric_twice(late_seller, answer):
    document = """
    { account(key: "seller-1") {
      now: metrics { a: lateShipmentRate { orders } b: lateShipmentRate(days: 10) { orders } }
      then: metrics(asOf: "2026-03-11") { lateShipmentRate { orders } }
    } }
    """
    assert answer(document)["account"] == {
        "now": {"a": {"orders": 100}, "b": {"orders": 2}},
        "then": {"lateShipmentRate": {"orders": 98}},
    }


orders = count(on=Order.placed_on, where=Order.accepted, description="Orders placed.")
gifts = orders.where(Order.is_replacement, "Replacements.")


def acme(**changed):
    declared = {
        "key": "acme_gifts",
        "title": "Gifts",
        "description": "The share of gifts.",
        "section": "acme",
        "windows": (Window(30),),
        "measures": {"orders": orders, "gifts": gifts},
        "value": gifts / orders,
        "target": Below("0.5"),
    }
    return Metric(**declared | changed)


def test_a_third_party_metric_answers_as_its_own_type_and_as_any_metric(world, answer, loaded_with):
    world.account().order(is_replacement=True)
    schema = make_schema(loaded_with(acme(measures={"class": orders, "from": gifts})))
    document = """
    { account(key: "seller-1") {
      metrics { acmeGifts { value class from status } }
      metricResults(section: "acme") { value definition { plugin { name distribution version } } }
    } }
    """
    assert answer(document, schema=schema)["account"] == {
        "metrics": {"acmeGifts": {"value": 1.0, "class": 1, "from": 1, "status": "CRITICAL"}},
        "metricResults": [{"value": 1.0, "definition": {"plugin": {"name": "acme", "distribution": "acme-metrics", "version": "1.2"}}}],
    }


def test_a_band_that_a_plugin_declares_is_told(world, answer, loaded_with):
    world.account().order(is_replacement=True)
    graded = acme(value=Score({gifts: 100, orders: 0}, perfect=gifts), bands=Bands(LOW=0, VERY_HIGH=50), target=None)
    document = '{ account(key: "seller-1") { metrics { acmeGifts { band value } } } }'
    result = answer(document, schema=make_schema(loaded_with(graded)))["account"]["metrics"]["acmeGifts"]
    assert result == {"band": "VERY_HIGH", "value": 50.0}
