"""A budget fills up steadily, refuses what it does not hold, and belongs to one viewer."""

import threading
from collections.abc import Iterator

import httpx2
import pytest
from starlette.testclient import TestClient

from sellerhealth.access import Permission, Viewer
from sellerhealth.app import create_app
from sellerhealth.graphql.operation_checks import Throttled
from sellerhealth.http.budgets import MAX_VIEWERS, Budget, Budgets, Charge
from sellerhealth.plugins.load import Loaded
from sellerhealth.settings import Settings
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK

MOST = 600_000


class Clock:
    """A clock that stands still until it is moved."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_budget_refuses_what_it_does_not_hold_and_takes_nothing() -> None:
    clock = Clock()
    budget = Budget(MOST, clock)
    budget.spend(MOST - 1)
    with pytest.raises(Throttled) as refused:
        budget.spend(10_000)
    assert refused.value.seconds == 1
    budget.spend(1)
    with pytest.raises(Throttled) as refused:
        budget.spend(MOST)
    assert refused.value.seconds == 60


def test_a_budget_fills_up_steadily_and_holds_no_more_than_a_minute() -> None:
    clock = Clock()
    budget = Budget(MOST, clock)
    budget.spend(MOST)
    clock.seconds = 30
    budget.spend(MOST // 2)
    with pytest.raises(Throttled):
        budget.spend(1)
    clock.seconds = 10_000
    budget.spend(MOST)
    with pytest.raises(Throttled):
        budget.spend(1)


def test_what_is_left_is_told_in_headers() -> None:
    clock = Clock()
    budget = Budget(MOST, clock)
    assert dict(budget.headers) == {b"ratelimit-policy": b'"cost";q=600000;w=60', b"ratelimit": b'"cost";r=600000;t=0'}
    budget.spend(100_000)
    assert dict(budget.headers)[b"ratelimit"] == b'"cost";r=500000;t=10'
    clock.seconds = 5
    assert dict(budget.headers)[b"ratelimit"] == b'"cost";r=550000;t=5'


def test_threads_never_spend_more_than_there_is() -> None:
    budget = Budget(MOST, Clock())
    spent = []

    def spend() -> None:
        for _ in range(200):
            try:
                budget.spend(1_000)
            except Throttled:
                return
            spent.append(1_000)

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(spent) == MOST


def test_a_charge_is_taken_once() -> None:
    clock = Clock()
    budget = Budget(MOST, clock)
    charge, too_much = Charge(budget), Charge(budget)
    charge.take(MOST - 1_000)
    charge.take(MOST - 1_000)
    assert budget.holds(1_000)
    for _ in range(2):  # one that was refused was not taken
        with pytest.raises(Throttled):
            too_much.take(2_000)
    too_much.take(1_000)
    assert not budget.holds(1)


def test_each_viewer_has_its_own_budget_and_the_least_recent_ones_are_forgotten() -> None:
    budgets = Budgets(MOST)
    first = budgets.of("0")
    assert budgets.of("0") is first
    assert budgets.of("1") is not first
    for number in range(MAX_VIEWERS):
        budgets.of(str(number))
    assert budgets.of("0") is first
    budgets.of("new")
    assert budgets.of("0") is first
    assert budgets.of("1") is not first


# ---------------------------------------------------------------- over HTTP


class TwoViewers:
    """Knows the viewers `a` and `b` by their ids as tokens."""

    def viewer_of(self, token: str | None) -> Viewer | None:
        return Viewer(token, "of the same name", frozenset(Permission), granted=None) if token in ("a", "b") else None


@pytest.fixture
def client(built_ins: Loaded, database: Database) -> Iterator[TestClient]:
    settings = Settings(clock=CLOCK, cost_per_minute=200_100)
    with TestClient(create_app(settings, TwoViewers(), loaded=built_ins, database=database), "http://localhost") as client:
        yield client


def post(client: TestClient, viewer: str, query: str = "{ __typename }") -> httpx2.Response:
    return client.post("/graphql", json={"query": query}, headers={"Authorization": f"Bearer {viewer}"})


DEAR = "{" + " ".join(f"a{n}: __schema {{ types {{ name }} }}" for n in range(7)) + "}"  # costs 140,000


def test_a_viewer_beyond_its_budget_gets_throttled_and_another_does_not(client: TestClient) -> None:
    first = post(client, "a", DEAR)
    assert first.status_code == 200
    assert first.headers["RateLimit-Policy"] == '"cost";q=200100;w=60'
    second = post(client, "a", DEAR)
    assert second.status_code == 429
    (error,) = second.json()["errors"]
    assert error["extensions"] == {"code": "THROTTLED"}
    assert 1 <= int(second.headers["Retry-After"]) <= 60
    assert f"Try again in {second.headers['Retry-After']} second" in error["message"]
    assert second.json()["extensions"]["cost"]["requestedQueryCost"] == 140_000
    assert post(client, "a").status_code == 200  # what is left is enough for it
    assert post(client, "b", DEAR).status_code == 200


def test_requests_that_are_refused_use_up_the_budget_too(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sellerhealth.http.endpoint.REQUEST_COST", 120_000)
    refused = post(client, "a", "{ nothing }")
    assert refused.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert post(client, "a").status_code == 429
