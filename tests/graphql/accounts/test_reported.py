"""Amazon's own figures of an account: all of the last reports, and the history of snapshots."""

import pytest

from sellerhealth.access import Permission, Viewer
from sellerhealth.model.tables import FactKind
from sellerhealth.testing import CLOCK, DAY, TODAY
from tests.support.importers import DE, US
from tests.support.performance import LATE, METRICS, VIOLATIONS, report, store_report

ALL = """
query ($asOf: Date, $marketplace: String) {
  account(key: "seller-1") {
    reported(asOf: $asOf, marketplace: $marketplace) {
      key channel marketplace { key } display status definition { key } comparison { reason } takenAt
    }
  }
}
"""
HISTORY = """
query ($key: String, $marketplace: String, $channel: Channel, $first: Int, $after: String, $last: Int, $before: String) {
  account(key: "seller-1") {
    reportedHistory(key: $key, marketplace: $marketplace, channel: $channel, first: $first, after: $after, last: $last, before: $before) {
      totalCount pageInfo { hasNextPage hasPreviousPage endCursor startCursor } edges { cursor node { key } }
      nodes { key channel value takenAt marketplace { key } }
    }
  }
}
"""


@pytest.fixture
def reported(world):
    """An account without a fact, and with a report of each of three days; the last is about two marketplaces."""
    seller = world.account(covers=())
    for number in range(3):
        metrics = METRICS | {"lateShipmentRate": LATE | {"rate": 0.01 * (number + 1)}}
        more = [metrics | {"marketplaceId": DE}] if number == 2 else []
        store_report(world.database, seller.account_id, report(metrics, *more), CLOCK - (2 - number) * DAY)
    return seller


def test_with_nothing_but_a_report_there_is_a_first_answer(query, reported):
    figures = {(each["marketplace"]["key"], each["key"]): each for each in query(ALL)["account"]["reported"]}
    assert len(figures) == 14
    late = figures[US, "lateShipmentRate"]
    assert (late["display"], late["status"], late["definition"]) == ("3.00 %", "GOOD", {"key": "late_shipment_rate"})
    assert late["comparison"] == {"reason": "COVERAGE"}
    unknown = figures[US, "accountStatus"]
    assert (unknown["display"], unknown["status"], unknown["definition"], unknown["comparison"]) == ("N/A", "NORMAL", None, None)
    assert figures[US, "listingPolicyViolations"]["definition"] == {"key": "policy_violations"}
    assert figures[US, "orderDefectRate"]["channel"] == "SELLER"


def test_the_last_reports_are_those_by_a_day_and_of_a_marketplace(query, reported):
    assert {each["marketplace"]["key"] for each in query(ALL, marketplace=DE)["account"]["reported"]} == {DE}
    assert {each["takenAt"] for each in query(ALL, asOf=str(TODAY - DAY))["account"]["reported"]} == {"2026-03-30T12:00:00Z"}
    assert query(ALL, asOf=str(TODAY - 9 * DAY))["account"]["reported"] == []
    assert query(ALL, marketplace="nowhere")["account"]["reported"] == []


@pytest.mark.parametrize(("covers", "reason"), [(tuple(FactKind), None), ((), "COVERAGE")], ids=["a source", "no source"])
def test_a_category_that_amazon_counts_none_of_agrees_with_ours_if_that_is_known_to_have_none(query, world, covers, reason):
    seller = world.account(covers=covers)
    world.save()
    store_report(world.database, seller.account_id, report(listingPolicyViolations=VIOLATIONS | {"defectsCount": 0}))
    (none,) = [each for each in query(ALL)["account"]["reported"] if each["key"] == "listingPolicyViolations"]
    assert (none["display"], none["comparison"]) == ("0", {"reason": reason})


def test_an_account_without_a_report_has_no_figures(query, world):
    world.account()
    assert query(ALL)["account"]["reported"] == []
    assert query(HISTORY)["account"]["reportedHistory"]["totalCount"] == 0


def test_the_history_is_newest_first_and_paged_in_both_directions(query, reported):
    first = query(HISTORY, key="lateShipmentRate", marketplace=US, first=2)["account"]["reportedHistory"]
    assert (first["totalCount"], [each["value"] for each in first["nodes"]]) == (3, [0.03, 0.02])
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    rest = query(HISTORY, key="lateShipmentRate", marketplace=US, after=first["pageInfo"]["endCursor"])["account"]["reportedHistory"]
    assert ([each["value"] for each in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == ([0.01], False)
    before = rest["pageInfo"]["startCursor"]
    back = query(HISTORY, key="lateShipmentRate", marketplace=US, last=1, before=before)["account"]["reportedHistory"]
    assert [each["value"] for each in back["nodes"]] == [0.02]


def test_every_figure_is_on_exactly_one_page(query, reported):
    seen, after = [], None
    while True:
        page = query(HISTORY, first=5, after=after)["account"]["reportedHistory"]
        seen += [(each["takenAt"], each["marketplace"]["key"], each["key"], each["channel"]) for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == page["totalCount"] == 28
    assert [each[0] for each in seen] == sorted((each[0] for each in seen), reverse=True)


def test_the_history_of_a_channel(query, reported):
    nodes = query(HISTORY, channel="SELLER", first=100)["account"]["reportedHistory"]["nodes"]
    assert {each["key"].partition(".")[0] for each in nodes} == {"orderDefectRate"}


@pytest.mark.parametrize("cursor", ["", "x", "WyJhIl0", "WyIyMDI2LTAzLTMxIiwiYSIsImIiLCIiLCItMSIsImMiXQ"])
def test_what_is_no_cursor_of_the_history_is_refused(execute, reported, cursor):
    (error,) = execute(HISTORY, after=cursor).errors
    assert "`after` is not a cursor of this list" in error["message"]


def test_what_is_not_granted_is_not_there(execute, world, reported):
    other = world.account()
    world.save()
    viewer = Viewer("v", "v", frozenset({Permission.READ}), frozenset({other.account_id}))
    assert execute(ALL, viewer=viewer).data == {"account": None}
