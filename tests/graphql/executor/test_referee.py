"""Random documents over the real schema, with a plugin, whose resolvers and attributes fail at random: plans answer as graphql-core does."""

import copy
import dataclasses
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from graphql import GraphQLError, is_object_type
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import SQLAlchemyError

from sellerhealth import Below, Metric, Window, count
from sellerhealth.access import OWNER
from sellerhealth.deadline import Deadline
from sellerhealth.demo.calendar import CLOCK
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.facts import Package
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.executor.execution import Execution
from sellerhealth.graphql.executor.reader import attribute_of
from sellerhealth.graphql.reading import Loader, Reading
from sellerhealth.graphql.schema import Schema
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.plugins.load import Loaded
from sellerhealth.store.database import Database
from tests.fuzz import fuzzing
from tests.support.random_documents import RandomDocument, RandomDocuments

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
                return Reading(result.reader, result.keys, spoiled, result.also)
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


@dataclasses.dataclass
class Referee:
    """Runs a document on the same schema by plans and by graphql-core."""

    schema: Schema
    faults: Faults | None
    database: Database

    def answer(self, document: RandomDocument, *, plans: bool) -> Answer:
        batch = MetricBatch(self.database, OWNER, CLOCK)
        context = Context(OWNER, CLOCK, batch, self.schema.loaded, deadline=Deadline(600))
        self.schema._plans = plans
        result = self.schema.execute_sync(document.text, variable_values=document.variables, context_value=context)
        return Answer(result.data, json.dumps(result.data), sorted((self._key(error) for error in result.errors or ()), key=repr))

    def all_errors(self, document: RandomDocument, monkeypatch: pytest.MonkeyPatch) -> set[Key]:
        with monkeypatch.context() as patched:
            patched.setattr("sellerhealth.graphql.execute.Execution", WithoutPropagation)
            return set(self.answer(document, plans=False).errors)

    def _key(self, error: GraphQLError) -> Key:
        # That of a statement quotes all keys that were read together, in the order in which they came.
        message = "" if isinstance(error.original_error, SQLAlchemyError) else error.message
        return f"{type(error.original_error).__name__}: {message}", tuple(error.path or ()), str(error.locations)

    def compare(self, document: RandomDocument, monkeypatch: pytest.MonkeyPatch) -> Answer:
        expected, found = (self.answer(document, plans=plans) for plans in (False, True))
        assert found.text == expected.text, document
        if found.errors != expected.errors:  # of errors below one null, which is found depends on the order in which fields end
            assert found.by_place.keys() == expected.by_place.keys(), document
            known = self.all_errors(document, monkeypatch)
            assert {*found.errors, *expected.errors} <= known, document
        return found


@pytest.fixture(scope="module")
def referees(loaded_with: Callable[..., Loaded], demo_database: Database) -> list[Referee]:
    """One with faults, and one whose resolvers nothing is put in the place of: plans call their methods directly."""
    loaded = loaded_with(plugin("acme_packages", Below("0.5")), plugin("acme_raises", Raises("0.5")))
    faulty, faultless = Schema(loaded), Schema(loaded)
    return [Referee(faulty, Faults(faulty), demo_database), Referee(faultless, None, demo_database)]


@given(seed=st.integers(0, 2**40))
@fuzzing(100)
def test_plans_answer_as_graphql_core_does(seed: int, referees: list[Referee]) -> None:
    referee = referees[seed % 2]
    document = RandomDocuments(referee.schema._schema, VALUES).document(seed)
    if referee.faults is not None:
        referee.faults.seed = seed
    with pytest.MonkeyPatch.context() as monkeypatch:
        referee.compare(document, monkeypatch)
