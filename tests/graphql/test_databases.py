"""SQLite and PostgreSQL give the same answers: every metric with its windows, parts, history, forecast, evidence and what-if, and every list.

Only `updatedAt` is not compared: it is when a test imported.
"""

import contextlib
import datetime as dt
import hashlib
import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

import pytest
from starlette.testclient import TestClient

from sellerhealth import Metric
from sellerhealth.app import create_app
from sellerhealth.http.authentication import Open
from sellerhealth.plugins.load import Loaded
from sellerhealth.settings import Settings
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, TODAY, US, World
from tests.support import memory
from tests.support.forgetting import forget_statements
from tests.support.random_facts import DE, observations, random_facts
from tests.support.stores import Kind, Stores

YEAR_AGO = TODAY - dt.timedelta(365)
RESULT = """
fragment Result on MetricResult {
  id status display value numerator denominator overallStatus unavailableReason knownThrough
  scope { marketplace { key } channel part { dimension value } } window { from to } target { limit } headroom { used allowed needed }
  figures { key value display } coverage { fact through } unprovenRows { count rejected cells { fact column } }
}
"""
FACT = "id label occurredAt marketplace { key }"
PAGE = "pageInfo { hasNextPage endCursor } edges { cursor %s node { %s } } totalCount"


class Answers:
    """The hashes of the answers of an application over a store, each by the request, and how many values all have together."""

    def __init__(self, client: TestClient, database: Database) -> None:
        self._client, self.database = client, database
        self.hashes: dict[str, str] = {}
        self.values = 0

    def ask(self, document: str, **variables: Any) -> Any:
        response = self._client.post("/graphql", json={"query": document, "variables": variables}).json()
        assert "errors" not in response, (document, variables, response["errors"])
        self.hashes[json.dumps([document, variables])] = hash_of(response["data"])
        self.values += numbers_in(response["data"])
        return response["data"]

    def ask_pages(self, document: str, *path: str, **variables: Any) -> None:
        """All pages of the list at this path."""
        cursor = None
        while True:
            page = self.ask(document, after=cursor, **variables)
            for name in path:
                page = page[0][name] if isinstance(page, list) else page[name]
            cursor = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return


def fill(world: World, accounts: int, orders: int) -> None:
    chance = Random(5)
    for seed in range(accounts):
        seller = world.account(time_zone=chance.choice(["UTC", "America/Los_Angeles"]), time_zones={DE: "Europe/Berlin"})
        for fact, observed_at, values in observations(random_facts(seed, "UTC", orders=orders)):
            seller.add(fact, observed_at=observed_at, **values)
        seller.save()


def ask_about_metric(answers: Answers, key: str, metric: Metric, scopes: Iterable[tuple[str | None, str | None, dt.date]]) -> None:
    parts = " ".join(f'by_{number}: breakdown(by: "{part}") {{ ...Result }}' for number, part in enumerate(metric.parts))
    counted = list(metric.measures)
    document = f"""
      query ($key: String!, $metric: String!, $marketplace: String, $channel: Channel, $asOf: Date, $from: Date!, $changes: [MeasureChange!]!) {{
        account(key: $key) {{
          metricResults(keys: [$metric], marketplace: $marketplace, channel: $channel, asOf: $asOf) {{
            ...Result {parts} windows {{ ...Result {parts} }}
            history(from: $from) {{ date value status isSettled }} forecast(days: 40) {{ date value status isSettled }}
            whatIf(changes: $changes) {{ value status display headroom {{ used allowed needed }} }}
          }}
        }}
      }} {RESULT}"""
    changes, start = [{"measure": counted[0], "by": 3}], (TODAY - dt.timedelta(120)).isoformat()
    for marketplace, channel, as_of in scopes:
        scope = {"marketplace": marketplace, "channel": channel, "asOf": as_of.isoformat()}
        answers.ask(document, key=key, metric=metric.key, **scope, changes=changes, **{"from": start})
    for measure in counted:
        page = PAGE % ("reason leavesWindowOn compared { name at }", FACT)
        answers.ask_pages(
            f"""query ($key: String!, $metric: String!, $measure: String!, $after: String) {{
              account(key: $key) {{ metricResults(keys: [$metric]) {{ evidence(measure: $measure, first: 50, after: $after) {{ {page} }} }} }}
            }}""",
            *("account", "metricResults", "evidence"),
            key=key,
            metric=metric.key,
            measure=measure,
        )


def ask_about_account(answers: Answers, key: str) -> None:
    answers.ask(
        """query ($key: String!, $from: Date!) { account(key: $key) {
          id key name healthStatus marketplaces { key } coverage { fact through } dataQuality { code count message }
          timeline(from: $from) { dates series { definition { key } statuses values } }
        } }""",
        **{"key": key, "from": YEAR_AGO.isoformat()},
    )
    for name in (
        "orders(first: 15, after: $after)",
        "feedback(first: 15, after: $after)",
        "atRisk(first: 15, after: $after, withinHours: 96)",
    ):
        page = PAGE % ("", FACT)
        document = f"query ($key: String!, $after: String) {{ account(key: $key) {{ {name} {{ {page} }} }} }}"
        answers.ask_pages(document, "account", name.partition("(")[0], key=key)


def ask_about_portfolio(answers: Answers) -> None:
    document = f"""query ($order: AccountSort, $filter: AccountFilter, $after: String) {{
      accounts(first: 2, after: $after, orderBy: $order, filter: $filter) {{ {PAGE % ("", "id key healthStatus")} }}
    }}"""
    orders = [
        {"field": field, "direction": direction, "metric": "late_shipment_rate" if field == "VALUE" else None}
        for field, direction in itertools.product(("NAME", "HEALTH", "VALUE"), ("ASC", "DESC"))
    ]
    for order, statuses in itertools.product(orders, (None, ["GOOD"], ["CRITICAL", "AT_RISK"])):
        answers.ask_pages(document, "accounts", order=order, filter={"statuses": statuses, "marketplace": US, "search": "SELLER"})


def numbers_in(value: Any) -> int:
    """How many values an answer has."""
    children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else None
    return 1 if children is None else sum(map(numbers_in, children))


def hash_of(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


class Size(NamedTuple):
    """How much is compared."""

    accounts: int
    orders: int
    scopes: Sequence[tuple[str | None, str | None, dt.date]]


SHORT = Size(1, 25, [(None, None, TODAY), (DE, "SELLER", TODAY - dt.timedelta(40))])
LONG = Size(6, 60, list(itertools.product((None, US, DE), (None, "SELLER", "AMAZON"), (TODAY, TODAY - dt.timedelta(40)))))


@pytest.fixture
def size(stores: Stores) -> Size:
    """Much in `make test-postgresql`, less in `make test`."""
    return LONG if stores.kind is Kind.POSTGRESQL else SHORT


@pytest.fixture
def answers(stores: Stores, size: Size, built_ins: Loaded) -> Iterator[dict[Kind, Answers]]:
    """On each kind of database, the answers over the same facts."""
    settings = Settings(clock=CLOCK, cost_per_minute=10**12, operation_timeout=600)
    with contextlib.ExitStack() as running:
        answers = {}
        for kind in Kind:
            database = running.enter_context(stores.open(kind))
            fill(World(database), size.accounts, size.orders)
            app = create_app(settings, Open(), loaded=built_ins, database=database)
            answers[kind] = Answers(running.enter_context(TestClient(app, "http://localhost")), database)
        yield answers


def test_no_value_differs(answers: dict[Kind, Answers], size: Size, built_ins: Loaded, capsys: pytest.CaptureFixture[str]) -> None:
    for each in answers.values():
        keys = [node["key"] for node in each.ask("{ accounts { nodes { key } } }")["accounts"]["nodes"]]
        for key in keys:
            ask_about_account(each, key)
            for metric in built_ins.registry.values():
                ask_about_metric(each, key, metric, size.scopes)
            forget_statements([each.database])  # those of all these days and scopes would take hundreds of megabytes
            memory.give_back()
        ask_about_portfolio(each)
    sqlite, postgresql = answers[Kind.SQLITE], answers[Kind.POSTGRESQL]
    for request in sqlite.hashes:
        if sqlite.hashes[request] != postgresql.hashes.get(request):
            document, variables = json.loads(request)
            assert sqlite.ask(document, **variables) == postgresql.ask(document, **variables), request
    assert hash_of(sqlite.hashes) == hash_of(postgresql.hashes)
    assert sqlite.values > 10_000
    if size is LONG:
        with capsys.disabled():
            sys.stdout.write(f"\nNone of {sqlite.values:,} values in {len(sqlite.hashes):,} answers differs: {hash_of(sqlite.hashes)}\n")
