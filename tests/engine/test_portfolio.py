"""The portfolio: every account at its position in every order, on pages of any size."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sellerhealth.access import OWNER, ReadSession, Viewer
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.account_status import AccountStatus
from sellerhealth.engine.account_statuses import AccountStatuses
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.holding import Holding
from sellerhealth.engine.portfolio import (
    AccountOrder,
    AccountSortField,
    SortDirection,
    number_of_accounts,
    page_by_name,
)
from sellerhealth.engine.ranking import Listing, rank_accounts
from sellerhealth.engine.results import Results
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.model.records import Account
from sellerhealth.store import accounts
from sellerhealth.store.database import Database
from sellerhealth.store.keyset import Page, PageRequest, Position, page_of_sorted
from sellerhealth.store.lookups import AccountRow
from sellerhealth.testing import CLOCK, TODAY
from tests.engine.judging_metrics import METRICS
from tests.fuzz import fuzzing

HEALTHIEST_FIRST = ["WITHOUT_TARGET", "GOOD", "AT_RISK", "CRITICAL"]
ORDERS = [(field, direction) for field in AccountSortField for direction in SortDirection]

# Names that are equal, differ only in case, are not ASCII, or contain wildcards of LIKE.
NAMES = ["Bärenhaus", "acme", "Acme", "100 % Wolle", "acme", "Zeta", "a_b", "", "東京", "acme", "a/b", "ACB"]


def arranged(rows: list[Any], key: Callable[[Any], str], descends: bool, *by: Callable[[Any], Any]) -> list[Any]:
    """The obvious way to sort: by one value after the other, None last, ties by key."""
    if not by:
        return sorted(rows, key=key)
    known = sorted({value for row in rows if (value := by[0](row)) is not None}, reverse=descends)
    return [row for value in (*known, None) for row in arranged([row for row in rows if by[0](row) == value], key, descends, *by[1:])]


def reference(
    account_statuses: AccountStatuses, order: AccountOrder, only: Callable[[AccountRow], bool] = lambda account: True
) -> list[str]:
    """The keys of accounts in an order."""

    def status_of(account: AccountRow) -> AccountStatus:
        return account_statuses.of(account.account_id, order.metrics)

    def severity(account: AccountRow) -> int | None:
        status = status_of(account).status
        return None if status == "NOT_AVAILABLE" else HEALTHIEST_FIRST.index(status)

    by: dict[AccountSortField, list[Callable[[AccountRow], Any]]] = {
        AccountSortField.HEALTH: [severity, lambda account: status_of(account).used],
        AccountSortField.NAME: [lambda account: account.name.casefold()],
        AccountSortField.VALUE: [lambda account: status_of(account).value],
    }
    listed = arranged(list(filter(only, account_statuses.accounts.values())), lambda account: account.key, order.descends, *by[order.field])
    return [account.key for account in listed]


def statuses_of(rows_by_id: dict[int, AccountRow], by_metric: dict[Metric, dict[int, AccountStatus]]) -> AccountStatuses:
    return AccountStatuses(rows_by_id, by_metric, frozenset(), Results(TODAY), Holding((), CLOCK, None))


def ranked(account_statuses: AccountStatuses, order: AccountOrder) -> Sequence[Position]:
    return rank_accounts(account_statuses, Listing(AccountFilter(), order, TODAY))


def all_pages(page_of: Callable[[PageRequest], Page[Position]], size: int, *, from_end: bool) -> list[str]:
    """The keys on all pages, one page after the other from either end."""
    keys: list[str] = []
    position: Position | None = None
    while True:
        page = page_of(PageRequest(size, before=position, from_end=True) if from_end else PageRequest(size, after=position))
        on_page = [key for *_, key in page.rows]
        assert len(on_page) <= size
        assert (page.has_next if from_end else page.has_previous) == bool(keys)
        keys = on_page + keys if from_end else keys + on_page
        if not (page.has_previous if from_end else page.has_next):
            return keys
        position = page.rows[0 if from_end else -1]


fractions = st.none() | st.fractions(0, 2, max_denominator=3)
rows_of_statuses = st.lists(
    st.tuples(st.sampled_from(NAMES), st.lists(st.tuples(st.sampled_from(MetricStatus), fractions, fractions), min_size=2, max_size=2)),
    max_size=12,
)


@settings(fuzzing(short=50))
@given(rows_of_statuses, st.sampled_from(ORDERS), st.sampled_from([METRICS[:1], METRICS[:2]]), st.integers(1, 13), st.booleans())
def test_pages_of_any_size_are_the_list_in_any_order(rows, by, metrics, size, from_end):  # type: ignore[no-untyped-def]  # hypothesis fills them
    rows_by_id = {number: AccountRow(number, f"key-{number:02}", name, None) for number, (name, _) in enumerate(rows)}
    by_metric = {
        each: {number: AccountStatus(*drawn[index]) for number, (_, drawn) in enumerate(rows)} for index, each in enumerate(METRICS[:2])
    }
    account_statuses = statuses_of(rows_by_id, by_metric)
    order = AccountOrder(by[0], by[1], metrics)
    listed = ranked(account_statuses, order)
    assert [key for *_, key in listed] == reference(account_statuses, order)
    assert list(listed) == [order.position(rows_by_id[int(key[4:])], account_statuses) for *_, key in listed]

    def page_of(request: PageRequest) -> Page[Position]:
        return page_of_sorted(listed, order.rank, order.rank, request)

    assert all_pages(page_of, size, from_end=from_end) == reference(account_statuses, order)


def test_descending_is_worst_first_and_what_cannot_be_measured_is_last_in_both_directions() -> None:
    half, more = Fraction(1, 2), Fraction(3, 2)
    drawn = {
        "late": AccountStatus(MetricStatus.CRITICAL, more),
        "violated": AccountStatus(MetricStatus.CRITICAL, None),  # its target allows nothing, so there is no share of it
        "near": AccountStatus(MetricStatus.AT_RISK, half),
        "well": AccountStatus(MetricStatus.GOOD, half),
        "best": AccountStatus(MetricStatus.GOOD, Fraction(0)),
        "new": AccountStatus(MetricStatus.NOT_AVAILABLE, None),
    }
    rows_by_id = {number: AccountRow(number, key, "", None) for number, key in enumerate(drawn)}
    by_metric = {METRICS[0]: dict(enumerate(drawn.values()))}
    account_statuses = statuses_of(rows_by_id, by_metric)

    def keys(direction: SortDirection) -> list[str]:
        return [key for *_, key in ranked(account_statuses, AccountOrder(AccountSortField.HEALTH, direction, METRICS[:1]))]

    assert keys(SortDirection.DESC) == ["late", "violated", "near", "well", "best", "new"]
    assert keys(SortDirection.ASC) == ["best", "well", "near", "late", "violated", "new"]


@pytest.fixture
def named(database: Database) -> dict[str, str]:
    """The names of some accounts, by key."""
    with database.writing() as connection:
        for number, name in enumerate(NAMES):
            accounts.create(connection, f"Key-{number:02}", name)
    return {f"Key-{number:02}": name for number, name in enumerate(NAMES)}


@settings(fuzzing(short=30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(1, 13),
    direction=st.sampled_from(SortDirection),
    from_end=st.booleans(),
    keys=st.none() | st.sets(st.integers(0, 14).map("Key-{:02}".format)),
    search=st.none() | st.sampled_from(["", "acme", "ÄR", "KEY-0", "%", "_", "/", "0 % w", "京", "nothing"]),
)
def test_pages_by_name_are_the_filtered_accounts(database, named, size, direction, from_end, keys, search):  # type: ignore[no-untyped-def]  # hypothesis fills them
    only = AccountFilter(keys=None if keys is None else tuple(keys), search=search)
    matching = [
        (key, name)
        for key, name in named.items()
        if (keys is None or key in keys) and (search is None or search.lower() in key.lower() or search.lower() in name.lower())
    ]
    expected = arranged(matching, lambda row: row[0], direction == "DESC", lambda row: row[1].casefold())
    order = AccountOrder(AccountSortField.NAME, direction)
    with database.reading() as connection:
        session = ReadSession(connection, OWNER, CLOCK)

        def page_of(request: PageRequest) -> Page[Position]:
            page = page_by_name(session, only, order, request)
            return page._replace(rows=[listed.position for listed in page.rows])

        assert all_pages(page_of, size, from_end=from_end) == [key for key, _ in expected]
        assert number_of_accounts(session, only) == len(expected)
        positions = page_of(PageRequest(100)).rows
        for after, before in [(index, index + 2) for index in range(-1, len(expected))]:
            bounds = positions[after] if after >= 0 else None, positions[before] if before < len(positions) else None
            page = page_of(PageRequest(1, *bounds, from_end=from_end))
            assert [key for *_, key in page.rows] == [key for key, _ in expected[after + 1 : before]]
            assert (page.has_previous, page.has_next) == (after >= 0, before < len(positions))


@pytest.mark.parametrize("direction", SortDirection)
@pytest.mark.parametrize("request_", [PageRequest(10, from_end=True), PageRequest(10, after=("name 1", "key-0001"))], ids=["last", "next"])
def test_a_page_by_name_is_read_in_the_order_of_an_index(
    database: Database, sent: Sequence[tuple[str, Any]], direction: SortDirection, request_: PageRequest
) -> None:
    with database.writing() as connection:
        connection.execute(
            sa.insert(Account), [{"account_id": number, "key": f"key-{number:04}", "name": f"Name {number % 99}"} for number in range(2000)]
        )
        connection.exec_driver_sql("ANALYZE accounts")
    with database.reading() as connection:
        page_by_name(ReadSession(connection, OWNER, CLOCK), AccountFilter(), AccountOrder(AccountSortField.NAME, direction), request_)
        statement, parameters = next(each for each in sent if "ORDER BY" in each[0])
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        plan = " ".join(str(step) for step in connection.exec_driver_sql(f"{explain} {statement}", parameters))
    assert "ix_accounts_folded_name_key" in plan


def test_an_account_that_the_viewer_may_not_see_is_never_listed(database: Database, named: dict[str, str]) -> None:
    some = Viewer(
        "some", "some", frozenset(), granted=frozenset(accounts.account_id_of(key) for key, name in named.items() if name == "acme")
    )
    only = AccountFilter(search="key")
    with database.reading() as connection:
        page = page_by_name(ReadSession(connection, some, CLOCK), only, AccountOrder(), PageRequest(100))
        assert {listed.account.name for listed in page.rows} == {"acme"}
        assert number_of_accounts(ReadSession(connection, some, CLOCK), only) == NAMES.count("acme")
    account_statuses = MetricBatch(database, some, CLOCK).account_statuses(only, METRICS, TODAY)
    assert {account.name for account in account_statuses.accounts.values()} == {"acme"}
