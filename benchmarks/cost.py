"""Whether the cost of a document follows its work: the CPU for a unit of cost, over generated documents on the data of the demo.

    python benchmarks/cost.py [documents] [seed]

Prints the documents whose unit takes least and most, and the ratio of the two. Only documents of more than 20 ms of CPU count. What is at either
end is measured again until it stays there. It does so twice, with values from rollups and from the facts: not every account has current rollups at
every moment.
"""

import datetime as dt
import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sellerhealth.access import OWNER
from sellerhealth.checks.metric_checks import EmptyTables, checker
from sellerhealth.demo.calendar import CLOCK
from sellerhealth.demo.load import load
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.schema import make_schema
from sellerhealth.graphql_names import field_name
from sellerhealth.metrics.metric import Metric
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.rollups.tables import prepare
from sellerhealth.settings import Settings
from sellerhealth.store.database import Database
from sellerhealth.testing.empty_store import open_empty_store

LEAST = 0.02  # seconds of CPU
REPEATS = 4  # the smallest counts: what else the machine does only adds
ENDS = 10  # documents at each end that are measured again
STABLE = 0.03  # by how much less one of them may take when it is measured again, so that no round follows
ROUNDS = 8  # at most
ACCOUNTS = ("healthy", "slipping", "critical")
NOW = CLOCK.astimezone(dt.UTC)


class Documents:
    """Generates documents as clients send them, and worse."""

    def __init__(self, seed: int, metrics: dict[str, Metric]) -> None:
        self._random, self._metrics = random.Random(seed), metrics

    def document(self) -> str:
        """One document with some aliases of some fields."""
        parts = [self._root(number) for number in range(self._random.choice((1, 1, 1, 2, 4)))]
        return "{" + " ".join(parts) + "}"

    def _root(self, number: int) -> str:
        if self._random.random() < 0.25:
            order = self._random.choice(("", ", orderBy: {field: HEALTH, direction: DESC}"))
            fields = " ".join(self._account_field(index) for index in range(self._random.choice((1, 2))))
            return f"r{number}: accounts(first: 4{order}) {{ nodes {{ {fields} }} }}"
        fields = " ".join(self._account_field(index) for index in range(self._random.choice((1, 2, 3, 6))))
        return f'r{number}: account(key: "{self._random.choice(ACCOUNTS)}") {{ {fields} }}'

    def _account_field(self, number: int) -> str:
        kinds = (self._metrics_field, self._metric_results, self._timeline, self._rows, self._health)
        return f"f{number}: {self._random.choice(kinds)()}"

    def _health(self) -> str:
        return f'healthStatus(asOf: "{self._day(200)}")'

    def _metrics_field(self) -> str:
        chosen = self._random.sample(list(self._metrics), self._random.choice((1, 2, 4, 9)))
        fields = " ".join(f"{field_name(key)}{self._days()} {{ {self._result_fields()} }}" for key in chosen)
        return f'metrics(asOf: "{self._day(100)}") {{ {fields} }}'

    def _metric_results(self) -> str:
        section = self._random.choice(("", ', section: "account_health"'))
        return f'metricResults(asOf: "{self._day(100)}"{section}) {{ {self._result_fields()} }}'

    def _result_fields(self) -> str:
        some = ["value display", "status headroom { used }", "figures { key value }", "overallStatus"]
        some += ["windows { value status }", 'breakdown(by: "marketplace") { value }']
        some += [f'history(from: "{self._day(400, 100)}") {{ date value status }}', "forecast(days: 30) { value }"]
        return " ".join(f"s{index}: {each}" if "{" in each else each for index, each in enumerate(self._random.sample(some, 2)))

    def _timeline(self) -> str:
        keys = json.dumps(self._random.sample(list(self._metrics), self._random.choice((1, 3, 9))))
        return f'timeline(from: "{self._day(1000)}", keys: {keys}) {{ series {{ values statuses }} }}'

    def _rows(self) -> str:
        size = self._random.choice((1, 20, 100))
        return self._random.choice(
            (
                f"orders(first: {size}) {{ totalCount nodes {{ key status channel }} }}",
                f"orders(first: {size}) {{ nodes {{ key packages {{ id }} claims {{ id }} }} }}",
                f"feedback(first: {size}) {{ nodes {{ rating comment }} }}",
                f"atRisk(first: {size}, withinHours: 720) {{ totalCount nodes {{ id }} }}",
                f'metrics {{ orderDefectRate {{ evidence(measure: "orders", first: {size}) {{ totalCount nodes {{ id }} }} }} }}',
                f'metrics {{ sellerRating {{ evidence(measure: "perfect", first: {size}) {{ totalCount nodes {{ id }} }} }} }}',
            )
        )

    def _days(self) -> str:
        days = self._random.choice((None, None, 7, 30, 90, 365))
        return "" if days is None else f"(days: {days})"

    def _day(self, back: int, least: int = 0) -> dt.date:
        return NOW.date() - dt.timedelta(self._random.randint(least, back))


def main(documents: int = 200, seed: int = 1) -> None:
    """Measures so many generated documents on a new store of the demo, and prints the spread."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "demo.db"
        loaded = _loaded()
        database = open_empty_store(path)
        prepare(database, loaded.measures)
        for _ in load(database, loaded, Path(folder) / "reports", NOW):
            pass
        database.close()
        for source in ("rollups", "the facts"):
            # A process of its own: each remembers the statements of its documents.
            process = multiprocessing.get_context("spawn").Process(target=measure_source, args=(path, source, documents, seed))
            process.start()
            process.join()
            if process.exitcode:
                sys.exit(process.exitcode)


def measure_source(path: Path, source: str, documents: int, seed: int) -> None:
    """Measures documents with values from one source, and prints the spread."""
    loaded = _loaded()
    schema = make_schema(loaded)
    sets = {loaded.measures.set_id: loaded.measures.members} if source == "rollups" else {}
    database = Database(f"sqlite:///{path}")
    print(f"\nValues from {source}: ", end="")
    report(measure(schema, database, Documents(seed, dict(loaded.registry)), documents, sets))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB", flush=True)
    database.close()


def _loaded() -> Loaded:
    return load_plugins(Settings(clock=CLOCK), check_metric=checker(EmptyTables()))


def measure(
    schema: Any, database: Database, documents: Documents, number: int, rollups: Mapping[str, frozenset[str]]
) -> list[tuple[float, float, int, str]]:
    """Microseconds for a unit of cost, seconds of CPU, cost and document, of so many documents that take long enough."""

    def run(document: str) -> Any:
        batch = MetricBatch(database, OWNER, NOW, rollups=rollups)
        return schema.execute_sync(document, context_value=Context(OWNER, NOW, batch, schema.loaded))

    def cpu(document: str) -> float:
        started = time.process_time()
        run(document)
        return time.process_time() - started

    def least(document: str) -> float:
        return min(cpu(document) for _ in range(REPEATS))

    measured: list[tuple[float, float, int, str]] = []
    refused = 0
    while len(measured) < number:
        document = documents.document()
        result = run(document)  # the first sight of a document is validated and compiled
        codes = {type(error.original_error or error).__name__ for error in result.errors or ()}
        if codes == {"TooComplex"}:
            refused += 1
            continue
        if codes:
            raise RuntimeError(f"{document}: {result.errors}")
        seconds = least(document)
        cost = result.extensions["cost"]["requestedQueryCost"]
        if seconds >= LEAST:
            measured.append((seconds / cost * 1e6, seconds, cost, document))
    rounds = measure_ends(measured, least)
    print(f"the ends were measured {rounds} times again. ", end="")
    print(f"{number} documents of more than {LEAST * 1000:.0f} ms; {refused} others exceed the largest cost")
    return measured


def measure_ends(measured: list[tuple[float, float, int, str]], least: Callable[[str], float]) -> int:
    """Measures the documents at both ends again until none of them takes less. Returns how often."""
    for number in range(1, ROUNDS + 1):
        measured.sort()
        change = 0.0
        for index in {*range(len(measured))[:ENDS], *range(len(measured))[-ENDS:]}:
            _, seconds, cost, document = measured[index]
            now = min(seconds, least(document))
            change = max(change, 1 - now / seconds)
            measured[index] = (now / cost * 1e6, now, cost, document)
        if change < STABLE:
            return number
    return ROUNDS


def report(measured: list[tuple[float, float, int, str]]) -> None:
    """Prints the spread, and the documents at both ends."""
    measured.sort()
    for which, some in (("least", measured[:5]), ("most", measured[-5:])):
        print(f"\n{which} CPU for a unit of cost:")
        for unit, seconds, cost, document in some:
            print(f"  {unit:6.1f} us, {seconds * 1000:7.1f} ms, cost {cost:7,}: {document[:300]}")
    units = [unit for unit, *_ in measured]
    print(
        f"\nCPU for a unit of cost: {units[0]:.1f} to {units[-1]:.1f} us, median {units[len(units) // 2]:.1f} us, ratio {units[-1] / units[0]:.1f}"
    )
    print(f"the dearest document takes {max(seconds for _, seconds, *_ in measured):.2f} s of CPU")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
