"""How much CPU an operation takes to execute and encode, with data in memory: by plans, by graphql-core, and by Strawberry with its caches.

    python benchmarks/executor.py [rounds]

The shapes are a dashboard of 60 leaves, with a resolver for the account, and a portfolio of 5,000. Rounds are interleaved, and the ratio is that
of the medians. Everything between the text of the document and the bytes of the answer counts: looking the document up, its limits, its
variables, the execution and the encoding. A document that is new each time is also parsed, validated, weighed and planned.
"""

import asyncio
import datetime as dt
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any, cast

import orjson
import strawberry
from graphql import specified_rules
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.types.graphql import OperationType

from sellerhealth.access import OWNER
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.document_cache import DocumentCache
from sellerhealth.graphql.execute import Request, execute
from sellerhealth.settings import DOCUMENT_LIMITS

ROUNDS = 30
SECONDS = 0.05  # of CPU in a round, at least


@strawberry.type
class Metric:
    """Five leaves."""

    key: str
    display: str
    value: float | None
    status: str
    count: int


@strawberry.type
class Account:
    """Two leaves and ten metrics."""

    key: str
    name: str
    metrics: list[Metric]


def _account(number: int) -> Account:
    metrics = [Metric(key=f"metric_{n}", display=f"{n}.00 %", value=n / 100, status="GOOD", count=n) for n in range(10)]
    return Account(key=f"account-{number}", name=f"Account {number}", metrics=metrics)


ACCOUNTS = [_account(number) for number in range(100)]
BY_KEY = {account.key: account for account in ACCOUNTS}


@strawberry.type
class Query:
    """One account, or all."""

    @strawberry.field
    def account(self, key: str) -> Account | None:
        return BY_KEY.get(key)

    @strawberry.field
    def accounts(self) -> list[Account]:
        return ACCOUNTS


FIELDS = "{ key name metrics { key display value status count } }"
SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "dashboard": (f"query ($key: String!) {{ account(key: $key) {FIELDS} }}", {"key": "account-7"}),
    "5,000 leaves": (f"{{ accounts {FIELDS} }}", {}),
}

_NUMBERS = itertools.count()
Run = Callable[[str, dict[str, Any]], Coroutine[Any, Any, bytes]]


def _strawberry() -> Run:
    schema = strawberry.Schema(Query, extensions=[ParserCache, ValidationCache])

    async def run(document: str, variables: dict[str, Any]) -> bytes:
        result = await schema.execute(document, variable_values=variables)
        return json.dumps({"data": result.data}, separators=(",", ":")).encode()

    return run


def _ours(*, plans: bool) -> Run:
    schema = strawberry.Schema(Query)._schema
    documents = DocumentCache(schema, specified_rules, DOCUMENT_LIMITS.tokens)
    allowed = frozenset(OperationType)

    class Loaded:
        registry: dict[str, Any] = {}

    class Batch:
        rollups: dict[str, Any] = {}

    async def run(document: str, variables: dict[str, Any]) -> bytes:
        context = Context(OWNER, dt.datetime.now(dt.UTC), cast("Any", Batch), cast("Any", Loaded))
        result = execute(schema, documents, Request(document, None, variables, context, allowed), plans=plans)
        return orjson.dumps({"data": result.data})

    return run


async def _cpu(run: Run, document: str, variables: dict[str, Any], times: int) -> float:
    """Seconds of CPU for one operation."""
    started = time.process_time()
    for _ in range(times):
        await run(document, variables)
    return (time.process_time() - started) / times


async def _cpu_at_first_sight(run: Run, document: str, variables: dict[str, Any], times: int) -> float:
    """Seconds of CPU for one operation of a document that was never sent before."""
    started = time.process_time()
    for _ in range(times):
        await run(document.replace("query ", f"query Q{next(_NUMBERS)} "), variables)
    return (time.process_time() - started) / times


async def measure(rounds: int) -> dict[str, dict[str, float]]:
    """The median of the microseconds of CPU, by shape and by what runs it."""
    runners = {"Strawberry with caches": _strawberry(), "graphql-core": _ours(plans=False), "plans": _ours(plans=True)}
    measured = {}
    for shape, (document, variables) in SHAPES.items():
        answers = {await run(document, variables) for run in runners.values()}
        if len(answers) != 1:
            raise RuntimeError(f"the answers to {shape} differ")
        times = {name: max(1, round(SECONDS / await _cpu(run, document, variables, 3))) for name, run in runners.items()}
        found: dict[str, list[float]] = {name: [] for name in runners}
        for _ in range(rounds):
            for name, run in runners.items():
                found[name].append(await _cpu(run, document, variables, times[name]) * 1e6)
        measured[shape] = {name: statistics.median(values) for name, values in found.items()}
    document, variables = SHAPES["dashboard"]
    first: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(rounds):
        for name, run in runners.items():
            first[name].append(await _cpu_at_first_sight(run, document, variables, 5) * 1e6)
    measured["dashboard, a new document each time"] = {name: statistics.median(values) for name, values in first.items()}
    return measured


def main(rounds: int = ROUNDS) -> None:
    """Prints the table."""
    for shape, medians in asyncio.run(measure(rounds)).items():
        print(shape)
        for name, microseconds in medians.items():
            print(f"  {name:24} {microseconds:10,.1f} us of CPU, {microseconds / medians['plans']:6.1f} times that of plans")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
