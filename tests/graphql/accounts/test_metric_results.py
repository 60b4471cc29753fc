"""The list of metrics of an account, its health, and metrics of third parties."""

import pytest

from sellerhealth import Bands, Below, Metric, Score, Window, count, testing
from sellerhealth.facts import Claim, ClaimState, Order
from sellerhealth.graphql.schema import make_schema
from sellerhealth.testing import at


def test_the_list_of_metrics_is_ordered_by_section_and_key_unless_keys_are_named(world, query, built_ins):
    world.account()
    document = """
    query ($keys: [String!], $section: String) {
      account(key: "seller-1") { metricResults(keys: $keys, section: $section) { __typename definition { key section } } }
    }
    """

    def keys(**arguments):
        results = query(document, **arguments)["account"]["metricResults"]
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
        ("days: -1", "`days` must be 1 to 3650, or 0 for the lifetime, found -1."),
    ],
)
def test_an_unknown_key_or_section_is_refused_with_a_suggestion(world, execute, arguments, message):
    world.account()
    result = execute(f'{{ account(key: "seller-1") {{ key metricResults({arguments}) {{ id }} }} }}')
    assert result.data["account"] == {"key": "seller-1", "metricResults": None}
    assert [(error["message"], error["extensions"]["code"]) for error in result.errors] == [(message, "BAD_USER_INPUT")]


def test_the_health_of_an_account_is_the_worst_of_its_enforced_metrics(world, query):
    seller = world.account()
    testing.orders(seller, 10, status="SHIPPED")
    claimed = seller.order(placed_at=at(3, 1))
    seller.add(Claim, order_id=claimed, opened_at=at(3, 5), state=ClaimState.GRANTED_SELLER)
    assert query('{ account(key: "seller-1") { healthStatus } }') == {"account": {"healthStatus": "CRITICAL"}}


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


def test_a_third_party_metric_has_a_type_of_its_own_and_is_listed_as_any_metric(world, query, loaded_with):
    world.account().order(is_replacement=True)
    schema = make_schema(loaded_with(acme(measures={"class": orders, "from": gifts})))
    document = """
    { account(key: "seller-1") {
      metrics { acmeGifts { value class from status } }
      metricResults(section: "acme") { value definition { plugin { name distribution version } } }
    } }
    """
    assert query(document, schema=schema)["account"] == {
        "metrics": {"acmeGifts": {"value": 1.0, "class": 1, "from": 1, "status": "CRITICAL"}},
        "metricResults": [{"value": 1.0, "definition": {"plugin": {"name": "acme", "distribution": "acme-metrics", "version": "1.2"}}}],
    }


def test_a_result_has_the_band_that_a_plugin_declares(world, query, loaded_with):
    world.account().order(is_replacement=True)
    graded = acme(value=Score({gifts: 100, orders: 0}, perfect=gifts), bands=Bands(LOW=0, VERY_HIGH=50), target=None)
    document = '{ account(key: "seller-1") { metrics { acmeGifts { band value } } } }'
    result = query(document, schema=make_schema(loaded_with(graded)))["account"]["metrics"]["acmeGifts"]
    assert result == {"band": "VERY_HIGH", "value": 50.0}
