"""`Query.accounts` with a filter and an order: its pages, its cursors, its statements and its errors."""

import datetime as dt

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sellerhealth import Count, Metric, Window, count, testing
from sellerhealth.facts import Order, Package
from sellerhealth.graphql import ids
from sellerhealth.graphql.schema import make_schema
from sellerhealth.model.records import Account
from sellerhealth.testing import HOUR, US, at
from tests.fuzz import fuzzing
from tests.support.random_facts import observations, random_facts

DE = "A1PA6795UKMFR9"
STATUSES = ["CRITICAL", "AT_RISK", "GOOD", "WITHOUT_TARGET", "NOT_AVAILABLE"]
METRICS = ["order_defect_rate", "late_shipment_rate", "policy_violations", "valid_tracking_rate", "seller_rating", "customer_feedback"]

PAGE = """
query ($filter: AccountFilter, $orderBy: AccountSort, $asOf: Date, $first: Int, $last: Int, $after: String, $before: String) {
  accounts(filter: $filter, orderBy: $orderBy, asOf: $asOf, first: $first, last: $last, after: $after, before: $before) {
    nodes { key }
    edges { cursor }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}
"""
ACCOUNT = """
query ($key: String!, $keys: [String!]!) {
  account(key: $key) {
    key name healthStatus marketplaces { key }
    metricResults(keys: $keys) {
      definition { key section target { enforced } windows { days } }
      value status overallStatus headroom { used }
      windows { status window { days } headroom { used } }
    }
  }
}
"""


@pytest.fixture(scope="module")
def queried():
    """Each account of the portfolio, queried by itself. The first test that needs them queries them: they are always the same."""
    return []


@pytest.fixture
def portfolio(world, query, queried):
    """A world with many accounts, and each of them queried by itself."""
    for seed in range(5):
        seller = world.account()
        for fact, observed_at, values in observations(random_facts(seed, "UTC", orders=3 + 12 * seed)):
            seller.add(fact, observed_at=observed_at, **values)
    ship_by = dt.datetime(2026, 3, 12, tzinfo=dt.UTC)
    for number, late in [(0, 0), (1, 0), (40, 1), (60, 2), (40, 1), (20, 3), (30, 4), (30, 1)]:
        seller = world.account()
        for index, order in enumerate(testing.orders(seller, number, ship_by=ship_by)):
            seller.confirm(order, ship_by + (1 if index < late else -1) * HOUR)
    world.account(covers=())
    for seller in world.accounts:
        seller.save()
    with world.database.writing() as connection:
        for number, seller in enumerate(world.accounts):
            changed = sa.update(Account).where(Account.account_id == seller.account_id)
            name = ["Öl & Essig", "Acme", "acme 100 %", "Acme"][number % 4]
            connection.execute(changed.values(name=name, folded_name=name.casefold()))
    keys = [f"seller-{number + 1}" for number in range(len(world.accounts))]
    world.accounts.clear()  # everything is saved
    if not queried:
        queried += [query(ACCOUNT, key=key, keys=METRICS)["account"] for key in keys]
    return queried


def result(account, metric):
    return next(each for each in account["metricResults"] if each["definition"]["key"] == metric)


def status(account, metric):
    return account["healthStatus"] if metric is None else result(account, metric)["overallStatus"]


def is_in(account, *, keys=None, search=None, marketplace=None, metric=None, statuses=None):
    """Whether an account meets a filter."""
    return (
        (keys is None or account["key"] in keys)
        and (search is None or search.lower() in account["key"].lower() or search.lower() in account["name"].lower())
        and (marketplace is None or marketplace in [each["key"] for each in account["marketplaces"]])
        and (statuses is None or status(account, metric) in statuses)
    )


def distinct(values, descends):
    """The distinct values in order, None last."""
    return [*sorted((value for value in set(values) if value is not None), reverse=descends), None]


def in_order(portfolio, field, direction, metric=None):
    """The accounts in order of a value. HEALTH compares the status only: the used share has a test of its own."""

    def value(account):
        if field == "NAME":
            return account["name"].casefold()
        if field == "VALUE":
            return result(account, metric)["value"]
        rank = ["GOOD", "AT_RISK", "CRITICAL"]
        return rank.index(status(account, metric)) if status(account, metric) in rank else None

    listed = sorted(portfolio, key=lambda account: account["key"])
    values = distinct(map(value, portfolio), direction == "DESC")
    return [account for each in values for account in listed if value(account) == each], value


filters = st.fixed_dictionaries(
    {},
    optional={
        "keys": st.none() | st.lists(st.integers(0, 14).map("seller-{}".format)),
        "search": st.none() | st.sampled_from(["", "SELLER-1", "ö", "Acme", "%", "_"]),
        "marketplace": st.none() | st.sampled_from([US, DE, "A1F83G8C2ARO7P"]),
        "metric": st.none() | st.sampled_from(METRICS),
        "statuses": st.none() | st.lists(st.sampled_from(STATUSES), max_size=3),
    },
)
sorts = st.tuples(st.sampled_from(["HEALTH", "NAME", "VALUE"]), st.sampled_from(["ASC", "DESC"]), st.sampled_from(METRICS))


@settings(fuzzing(short=10), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(account_filter=st.none() | filters, sort=sorts, health_of_all=st.booleans(), size=st.integers(1, 14), from_end=st.booleans())
def test_all_pages_together_are_the_filtered_list_in_order(portfolio, query, account_filter, sort, health_of_all, size, from_end):
    field, direction, metric = sort
    if field == "NAME" or (field == "HEALTH" and health_of_all):
        metric = None
    order_by = {"field": field, "direction": direction, "metric": metric}
    seen, cursor, more = [], None, True
    while more:
        arguments = {"last": size, "before": cursor} if from_end else {"first": size, "after": cursor}
        page = query(PAGE, filter=account_filter, orderBy=order_by, **arguments)["accounts"]
        found, info = [node["key"] for node in page["nodes"]], page["pageInfo"]
        assert (info["hasNextPage"] if from_end else info["hasPreviousPage"]) == bool(seen)
        seen = found + seen if from_end else seen + found
        cursor, more = (info["startCursor"], info["hasPreviousPage"]) if from_end else (info["endCursor"], info["hasNextPage"])
    matching = [account for account in portfolio if is_in(account, **(account_filter or {}))]
    assert page["totalCount"] == len(matching) == len(seen) == len(set(seen))
    expected, value = in_order(matching, field, direction, metric)
    if field == "HEALTH":  # within a status the share that is used decides, which no single field has: see tests/engine
        by_key = {account["key"]: value(account) for account in matching}
        assert [by_key[key] for key in seen] == [value(account) for account in expected]
        assert set(seen) == set(by_key)
    else:
        assert seen == [account["key"] for account in expected]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_within_a_status_the_share_that_is_used_decides(portfolio, query, direction):
    order_by = {"field": "HEALTH", "direction": direction, "metric": "late_shipment_rate"}
    shares = {}
    for account in portfolio:
        of_windows = result(account, "late_shipment_rate")["windows"]  # both of which Amazon judges
        used = [each["headroom"]["used"] for each in of_windows if each["status"] != "NOT_AVAILABLE" and each["headroom"]]
        shares[account["key"]] = status(account, "late_shipment_rate"), max(used, default=None)
    listed = [shares[node["key"]] for node in query(PAGE, orderBy=order_by)["accounts"]["nodes"]]
    assert len({used for _, used in shares.values()}) > 5
    for expected in STATUSES[:3]:
        used = [used for each, used in listed if each == expected]
        assert used == sorted(used, reverse=direction == "DESC")


def test_without_an_order_accounts_come_by_name_then_key(portfolio, query):
    expected = [account["key"] for account in sorted(portfolio, key=lambda account: (account["name"].casefold(), account["key"]))]
    page = query(PAGE)["accounts"]
    assert [node["key"] for node in page["nodes"]] == expected
    by_name = query(PAGE, orderBy={"field": "NAME", "direction": "ASC"}, after=page["edges"][4]["cursor"])["accounts"]
    assert [node["key"] for node in by_name["nodes"]] == expected[5:]


def test_three_counts_and_a_page_with_its_health_cost_one_metric_statement_and_one_for_unproven_rows(portfolio, query, statements):
    document = """
    {
      all: accounts { totalCount }
      critical: accounts(filter: {statuses: [CRITICAL]}) { totalCount nodes { healthStatus } }
      atRisk: accounts(filter: {statuses: [AT_RISK]}) { totalCount }
      accounts(first: 5, orderBy: {field: HEALTH, direction: DESC}) {
        nodes { key healthStatus metricResults(keys: ["order_defect_rate", "late_shipment_rate"]) { status headroom { used } } }
      }
    }
    """
    statements.clear()
    data = query(document)
    assert len([statement for statement in statements if "UNION ALL" in statement]) == 2  # the second one is of unproven rows
    health = {account["key"]: account["healthStatus"] for account in portfolio}
    assert data["all"]["totalCount"] == len(portfolio)
    assert data["critical"]["totalCount"] == list(health.values()).count("CRITICAL") > 0
    assert {node["healthStatus"] for node in data["critical"]["nodes"]} == {"CRITICAL"}
    assert data["atRisk"]["totalCount"] == list(health.values()).count("AT_RISK")
    for node in data["accounts"]["nodes"]:
        assert node["healthStatus"] == health[node["key"]]


def test_a_cursor_keeps_its_position_when_its_account_is_gone_or_has_moved(portfolio, query, world):
    by_value = {"field": "VALUE", "direction": "DESC", "metric": "late_shipment_rate"}
    page = query(PAGE, orderBy=by_value)["accounts"]
    keys = [node["key"] for node in page["nodes"]]
    with world.database.writing() as connection:
        account_id = connection.scalar(sa.select(Account.account_id).where(Account.key == keys[2]))
        connection.execute(sa.delete(Order).where(Order.account_id == account_id))
    after = query(PAGE, orderBy=by_value, after=page["edges"][2]["cursor"])["accounts"]
    assert [node["key"] for node in after["nodes"] if node["key"] != keys[2]] == keys[3:]


@pytest.mark.parametrize(
    ("order_by", "direction"),
    [
        ({"field": "HEALTH"}, "DESC"),
        ({"field": "NAME"}, "ASC"),
        ({"field": "VALUE", "metric": "late_shipment_rate"}, "DESC"),  # a target below a limit
        ({"field": "VALUE", "metric": "valid_tracking_rate"}, "ASC"),  # a target above a limit
        ({"field": "VALUE", "metric": "seller_rating"}, "ASC"),  # bands
        ({"field": "VALUE", "metric": "seller_rating", "direction": None}, "ASC"),
    ],
)
def test_without_a_direction_the_worst_comes_first(portfolio, query, order_by, direction):
    assert query(PAGE, orderBy=order_by) == query(PAGE, orderBy=order_by | {"direction": direction})


def test_an_account_says_what_decides_its_place_by_health(world, query):
    for misses in (0, 5, 3):
        seller = world.account()
        for number in range(100):
            order = seller.order(ship_by=at(3, 12))
            seller.add(Package, order_id=order, package_id="1", confirmed_at=at(3, 13 if number < misses else 11))
    document = """
    { accounts(orderBy: {field: HEALTH}) { nodes {
      key healthStatus
      health { status allowanceUsed worstResult { __typename id definition { key } window { days } status headroom { used } account { key } } }
    } } }
    """
    nodes = query(document)["accounts"]["nodes"]
    for node in nodes:
        worst = node["health"]["worstResult"]
        assert (worst["__typename"], worst["account"]["key"]) == ("AnyMetric", node["key"])
        assert worst["status"] == node["health"]["status"] == node["healthStatus"]
        assert worst["headroom"]["used"] == node["health"]["allowanceUsed"]
        again = query("query ($id: ID!) { node(id: $id) { ... on AnyMetric { status window { days } } } }", id=worst["id"])["node"]
        assert again == {"status": worst["status"], "window": worst["window"]}
    used = [node["health"]["allowanceUsed"] for node in nodes]
    assert used == sorted(used, reverse=True)
    assert [node["key"] for node in nodes] == ["seller-2", "seller-3", "seller-1"]
    assert [node["health"]["worstResult"]["definition"]["key"] for node in nodes[:2]] == ["late_shipment_rate"] * 2


def test_an_account_without_facts_has_no_worst_result(world, query):
    world.account(covers=())
    document = '{ account(key: "seller-1") { health { status allowanceUsed worstResult { id } } } }'
    assert query(document)["account"]["health"] == {"status": "NOT_AVAILABLE", "allowanceUsed": None, "worstResult": None}


NO_CURSOR = "`after` is not a cursor of this list: take one from `pageInfo` or `edges`."
ANOTHER_ORDER = "The cursor is of another order: leave it out, or use the order that it comes from."
ANOTHER_DAY = "The cursor is of another as-of day: leave it out, or use the `asOf` that it comes from."
HEALTH = {"field": "HEALTH", "direction": "DESC"}
LATE = {"field": "VALUE", "direction": "ASC", "metric": "late_shipment_rate"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"orderBy": {"field": "VALUE", "direction": "ASC"}}, "To order by `VALUE`, give the key of the metric in `metric`"),
        ({"orderBy": LATE | {"metric": "late_rate"}}, "There is no metric 'late_rate'. Did you mean late_shipment_rate"),
        ({"orderBy": {"field": "NAME", "direction": "ASC", "metric": "none"}}, "There is no metric 'none'."),
        ({"filter": {"metric": "late_rate"}}, "There is no metric 'late_rate'."),
        ({"filter": {"marketplace": "Mars"}}, "There is no marketplace 'Mars'."),
        ({"filter": {"keys": ["key"] * 1001}}, "At most 1000 keys are allowed at once, found 1001."),
        ({"filter": {"search": "a" * 201}}, "`search` may have at most 200 characters, found 201."),
        ({"orderBy": HEALTH, "after": "garbage"}, NO_CURSOR),
        ({"after": ids.write(["HEALTH", "DESC", None, None, "4", "1/2", "key"]), "orderBy": LATE}, ANOTHER_ORDER),
        ({"after": ids.write(["HEALTH", "DESC", None, None, "4", "1/2", "key"])}, ANOTHER_ORDER),
        ({"after": ids.write(["HEALTH", "ASC", None, None, "4", "1/2", "key"]), "orderBy": HEALTH}, ANOTHER_ORDER),
        ({"after": ids.write(["VALUE", "ASC", "seller_rating", None, "4", "key"]), "orderBy": LATE}, ANOTHER_ORDER),
        ({"after": ids.write(["HEALTH", "DESC", None, None, "4", "key"]), "orderBy": HEALTH}, NO_CURSOR),
        ({"after": ids.write(["HEALTH", "DESC", None, None, "4", 1, "key"]), "orderBy": HEALTH}, NO_CURSOR),
        ({"after": ids.write(["HEALTH", "DESC", None, None, "4", "1/0", "key"]), "orderBy": HEALTH}, NO_CURSOR),
        ({"after": ids.write(["HEALTH", "DESC", None, None, "4", "1e999999999", "key"]), "orderBy": HEALTH}, NO_CURSOR),
        ({"after": ids.write(["HEALTH", "DESC", None, None, "4", "1/2", 5]), "orderBy": HEALTH}, NO_CURSOR),
        ({"after": ids.write(["NAME", "ASC", None, None, None, "key"])}, NO_CURSOR),
        ({"after": ids.write(["NAME", "ASC", None, 5, "name", "key"])}, NO_CURSOR),
        ({"after": ids.write(["NAME", "ASC", None, "2026-03-01", "name", "key"])}, ANOTHER_DAY),
        ({"after": ids.write(["NAME", "ASC", None, None, "name", "key"]), "asOf": "2026-03-01"}, ANOTHER_DAY),
        ({"after": ids.write(["NAME", "ASC", None, "2026-03-02", "name", "key"]), "asOf": "2026-03-01"}, ANOTHER_DAY),
        ({"asOf": "1994-12-31"}, "`asOf` must be a day from 1995-01-01 to today, 2026-03-31 in UTC, found 1994-12-31."),
        ({"asOf": "2026-04-01", "orderBy": HEALTH}, "`asOf` must be a day from 1995-01-01 to today, 2026-03-31 in UTC, found 2026-04-01."),
        ({"after": ids.write(["order", "ASC", None, None, "name", "key"])}, NO_CURSOR),
    ],
)
def test_invalid_arguments_are_refused_with_a_fix(execute, arguments, message):
    result = execute(PAGE, **arguments)
    assert result.data == {"accounts": None}
    (error,) = result.errors
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith(message)


@pytest.mark.parametrize(("metric", "then"), [(None, "2026-02-15"), ("late_shipment_rate", "2026-03-13")])
def test_a_list_as_of_a_day_is_filtered_and_sorted_by_what_its_accounts_were_then(portfolio, query, metric, then):
    of_each = """
    query ($key: String!, $then: Date!) {
      account(key: $key) { key then: healthStatus(asOf: $then) now: healthStatus metrics(asOf: $then) { lateShipmentRate { overallStatus } } }
    }
    """
    each = [query(of_each, key=account["key"], then=then)["account"] for account in portfolio]
    was = {one["key"]: one["then"] if metric is None else one["metrics"]["lateShipmentRate"]["overallStatus"] for one in each}
    assert was != {account["key"]: status(account, metric) for account in portfolio}
    order_by = {"field": "HEALTH", "direction": "DESC", "metric": metric}
    first = query(PAGE, orderBy=order_by, asOf=then, first=4)["accounts"]
    rest = query(PAGE, orderBy=order_by, asOf=then, after=first["pageInfo"]["endCursor"])["accounts"]
    listed = [STATUSES.index(was[node["key"]]) for node in (*first["nodes"], *rest["nodes"])]
    assert listed == sorted(listed)
    assert len(listed) == first["totalCount"] == len(portfolio)
    for each_status in set(was.values()):
        page = query(PAGE, filter={"statuses": [each_status], "metric": metric}, asOf=then)["accounts"]
        assert {node["key"] for node in page["nodes"]} == {key for key, found in was.items() if found == each_status}


def test_a_cursor_is_refused_in_every_order_but_its_own(portfolio, execute):
    metrics = {"HEALTH": [None, *METRICS[:2]], "NAME": [None], "VALUE": METRICS[:2]}
    orders = [
        {"field": field, "direction": direction, "metric": metric}
        for field in metrics
        for direction in ("ASC", "DESC")
        for metric in metrics[field]
    ]
    for own in orders:
        cursor = execute(PAGE, orderBy=own).data["accounts"]["pageInfo"]["startCursor"]
        for order in orders:
            messages = [error["message"] for error in execute(PAGE, orderBy=order, after=cursor).errors]
            assert messages == ([] if order == own else [ANOTHER_ORDER])


def test_null_filters_count_as_left_out_and_empty_lists_match_nothing(portfolio, query):
    nulls = dict.fromkeys(["keys", "marketplace", "metric", "search", "statuses"])
    assert query(PAGE, filter=nulls, orderBy=None) == query(PAGE, filter=None) == query(PAGE, filter={}) == query(PAGE)
    for nothing in ({"keys": []}, {"statuses": []}, {"keys": ["nobody"]}):
        page = query(PAGE, filter=nothing)["accounts"]
        assert (page["nodes"], page["totalCount"], page["pageInfo"]["hasNextPage"]) == ([], 0, False)


class Broken(Count):
    """A value that cannot be computed."""

    def __call__(self, numbers):
        raise RuntimeError("the secret of the plugin")


def test_a_list_ordered_by_a_metric_that_fails_is_null_and_the_error_names_it(world, execute, loaded_with):
    orders = count(on=Order.placed_on, where=Order.accepted, description="Orders placed.")
    acme = Metric(
        key="acme_broken",
        title="T",
        description="D.",
        section="acme",
        windows=(Window(30),),
        measures={"orders": orders},
        value=Broken(orders),
    )
    world.account()
    document = """
    {
      accounts(orderBy: {field: VALUE, direction: DESC, metric: "acme_broken"}) { totalCount }
      byHealth: accounts(orderBy: {field: HEALTH, direction: DESC}) { totalCount }
    }
    """
    result = execute(document, schema=make_schema(loaded_with(acme)))
    assert result.data == {"accounts": None, "byHealth": {"totalCount": 1}}
    (error,) = result.errors
    assert (error["extensions"]["code"], error["extensions"]["metric"]) == ("METRIC_FAILED", "acme_broken")
