"""Random documents over the real schema, with a plugin, whose resolvers and attributes fail at random: plans answer as graphql-core does.

Each document is answered several times by the same plan, which remembers answers: for the same request, and for one that differs.
"""

import contextlib
import copy
import dataclasses
import datetime as dt
import json
import random
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest
from graphql import GraphQLError, is_object_type
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import SQLAlchemyError

from sellerhealth import Below, Metric, Window, count
from sellerhealth.access import OWNER, Permission, ReadSession, Viewer
from sellerhealth.deadline import Deadline
from sellerhealth.demo.calendar import CLOCK
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.keep_snapshots import SnapshotKeeper, number_that_hold
from sellerhealth.engine.kept_rankings import KeptRankings
from sellerhealth.engine.snapshots import Snapshot
from sellerhealth.facts import Package
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.executor.execution import Execution
from sellerhealth.graphql.executor.functions import attribute_of
from sellerhealth.graphql.reading import Loader, Reading
from sellerhealth.graphql.remembered_answers import Answers
from sellerhealth.graphql.schema import Schema
from sellerhealth.locales import Locale
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.plugins.load import Loaded
from sellerhealth.rollups.keeper import RollupKeeper
from sellerhealth.settings import STALE_AFTER
from sellerhealth.store.accounts import account_id_of
from sellerhealth.store.database import Database
from tests.fuzz import fuzzing
from tests.support.random_documents import RandomDocument, RandomDocuments
from tests.support.stores import Kind, Stores

packages = count(on=Package.confirmed_on, where=Package.confirmed_at.is_not(None), description="Packages.")
tracked = packages.where(Package.tracked, "Packages with tracking.")


class Raises(Below):
    """A target of a plugin that raises for some accounts."""

    def judge(self, *_: Any) -> MetricStatus:
        raise RuntimeError("the plugin fails")


def plugin(key: str, target: Below) -> Metric:
    return Metric(
        key=key,
        title="Packages",
        description="Packages with tracking.",
        section="acme",
        windows=(Window(30), Window(0)),
        measures={"packages": packages, "tracked": tracked},
        value=tracked / packages,
        target=target,
    )


VALUES = {
    "key String": ["critical", "slipping", "healthy", "nobody"],
    "keys String": ["order_defect_rate", "acme_raises", "acme_packages"],
    "by String": ["marketplace", "channel"],
    "measure String": ["orders", "packages", "defects"],
    "marketplace String": ["A1PA6795UKMFR9"],
    "metric String": ["late_shipment_rate"],
    "rating Int": [0, 1, 5],
    "first Int": [1, 3],
    "last Int": [2],
    "days Int": [7, 30, 0],
    "withinHours Int": [720],
    "by Int": [1, -1],
    "Locale": ["de", "ar-EG"],
    "Date": ["2026-03-01", "2026-03-30"],
    "ID": ["WyJhY2NvdW50IiwiY3JpdGljYWwiXQ", "WyJkZWZpbml0aW9uIiwib3JkZXJfZGVmZWN0X3JhdGUiXQ", "nothing"],
}


# What most clients select: results whose answers are remembered.
RESULTS = {
    "Query": ("account", "accounts"),
    "AccountConnection": ("nodes",),
    "Account": ("metrics", "metricResults"),
    "AccountMetrics": ("lateShipmentRate", "orderDefectRate", "cancellationRate"),
    "MetricResult": ("value", "display", "status", "numerator", "headroom", "target", "window", "unprovenRows", "overallStatus"),
}
WITHOUT_ERRORS = VALUES | {
    "keys String": ["order_defect_rate", "acme_packages"],
    "days Int": [7, 30],
    "key String": ["critical", "slipping", "healthy"],
}


def later(value: Any) -> Reading[Any]:
    """A value that is read."""
    return Loader[str, Any](lambda keys: {"key": value}).reading("key", lambda found: found)


def unexpected(chance: random.Random) -> Any:
    """A value that no field should have."""
    makers = (
        lambda: None,
        lambda: RuntimeError("an attribute is an error"),
        lambda: float("inf"),
        lambda: "text",
        lambda: 2**40,
        object,
        list,
    )
    make: Callable[[], Any] = chance.choice((*makers, lambda: later("later"), lambda: [None], lambda: True))
    return make()


class Faults:
    """Makes the resolvers of a schema fail, and what they return wrong: for a seed and a path always in the same way."""

    def __init__(self, schema: Schema) -> None:
        self.seed = 0
        for kind in schema._schema.type_map.values():
            for field in kind.fields.values() if is_object_type(kind) and not kind.name.startswith("__") else ():
                if attribute_of(field) is None:
                    field.resolve = self._wrapped(field.resolve)

    def _wrapped(self, resolve: Any) -> Any:
        def resolver(source: Any, info: Any, **arguments: Any) -> Any:
            chance = random.Random(f"{self.seed} {info.path.as_list()}")
            if chance.random() < 0.04:
                raise RuntimeError(f"the resolver fails with {arguments}")
            result = resolve(source, info, **arguments)

            def spoiled(*values: Any) -> Any:
                return self._spoiled(result.make(*values), chance)

            if isinstance(result, Reading):
                return Reading(result.reader, result.keys, spoiled, result.unchecked)
            return self._spoiled(result, chance)

        return resolver

    def _spoiled(self, value: Any, chance: random.Random) -> Any:
        """A value, or one that differs in one place."""
        if chance.random() > 0.3:
            return value
        if isinstance(value, list) and value and chance.random() < 0.9:
            at = chance.randrange(len(value))
            return [self._spoiled(each, chance) if number == at else each for number, each in enumerate(value)]
        if dataclasses.is_dataclass(value) and chance.random() < 0.9:
            spoiled = copy.copy(value)
            # A wrong key of an order would fail all that is read together with it, and that differs.
            names = [each.name for each in dataclasses.fields(value) if not each.name.startswith("_") and each.name != "key"]
            name = chance.choice(names or ["nothing"])
            before = getattr(value, name, None)
            is_deep = dataclasses.is_dataclass(before) and chance.random() < 0.5
            setattr(spoiled, name, self._spoiled(before, chance) if is_deep else unexpected(chance))
            return spoiled
        return unexpected(chance)


class WithoutPropagation(Execution):
    """Finds all errors, because none ends the execution of the fields beside it."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.error_propagation = False


Key = tuple[str, tuple[str | int, ...], str]


@dataclasses.dataclass
class Answer:
    """What is compared of an answer."""

    data: Any
    text: str
    errors: list[Key]

    @property
    def by_place(self) -> dict[tuple[str | int, ...], set[Key]]:
        """The errors by the place that they leave null. Of several below one place, those are found that come before it is null."""
        places = {error: self._null(error[1]) for error in self.errors}
        return {place: {error for error, at in places.items() if at == place} for place in places.values()}

    def _null(self, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
        value = self.data
        for depth, step in enumerate(path):
            if value is None:
                return path[:depth]
            value = value[step]
        return path


SOME = Viewer("some", "some", frozenset({Permission.READ}), granted=frozenset(map(account_id_of, ("critical", "slipping"))))


@dataclasses.dataclass(frozen=True)
class Request:
    """A request for a document: all that decides about its answer. `store`: which one it reads."""

    document: RandomDocument
    variables: dict[str, Any]
    viewer: Viewer = OWNER
    clock: dt.datetime = CLOCK
    locale: Locale | None = None
    store: int = 0


def another(request: Request, chance: random.Random) -> Request:
    """A request for the same document that differs in some of what decides: the second store is the first one after a write."""
    others = {"variables": request.document.others, "viewer": SOME, "clock": CLOCK + dt.timedelta(1), "locale": Locale("de"), "store": 1}
    return dataclasses.replace(request, **{name: others[name] for name in chance.sample([*others], chance.choice((1, 1, 2, 5)))})  # type: ignore[arg-type]  # each has its value


@dataclasses.dataclass
class Referee:
    """Runs a document on the same schema by plans and by graphql-core."""

    schema: Schema
    databases: Sequence[Database]
    faults: Faults | None = None
    kept: Sequence[dict[str, Any]] = ({}, {})  # what is read besides the facts of each database: kept numbers by plans alone
    documents: RandomDocuments = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.documents = RandomDocuments(self.schema._schema, VALUES)

    def answer(self, request: Request, *, plans: bool) -> Answer:
        kept = self.kept[request.store] | ({} if plans else {"rankings": None})
        batch = MetricBatch(self.databases[request.store], request.viewer, request.clock, **kept)
        context = Context(request.viewer, request.clock, batch, self.schema.loaded, deadline=Deadline(600), locale=request.locale)
        self.schema._plans = plans
        result = self.schema.execute_sync(request.document.text, request.variables, context)
        return Answer(result.data, json.dumps(result.data), sorted((self._key(error) for error in result.errors or ()), key=repr))

    def all_errors(self, request: Request, monkeypatch: pytest.MonkeyPatch) -> set[Key]:
        with monkeypatch.context() as patched:
            patched.setattr("sellerhealth.graphql.execute.Execution", WithoutPropagation)
            return set(self.answer(request, plans=False).errors)

    def _key(self, error: GraphQLError) -> Key:
        # That of a statement quotes all keys that were read together, in the order in which they came.
        message = "" if isinstance(error.original_error, SQLAlchemyError) else error.message
        return f"{type(error.original_error).__name__}: {message}", tuple(error.path or ()), str(error.locations)

    def compare(self, request: Request, monkeypatch: pytest.MonkeyPatch) -> None:
        expected, found = (self.answer(request, plans=plans) for plans in (False, True))
        assert found.text == expected.text, request
        if found.errors != expected.errors:  # of errors below one null, which is found depends on the order in which fields end
            assert found.by_place.keys() == expected.by_place.keys(), request
            known = self.all_errors(request, monkeypatch)
            assert {*found.errors, *expected.errors} <= known, request

    def compare_all(self, seed: int) -> None:
        """Compares the answers to requests for a random document: each finds what those before it have left."""
        document = self.documents.document(seed)
        if self.faults is not None:
            self.faults.seed = seed
        first = Request(document, document.variables)
        with pytest.MonkeyPatch.context() as monkeypatch:
            for request in (first, another(first, random.Random(seed)), first):
                self.compare(request, monkeypatch)

    def compare_some(self, seeds: Iterable[int]) -> None:
        for seed in seeds:
            self.compare_all(seed)


@pytest.fixture(scope="module")
def databases(stores: Stores, demo_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[Database]]:
    """The demo, and in a file the same after a write: every account has fewer orders."""
    if stores.kind is not Kind.SQLITE:
        yield [demo_database, demo_database]
        return
    files = [tmp_path_factory.mktemp("store") / "demo.db" for _ in range(2)]
    for file in files:
        with contextlib.closing(sqlite3.connect(str(demo_database.file))) as connection:
            connection.execute("VACUUM INTO ?", [str(file)])
    with contextlib.closing(sqlite3.connect(files[1])) as connection, connection:
        assert connection.execute("DELETE FROM orders WHERE substr(order_id, -1) IN ('0', '5')").rowcount
    both = [Database(f"sqlite:///{file}") for file in files]
    yield both
    for database in both:
        database.close()


def keep(loaded: Loaded, database: Database, snapshot: Snapshot) -> dict[str, Any]:
    """Keeps the rollups and the numbers of a database, as a server does. Returns the arguments with which a batch reads them."""
    keeper = RollupKeeper(database, loaded.measures, lambda: CLOCK, SnapshotKeeper(database, snapshot))
    keeper.run()
    with database.reading() as connection:
        assert number_that_hold(ReadSession(connection, OWNER, CLOCK), snapshot)
    return {"rollups": keeper.sets, "rankings": KeptRankings(snapshot=snapshot)}


@pytest.fixture(scope="module")
def referees(loaded_with: Callable[..., Loaded], databases: Sequence[Database], stores: Stores) -> list[Referee]:
    """One with faults, one whose resolvers nothing is put in the place of, so that plans call their methods directly, and two of results that do not fail.

    Of these, plans of the second read kept numbers.
    """
    packages = plugin("acme_packages", Below("0.5"))
    loaded = loaded_with(packages, plugin("acme_raises", Raises("0.5")))
    faulty, faultless, results = Schema(loaded), Schema(loaded), Schema(loaded_with(packages))
    of_results = Referee(results, databases)
    snapshot = Snapshot(results.loaded.registry.values(), STALE_AFTER, (7,))
    kept = [keep(results.loaded, each, snapshot) for each in databases] if stores.kind is Kind.SQLITE else ({}, {})
    of_kept = Referee(results, databases, kept=kept)
    for each in (of_results, of_kept):
        each.documents = RandomDocuments(results._schema, WITHOUT_ERRORS, RESULTS)
    return [Referee(faulty, databases, Faults(faulty)), Referee(faultless, databases), of_results, of_kept]


@given(seed=st.integers(0, 2**40))
@fuzzing(60)
def test_plans_answer_as_graphql_core_does(seed: int, referees: list[Referee]) -> None:
    referees[seed % 2].compare_all(seed)


@given(seed=st.integers(0, 2**40))
@fuzzing(30)
def test_plans_remember_answers_only_for_what_decides_about_them(seed: int, referees: list[Referee]) -> None:
    referees[2 + seed % 2].compare_all(seed)


# What is left out of the key of a remembered answer, and the first document by which that is found.
TOO_LITTLE = {"the place": 53, "the locale": 53, "the values": 2}


@pytest.mark.parametrize("left_out", TOO_LITTLE)
def test_an_answer_that_is_remembered_by_too_little_is_found(
    referees: list[Referee], monkeypatch: pytest.MonkeyPatch, left_out: str
) -> None:
    remember_by_too_little(left_out, monkeypatch)
    with pytest.raises(AssertionError):
        referees[2].compare_some(range(TOO_LITTLE[left_out], 200))  # another one may be the first where the schema has changed


def remember_by_too_little(left_out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find, keep = Answers.find, Answers.keep

    def key(made_for: Any, values: Sequence[Any]) -> tuple[Any, Sequence[Any]]:
        shape, locale, query = made_for
        parts = {"the place": shape, "the locale": locale, "query": query} | ({} if left_out == "the values" else {left_out: None})
        return tuple(parts.values()), () if left_out == "the values" else values

    monkeypatch.setattr(Answers, "find", lambda self, *of: find(self, *key(*of)))
    monkeypatch.setattr(Answers, "keep", lambda self, made_for, values, answer: keep(self, *key(made_for, values), answer))
