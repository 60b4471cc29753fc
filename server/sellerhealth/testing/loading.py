"""Checks that a server takes a metric: it loads, its SQL runs on SQLite and PostgreSQL, and the API has a field for it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import graphql
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import functions, visitors

from sellerhealth.checks.portability import PORTABLE
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.compile import compile_queries
from sellerhealth.engine.queries import MetricQuery, Part
from sellerhealth.engine.results import dimensions
from sellerhealth.graphql.schema import make_schema
from sellerhealth.graphql_names import field_name, type_name
from sellerhealth.metrics.expressions import expressions
from sellerhealth.plugins.load import Loaded
from sellerhealth.testing.clock import CLOCK, TODAY
from sellerhealth.testing.installation import STAND_IN_MODULE, load_as_installed, quarantine_reasons
from sellerhealth.testing.metric_subject import MetricSubject
from sellerhealth.testing.reporting import CannotCheck, describe_error
from sellerhealth.testing.world import new_world, reading


def check_loads(subject: MetricSubject) -> Iterator[str]:
    """No plugin is quarantined."""
    with _loaded(subject) as loaded:
        yield from quarantine_reasons(loaded)


@contextmanager
def _loaded(subject: MetricSubject) -> Iterator[Loaded]:
    """The metric and the built-in plugins, loaded as if they were all that is installed."""
    locations = (
        (module, name) for module in subject.modules for name, value in vars(sys.modules[module]).items() if value is subject.metric
    )
    module, name = next(locations, (STAND_IN_MODULE, "metric"))
    with load_as_installed(subject.distribution, f"{subject.metric.key} = {module}:{name}", metric=subject.metric) as loaded:
        yield loaded


def check_portable_sql(subject: MetricSubject) -> Iterator[str]:
    """Its SQL uses only functions that both databases have, compiles for PostgreSQL, and runs on SQLite."""
    metric = subject.metric
    for name, measure in metric.all_measures.items():
        for expression in expressions(measure):
            used = {node.name for node in visitors.iterate(expression) if isinstance(node, functions.Function)}
            for function in sorted(used - PORTABLE):
                yield (
                    f"the measure {name!r} calls the SQL function {function}, which SQLite and PostgreSQL do not both have in the same form. "
                    f"Use columns and comparisons, or one of {', '.join(sorted(PORTABLE))}; for the present there is passed(...)."
                )
    parts = None, *map(Part, dimensions(metric))
    queries = [MetricQuery(metric, window, TODAY, part=part) for window in metric.windows for part in parts]
    try:
        plan = compile_queries(queries, AccountFilter(), CLOCK, sees_all=True)
        statement: Any = plan.statement
        statement.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy does not say its type
    except Exception as error:
        raise CannotCheck(f"its statement cannot be written for PostgreSQL: {describe_error(error)}. Fix the condition.") from error
    with new_world() as world, reading(world) as session:
        try:
            session.execute(plan.statement, plan.parameters).all()
        except sa.exc.SQLAlchemyError as error:
            raise CannotCheck(f"its statement fails on SQLite: {describe_error(error)}. Fix the condition.") from error


def check_api_field(subject: MetricSubject) -> Iterator[str]:
    """The schema has a field for the metric, with a type that has fields for its measures and figures."""
    metric, field = subject.metric, field_name(subject.metric.key)
    with _loaded(subject) as loaded:
        if metric.key not in loaded.registry:
            raise CannotCheck("it has no field, because a server would quarantine it: see test_it_loads_as_an_installed_plugin_would.")
        schema = graphql.build_schema(make_schema(loaded).as_text())
    if str(_fields(schema, "AccountMetrics").get(field)) != type_name(metric.key):
        yield f"AccountMetrics has no field {field} of the type {type_name(metric.key)}. Give the metric another key."
    own = _fields(schema, type_name(metric.key))
    for name in (*metric.measures, *metric.figures):
        if field_name(name) not in own:
            yield f"the type {type_name(metric.key)} has no field {field_name(name)} for {name!r}. Give it another name."


def _fields(schema: graphql.GraphQLSchema, name: str) -> dict[str, Any]:
    """The fields of a type with their types; none if the schema has no such type."""
    declared: Any = schema.type_map.get(name)
    return {} if declared is None else {field: each.type for field, each in declared.fields.items()}
