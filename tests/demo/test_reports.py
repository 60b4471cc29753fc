"""The demo's files: the same each time, with every kind of event, and nothing in the future."""

import datetime as dt
import hashlib
import io
import json
import re
import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest

from sellerhealth.demo.calendar import CLOCK, FIRST_DAY, LAST_DAY
from sellerhealth.demo.sellers import SELLERS
from sellerhealth.facts import ChargebackKind, ClaimState, OrderStatus, Severity
from sellerhealth.intake import detect, sample_of
from sellerhealth.plugins.load import load_plugins
from sellerhealth.settings import Settings
from tests.demo.conftest import orders, rows
from tests.support.importers import BY_LAST_UPDATE, BY_ORDER_DATE, FEEDBACK_REPORT, ORDERS_API, OWN_CSVS, PERFORMANCE_V2

SELLING = [seller.key for seller in SELLERS if seller.daily]

DIGEST = """
import hashlib
from sellerhealth.demo.reports import reports_of
from sellerhealth.demo.sellers import SELLERS
from sellerhealth.demo.simulation import simulate
contents = [report.content for seller in SELLERS[::3] for report in reports_of(simulate(seller))]
print(hashlib.sha256(b"".join(contents)).hexdigest())
"""


def test_the_files_are_the_same_in_another_process_with_other_hashes_and_another_clock(files):
    other = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    done = subprocess.run([sys.executable, "-c", DIGEST], env=other, capture_output=True, text=True, check=True)
    some = {seller.key for seller in SELLERS[::3]}
    contents = [report.content for (seller, _), report in files.items() if seller in some]
    assert done.stdout.strip() == hashlib.sha256(b"".join(contents)).hexdigest()


# What other formats report, the demo has from these.
USED = {BY_ORDER_DATE, BY_LAST_UPDATE, ORDERS_API, FEEDBACK_REPORT, PERFORMANCE_V2, *(each.name for each in OWN_CSVS)}


def test_every_kind_of_source_is_used_and_each_file_is_recognised(files):
    importers = load_plugins(Settings(strict=True)).importers
    formats = set()
    for (_, name), report in files.items():
        formats.add(detect(sample_of(io.BytesIO(report.content), name), importers).name)
    assert formats == USED


def instants_of(report):
    content = report.content.decode("cp1252")
    promised = re.sub(r'"(shipBy|deliverBy)Window":\{[^}]*\}', "", content)
    return [dt.datetime.fromisoformat(text) for text in re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|\+00:00)", promised)]


def test_no_file_contains_what_happened_after_its_instant(files):
    for (seller, name), report in files.items():
        instants = instants_of(report)
        assert all(instant <= report.observed_at <= CLOCK for instant in instants), (seller, name)
        assert instants or name.startswith(("feedback-", "performance-")) or seller == "new"


def test_orders_are_placed_on_400_days_up_to_the_last(files):
    for seller in SELLING:
        days = {
            line["purchase-date"][:10]
            for name in ("orders-by-order-date.txt", "orders-by-last-update.txt")
            for line in rows(files[seller, name])
        }
        assert (LAST_DAY - FIRST_DAY).days == 399
        assert min(days) == FIRST_DAY.isoformat()
        assert max(days) == LAST_DAY.isoformat()


def test_deadlines_are_the_last_second_of_a_day_in_the_marketplace(files):
    for seller in SELLERS:
        zones = {market.key: market.zone for market in seller.markets}
        for order in orders(files[seller.key, "orders-api.json"]) if seller.daily else ():
            if "shipByWindow" in order["fulfillment"]:
                for window in ("shipByWindow", "deliverByWindow"):
                    deadline = dt.datetime.fromisoformat(order["fulfillment"][window]["latestDateTime"])
                    local = deadline.astimezone(zones[order["salesChannel"]["marketplaceId"]])
                    assert (local.hour, local.minute, local.second) == (23, 59, 59)


def test_the_healthy_the_slipping_and_the_critical_sell_in_several_marketplaces_and_the_new_one_nowhere_yet(files):
    for seller in SELLING:
        assert len({line["sales-channel"] for line in rows(files[seller, "orders-by-order-date.txt"])}) >= 2
        assert {line["fulfillment-channel"] for line in rows(files[seller, "orders-by-order-date.txt"])} == {"Merchant", "Amazon"}
    assert [name for seller, name in files if seller == "new"] == ["orders-by-order-date.txt"]
    assert rows(files["new", "orders-by-order-date.txt"]) == []


@pytest.fixture(scope="session")
def lines(files):
    """The lines of all CSVs of the sellers, by the name of the file."""
    names = {name for _, name in files if name.endswith(".csv")}
    return {name.removesuffix(".csv"): [line for seller in SELLING for line in rows(files[seller, name])] for name in names}


def test_there_are_claims_chargebacks_and_violations_of_every_kind(lines):
    assert {line["state"] for line in lines["claims"]} == set(ClaimState)
    assert {line["kind"] for line in lines["chargebacks"]} == set(ChargebackKind)
    assert {line["severity"] for line in lines["violations"]} == {*Severity, ""}
    assert len({line["category"] for line in lines["violations"]}) > 6
    assert {bool(line["resolved_at"]) for line in lines["violations"]} == {True, False}


def test_feedback_has_all_stars_and_some_is_removed_or_struck_through(lines):
    assert {line["rating"] for line in lines["feedback"]} == set("12345")
    assert any(line["removed_at"] for line in lines["feedback"])
    assert any(line["struck_through"] == "yes" for line in lines["feedback"])
    assert any("\n" in line["comment"] for line in lines["feedback"])
    assert any('"' in line["comment"] for line in lines["feedback"])


def test_messages_are_answered_in_time_late_never_by_a_machine_or_need_no_answer(lines):
    threads = {}
    for line in lines["messages"]:
        threads.setdefault((line["marketplace"], line["thread_id"]), []).append(line)
    waits = set()
    for messages in threads.values():
        sent = min(line["sent_at"] for line in messages if line["from"] == "BUYER")
        replies = [line["sent_at"] for line in messages if line["from"] == "SELLER" and line["automatic"] == "no"]
        wait = dt.datetime.fromisoformat(min(replies)) - dt.datetime.fromisoformat(sent) if replies else None
        waits.add("never" if wait is None else "late" if wait > dt.timedelta(hours=24) else "in time")
    assert waits == {"never", "late", "in time"}
    assert any(line["automatic"] == "yes" for line in lines["messages"])
    assert any(line["needs_answer"] == "no" for line in lines["messages"])
    assert any(line["order_id"] == "" for line in lines["messages"])


def test_packages_make_every_kind_of_journey(lines):
    packages = lines["packages"]
    assert any(line["package_id"] == "2" for line in packages)
    assert len({line["category"] for line in packages}) > 3
    assert any(int(line["units"]) > 3 for line in packages)
    assert any(line["exempt_reason"] and not line["tracking_number"] for line in packages)
    assert any(line["tracking_number"] and not line["first_scan_at"] for line in packages)
    assert any(not line["tracking_number"] and not line["exempt_reason"] for line in packages)
    assert any(line["first_scan_at"] and not line["delivered_at"] for line in packages)
    assert any(line["first_attempt_at"] < line["delivered_at"] for line in packages)
    assert any(line["is_protected"] == "yes" for line in packages)
    assert any(line["delivered_at"] and line["delivered_at"] < line["confirmed_at"] for line in packages)


@pytest.fixture(scope="session")
def api(files):
    return [order for seller in SELLING for order in orders(files[seller, "orders-api.json"])]


def test_orders_have_every_status_and_are_confirmed_early_late_or_not_at_all(api):
    assert {order["fulfillment"]["fulfillmentStatus"] for order in api} == set(OrderStatus) - {OrderStatus.UNFULFILLABLE}
    assert any("associatedOrders" in order for order in api)
    to_ship = [order for order in api if "shipByWindow" in order["fulfillment"]]
    deadline = {order["orderId"]: order["fulfillment"]["shipByWindow"]["latestDateTime"] for order in to_ship}
    late = [order for order in to_ship if any(p["createdTime"] > deadline[order["orderId"]] for p in order["packages"])]
    overdue = [
        order
        for order in to_ship
        if order["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED" and deadline[order["orderId"]] < CLOCK.isoformat()
    ]
    assert 0 < len(overdue) < len(late) < len(to_ship) / 10


def test_orders_are_cancelled_by_everybody_wholly_and_in_part_pending_and_accepted(api, lines):
    kinds = set()
    for order in api:
        cancelled = [item.get("cancellation") for item in order["orderItems"]]
        for each in filter(None, cancelled):
            by, is_requested = each["cancellationExecution"]["cancelledBy"], "cancellationRequest" in each
            kinds.add((by, is_requested, "accepted" if "shipByWindow" in order["fulfillment"] else "pending", all(cancelled)))
        if any(cancelled) and order.get("packages") and all(cancelled):
            kinds.add("although shipped")
    assert kinds == {
        ("MERCHANT", False, "accepted", True),
        ("MERCHANT", False, "accepted", False),
        ("MERCHANT", True, "accepted", True),
        ("BUYER", True, "accepted", True),
        ("AMAZON", False, "accepted", True),
        ("BUYER", False, "pending", True),
        ("AMAZON", False, "pending", True),
        "although shipped",
    }
    assert {line["cancelled_by"] for line in lines["cancellations"]} == {"SELLER", "BUYER", "AMAZON"}
    assert lines["refunds"]


def test_only_the_critical_seller_has_orders_with_an_unknown_canceller(files):
    unknown = {}
    for seller in SELLING:
        cancelled = {
            line["amazon-order-id"] for line in rows(files[seller, "orders-by-order-date.txt"]) if line["order-status"] == "Cancelled"
        }
        unknown[seller] = cancelled - {line["order_id"] for line in rows(files[seller, "cancellations.csv"])}
    assert [seller for seller, orders_ in unknown.items() if orders_] == ["critical"]


def test_the_later_report_continues_the_earlier_one(files):
    for seller in SELLING:
        before = {line["amazon-order-id"]: line["order-status"] for line in rows(files[seller, "orders-by-order-date.txt"])}
        after = {line["amazon-order-id"]: line["order-status"] for line in rows(files[seller, "orders-by-last-update.txt"])}
        assert any(before.get(order) == "Unshipped" and status == "Shipped" for order, status in after.items())
        assert after.keys() - before.keys()


def test_amazons_feedback_has_one_to_three_stars_and_the_date_format_of_its_marketplace(files):
    (american, canadian) = (rows(files["healthy", f"feedback-{country}.txt"]) for country in ("US", "CA"))
    assert {line["Rating"] for line in american + canadian} <= set("123")
    assert any(int(line["Date"].split("/")[1]) > 12 for line in american)
    assert any(int(line["Date"].split("/")[0]) > 12 for line in canadian)
    german = files["critical", "feedback-DE.txt"].content
    with pytest.raises(UnicodeDecodeError):
        german.decode()


def test_the_zones_of_the_sellers_exist():
    assert all(ZoneInfo(seller.time_zone) for seller in SELLERS)


def test_amazons_own_figures_are_of_each_week_and_close_to_what_happened(files):
    for seller in SELLING:
        reports = [json.loads(report.content) for (key, name), report in files.items() if key == seller and name.startswith("performance-")]
        assert len(reports) == 5
        for metrics in reports[-1]["performanceMetrics"]:
            late = metrics["lateShipmentRate"]
            assert late["rate"] == round(late["lateShipmentCount"] / late["orderCount"], 4)
            assert late["reportingDateRange"]["reportingDateTo"] == f"{LAST_DAY}T23:59Z"
            defects = metrics["orderDefectRate"]["mfn"]
            parts = [defects[part]["count"] for part in ("claims", "chargebacks", "negativeFeedback")]
            assert max(parts) <= defects["orderWithDefects"]["count"] <= sum(parts)
    (slipping, *_) = json.loads(files["slipping", f"performance-{LAST_DAY}.json"].content)["performanceMetrics"]
    assert (slipping["listingPolicyViolations"]["defectsCount"], slipping["documentRequests"]["defectsCount"]) == (1, 0)
