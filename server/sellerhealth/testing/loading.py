"""Whether a metric becomes part of a server: it is loaded as an installed plugin would be, its SQL runs, and the API has a field for it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import graphql
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import functions, visitors

from sellerhealth.access import OWNER
from sellerhealth.checks.metric_checks import checker
from sellerhealth.checks.portability import ALIKE
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.compile import compile_queries
from sellerhealth.engine.queries import MetricQuery, Part
from sellerhealth.engine.results import dimensions
from sellerhealth.graphql.schema import make_schema
from sellerhealth.graphql_names import field_name, type_name
from sellerhealth.metrics.expressions import expressions
from sellerhealth.plugins.load import OWN, Loaded, PluginState, load_plugins
from sellerhealth.settings import Settings
from sellerhealth.testing.clock import CLOCK, TODAY
from sellerhealth.testing.reporting import Unfit, described
from sellerhealth.testing.subject import Subject
from sellerhealth.testing.world import new_world

STAND_IN = "sellerhealth_conformance"  # the module of what has none, such as a metric that a function of settings makes


class _Distribution(metadata.Distribution):
    """A distribution with one entry point, as pip would install it."""

    def __init__(self, name: str, entry_point: str) -> None:
        self._files = {
            "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 0\n",
            "entry_points.txt": f"[sellerhealth]\n{entry_point}\n",
        }

    def read_text(self, filename: str) -> str | None:
        return self._files.get(filename)

    def locate_file(self, path: Any) -> Path:
        return Path(path)


@contextmanager
def installed(distribution: str, entry_point: str, **stand_in: object) -> Iterator[Loaded]:
    """What a server loads if besides the built-in plugins one distribution is installed. `stand_in` stands in the module STAND_IN."""
    distributions: list[metadata.Distribution] = [_Distribution(distribution, entry_point)]
    if distribution != OWN:
        distributions.append(metadata.distribution(OWN))
    settings = Settings.model_construct(strict=False)  # it reads neither the environment nor a file
    module = ModuleType(STAND_IN)
    vars(module).update(stand_in)
    with new_world() as world:
        sys.modules[STAND_IN] = module
        try:
            yield load_plugins(settings, distributions, checker(world.database))
        finally:
            del sys.modules[STAND_IN]


def left_out(loaded: Loaded) -> Iterator[str]:
    """Why a server would leave plugins out."""
    yield from (
        f"a server would leave out {plugin}: {plugin.reason}" for plugin in loaded.plugins if plugin.state is PluginState.QUARANTINED
    )


def not_loaded(subject: Subject) -> Iterator[str]:
    """Why a server would leave the plugin out."""
    with _loaded(subject) as loaded:
        yield from left_out(loaded)


@contextmanager
def _loaded(subject: Subject) -> Iterator[Loaded]:
    """The metric and the built-in plugins, loaded as if they were all that is installed."""
    named = ((module, name) for module in subject.modules for name, value in vars(sys.modules[module]).items() if value is subject.metric)
    module, name = next(named, (STAND_IN, "metric"))
    with installed(subject.distribution, f"{subject.metric.key} = {module}:{name}", metric=subject.metric) as loaded:
        yield loaded


def not_in_both_databases(subject: Subject) -> Iterator[str]:
    """SQL that SQLite or PostgreSQL does not have, or that fails."""
    metric = subject.metric
    for name, measure in metric.all_measures.items():
        for expression in expressions(measure):
            used = {node.name for node in visitors.iterate(expression) if isinstance(node, functions.Function)}
            for function in sorted(used - ALIKE):
                yield (
                    f"the measure {name!r} calls the SQL function {function}, which SQLite and PostgreSQL do not both have in the same form. "
                    f"Use columns and comparisons, or one of {', '.join(sorted(ALIKE))}; for the present there is passed(...)."
                )
    parts = None, *map(Part, dimensions(metric))
    queries = [MetricQuery(metric, window, TODAY, part=part) for window in metric.windows for part in parts]
    try:
        plan = compile_queries(queries, AccountFilter(), OWNER, CLOCK)
        statement: Any = plan.statement
        statement.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy does not say its type
    except Exception as error:
        raise Unfit(f"its statement cannot be written for PostgreSQL: {described(error)}. Mend the condition.") from error
    with new_world() as world, world.database.reading() as connection:
        try:
            connection.execute(plan.statement, plan.parameters).all()
        except sa.exc.SQLAlchemyError as error:
            raise Unfit(f"its statement fails on SQLite: {described(error)}. Mend the condition.") from error


def without_a_field(subject: Subject) -> Iterator[str]:
    """What the schema of the API lacks of the metric."""
    metric, field = subject.metric, field_name(subject.metric.key)
    with _loaded(subject) as loaded:
        if metric.key not in loaded.registry:
            raise Unfit("it has no field, because a server would leave it out: see test_it_loads_as_an_installed_plugin_would.")
        schema = graphql.build_schema(make_schema(loaded).as_text())
    fields = _fields(schema, "AccountMetrics")
    if str(fields.get(field)) != type_name(metric.key):
        yield f"AccountMetrics has no field {field} of the type {type_name(metric.key)}. Give the metric another key."
    own = _fields(schema, type_name(metric.key))
    for name in (*metric.measures, *metric.figures):
        if field_name(name) not in own:
            yield f"the type {type_name(metric.key)} has no field {field_name(name)} for {name!r}. Give it another name."


def _fields(schema: graphql.GraphQLSchema, name: str) -> dict[str, Any]:
    found = schema.type_map.get(name)
    return {} if found is None else {field: each.type for field, each in found.fields.items()}  # type: ignore[attr-defined]  # an object type
