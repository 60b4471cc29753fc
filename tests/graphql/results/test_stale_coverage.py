"""Stale coverage in the API: no status is good if the facts are not covered far enough."""

import datetime as dt
import io

import pytest
from starlette.testclient import TestClient

from sellerhealth import Below, Metric, Window, count, testing
from sellerhealth.access import OWNER
from sellerhealth.app import create_app
from sellerhealth.facts import Claim, Order, Package
from sellerhealth.graphql.schema import make_schema
from sellerhealth.http.authentication import Open
from sellerhealth.intake import import_stream
from sellerhealth.model.tables import FactKind
from sellerhealth.settings import Settings
from sellerhealth.testing import CLOCK, DAY, TODAY
from tests.support.world import cover

EVERY_STATUS = """
query ($metric: String!, $asOf: Date!, $from: Date!, $changes: [MeasureChange!]!) {
  account(key: "seller-1") {
    healthStatus(asOf: $asOf)
    timeline(from: $from, to: $asOf, keys: [$metric]) { dates series { statuses } }
    metricResults(asOf: $asOf, keys: [$metric]) {
      status overallStatus unavailableReason knownThrough display value headroom { allowed }
      windows { status unavailableReason knownThrough }
      breakdown(by: "channel") { status unavailableReason knownThrough whatIf(changes: []) { status } }
      history(from: $from) { date status }
      forecast(days: 3) { status }
      whatIf(changes: $changes) { status value }
    }
  }
}
"""


@pytest.fixture
def seller(world):
    """An order a day, each shipped in time, and no claim. The tests say what is covered."""
    seller = world.account(covers=())
    for days in range(80):
        placed = CLOCK - DAY * days
        order = seller.order(placed_at=placed, ship_by=placed + DAY)
        seller.add(Package, order_id=order, package_id="1", confirmed_at=placed)
    seller.save()
    return seller


def cover_until(world, seller, **days_ago):
    """All kinds are covered through today, except for those that are covered through a day some days ago."""
    cover(world, seller, {kind: TODAY - DAY * days_ago.get(kind.lower(), 0) for kind in FactKind})


@pytest.fixture
def every_status(world, seller, query):
    def every_status(metric="order_defect_rate", as_of=TODAY, schema=None, changes=(), **days_ago):
        cover_until(world, seller, **days_ago)
        variables = {"metric": metric, "asOf": str(as_of), "from": str(as_of - DAY * 4), "changes": list(changes)}
        return query(EVERY_STATUS, **variables, **({} if schema is None else {"schema": schema}))["account"]

    return every_status


def test_a_good_value_is_not_available_wherever_it_stands(every_status):
    account = every_status(claim=15, changes=[{"measure": "orders", "by": 1}])
    (result,) = account["metricResults"]
    assert (result["status"], result["unavailableReason"], result["overallStatus"]) == ("NOT_AVAILABLE", "STALE", "NOT_AVAILABLE")
    assert (result["display"], result["value"], result["headroom"]) == ("0.00 %", 0, {"allowed": 0})
    day_before = str(TODAY - DAY)
    stale = {"status": "NOT_AVAILABLE", "unavailableReason": "STALE", "knownThrough": day_before}
    assert (result["knownThrough"], result["windows"]) == (day_before, [stale])
    assert result["breakdown"] == [stale | {"whatIf": {"status": "NOT_AVAILABLE"}}]
    assert result["whatIf"] == {"status": "NOT_AVAILABLE", "value": 0}
    assert [point["status"] for point in result["history"]] == ["GOOD"] * 4 + ["NOT_AVAILABLE"]
    assert [point["status"] for point in result["forecast"]] == ["GOOD"] * 3
    assert account["timeline"]["series"][0]["statuses"] == ["GOOD"] * 4 + ["NOT_AVAILABLE"]


def test_on_the_last_day_of_both_tolerances_everything_is_good(every_status):
    account = every_status(claim=14, order=15 + 3)
    (result,) = account["metricResults"]
    assert (result["status"], result["unavailableReason"], result["overallStatus"]) == ("GOOD", None, "GOOD")
    assert result["knownThrough"] == str(TODAY)
    assert {point["status"] for point in result["history"]} == {"GOOD"}
    assert [each["status"] for each in result["breakdown"]] == ["GOOD"]
    assert result["whatIf"]["status"] == "GOOD"


def test_a_worse_value_stands(world, seller, every_status):
    order = seller.order(placed_at=CLOCK - DAY * 20)
    seller.add(Claim, order_id=order, opened_at=CLOCK - DAY * 19, state="GRANTED_SELLER")
    account = every_status(claim=300, order=300)
    (result,) = account["metricResults"]
    assert (result["status"], result["unavailableReason"], account["healthStatus"]) == ("CRITICAL", None, "CRITICAL")
    assert result["knownThrough"] == str(TODAY - DAY * 286)


def test_a_bad_status_is_bad_however_stale_the_coverage_is(every_status):
    changes = [{"measure": "defects", "by": 1}]
    assert every_status(claim=300, changes=changes)["metricResults"][0]["whatIf"]["status"] == "CRITICAL"


def test_a_past_day_needs_the_coverage_of_that_day(every_status):
    (result,) = every_status(claim=20, as_of=TODAY - DAY * 6)["metricResults"]
    assert (result["status"], result["knownThrough"]) == ("GOOD", str(TODAY - DAY * 6))
    (result,) = every_status(claim=21, as_of=TODAY - DAY * 6)["metricResults"]
    assert (result["unavailableReason"], result["knownThrough"]) == ("STALE", str(TODAY - DAY * 7))


def test_known_through_is_null_while_a_kind_of_fact_was_never_imported(world, seller, query):
    cover(world, seller, {FactKind.ORDER: TODAY})
    document = '{ account(key: "seller-1") { metricResults(keys: ["order_defect_rate"]) { unavailableReason knownThrough } } }'
    assert query(document)["account"]["metricResults"] == [{"unavailableReason": "UNPROVEN", "knownThrough": None}]


def test_health_is_that_of_the_metrics_whose_coverage_is_fresh(world, seller, query):
    document = 'query { account(key: "seller-1") { healthStatus } }'
    cover_until(world, seller)
    assert query(document)["account"]["healthStatus"] == "GOOD"
    cover(world, seller, dict.fromkeys(FactKind, TODAY - DAY * 100))
    assert query(document)["account"]["healthStatus"] == "NOT_AVAILABLE"


def test_a_third_party_metric_needs_no_code_for_it(built_ins, loaded_with, every_status):
    orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
    late = orders.where(Order.late_by > 0, "Late ones.")
    acme = Metric(
        key="acme_late", title="Late", description="Late.", section="acme", windows=(Window(30),),
        measures={"orders": orders, "late": late}, value=late / orders, target=Below("0.5"),
    )  # fmt: skip
    schema = make_schema(loaded_with(acme))
    for days, status in ((3, "GOOD"), (4, "NOT_AVAILABLE")):
        (result,) = every_status("acme_late", schema=schema, order=days)["metricResults"]
        assert [result["status"], result["overallStatus"], result["breakdown"][0]["status"]] == [status] * 3


def test_the_portfolio_lists_a_stale_account_as_not_available_and_last(world, seller, query):
    fresh = world.account()
    testing.orders(fresh, 3, placed_at=CLOCK - DAY * 20)
    fresh.save()
    cover_until(world, seller, claim=15)
    document = """
    query ($statuses: [MetricStatus!], $direction: SortDirection!) {
      accounts(filter: {metric: "order_defect_rate", statuses: $statuses}, orderBy: {field: HEALTH, direction: $direction,
        metric: "order_defect_rate"}) { totalCount nodes { key } }
    }
    """

    def keys(direction, *statuses):
        return [node["key"] for node in query(document, statuses=list(statuses) or None, direction=direction)["accounts"]["nodes"]]

    assert keys("ASC", "GOOD") == keys("DESC", "GOOD") == [fresh.key]
    assert keys("DESC", "NOT_AVAILABLE") == [seller.key]
    assert keys("ASC") == keys("DESC") == [fresh.key, seller.key]


def test_stale_statuses_need_no_further_statement(world, seller, query, statements):
    cover_until(world, seller, claim=15)
    query('{ account(key: "seller-1") { metrics { orderDefectRate { status knownThrough coverage { through } } } } }')
    assert len(statements) == 2  # the account, and its metrics


@pytest.fixture
def serve(world, built_ins):
    """The account `seller-1` of an application with some settings."""

    def serve(document, **settings):
        app = create_app(Settings(**({"clock": CLOCK} | settings)), Open(), loaded=built_ins, database=world.database)
        return TestClient(app, "http://localhost").post("/graphql", json={"query": document}).json()["data"]["account"]

    return serve


ORDER_DEFECTS = """{ account(key: "seller-1") { metrics { orderDefectRate {
  status unavailableReason knownThrough coverage { fact through } } } } }"""


@pytest.mark.parametrize(
    ("tolerances", "status"),
    [
        ({}, "NOT_AVAILABLE"),
        ({"looked_up": {"CLAIM": 20}}, "GOOD"),
        ({"looked_up": {"claim": 19}}, "NOT_AVAILABLE"),
        ({"looked_up": {"FEEDBACK": 20}}, "NOT_AVAILABLE"),
        ({"looked_up": 20}, "GOOD"),
        ({"looked_up": 20, "counted": 0}, "GOOD"),
        ({"counted": 20}, "NOT_AVAILABLE"),
    ],
)
def test_the_tolerances_are_settings(world, seller, serve, tolerances, status):
    cover_until(world, seller, claim=20, order=15)
    assert serve(ORDER_DEFECTS, stale_after=tolerances)["metrics"]["orderDefectRate"]["status"] == status


def test_the_clock_of_the_settings_decides_what_is_stale(world, seller, serve):
    cover_until(world, seller)
    statuses = [serve(ORDER_DEFECTS, clock=CLOCK + DAY * days)["metrics"]["orderDefectRate"]["status"] for days in (14, 15)]
    assert statuses == ["GOOD", "NOT_AVAILABLE"]


def test_a_file_with_a_header_alone_proves_none_until_its_instant(world, seller, serve, built_ins):
    cover(world, seller, {kind: TODAY for kind in FactKind if kind not in (FactKind.CLAIM, FactKind.CHARGEBACK)})

    def import_headers(observed_at: dt.datetime) -> dict[str, object]:
        for name, header in (("claims", b"order_id,opened_at\n"), ("chargebacks", b"order_id,filed_at,kind\n")):
            import_stream(
                world.database, built_ins, OWNER, seller.account_id, io.BytesIO(header), f"{name}.csv", observed_at=observed_at, format=name
            )
        return serve(ORDER_DEFECTS)["metrics"]["orderDefectRate"]

    old = import_headers(CLOCK - DAY * 365)
    assert (old["status"], old["unavailableReason"], old["knownThrough"]) == ("NOT_AVAILABLE", "STALE", str(TODAY - DAY * 351))
    assert {"fact": "CLAIM", "through": str(TODAY - DAY * 365)} in old["coverage"]
    new = import_headers(CLOCK)
    assert (new["status"], new["unavailableReason"], new["knownThrough"]) == ("GOOD", None, str(TODAY))
