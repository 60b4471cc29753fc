"""Checks whether a metric can be computed and counts what it declares. A plugin that fails them is quarantined."""

import datetime as dt
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import SAWarning
from sqlalchemy.sql import functions, operators, visitors

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.checks.correlation import outside_lookups, uncorrelated_lookups
from sellerhealth.checks.known_sql import unknown_sql
from sellerhealth.checks.operator_guard import is_negated
from sellerhealth.checks.portability import condition_problems, expression_problems, sum_problems
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.compile import compile_queries
from sellerhealth.engine.compile_unproven import compile_unproven
from sellerhealth.engine.queries import MetricQuery, Part
from sellerhealth.engine.results import dimensions
from sellerhealth.errors import PluginError
from sellerhealth.facts import FACTS
from sellerhealth.metrics.expressions import expressions, fact_named, table_of
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.quotients import is_exact
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.metrics.type_checks import describe_value
from sellerhealth.store.every_table import metadata

_TABLES = frozenset(fact.__table__ for fact in FACTS)
_IS = (operators.is_, operators.is_not)
_OTHER_THAN = (operators.ne, operators.not_in_op, operators.not_between_op, operators.not_like_op, operators.not_ilike_op)
_NEVER_NULL = (operators.is_, operators.is_not, operators.is_distinct_from, operators.is_not_distinct_from)
_A_DAY = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


class Readable(Protocol):
    """The part of a database that checks need."""

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """A connection that can only read."""
        ...


class EmptyTables:
    """Empty tables in memory, to check metrics without a store."""

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to new tables."""
        engine = sa.create_engine("sqlite://")
        try:
            with engine.begin() as connection:
                metadata.create_all(connection)
                yield connection
        finally:
            engine.dispose()


def checker(database: Readable) -> Callable[[Metric], None]:
    """A function that checks a metric: its expressions, its results, then its statement on no rows. It raises PluginError."""

    def check(metric: Metric) -> None:
        for find in (_measure_problems, _result_problems):
            if messages := dict.fromkeys(find(metric)):
                raise PluginError("\n".join(f"metric {metric.key!r}: {problem}" for problem in messages))
        _run_on_no_rows(metric, database)

    return check


def _measure_problems(metric: Metric) -> Iterator[str]:
    measures = {**metric.all_measures, **({"at_risk": metric.at_risk.rows} if metric.at_risk is not None else {})}
    reported = set()  # only the first measure with a problem is reported: others are often derived from it
    for name, measure in measures.items():
        for problem in problems(measure):
            if problem not in reported:
                reported.add(problem)
                yield f"the measure {name!r} {problem} See {measure.made_at}."


def problems(measure: Measure) -> Iterator[str]:
    """The problems of a measure, each with the fix."""
    table = table_of(measure)
    if table not in _TABLES:
        yield f"counts rows of {table.name}, which is not a fact: count on a day column of {', '.join(sorted(t.name for t in _TABLES))}."
        return
    if not isinstance(measure.on.property.columns[0].type, sa.Date):
        yield f"is counted on {measure.on.key}, which is not a day: use a column of days, such as {_a_day_of(table, measure.on.key)}."
    if measure.summed is not None:
        yield from sum_problems(measure.summed)
    yield from condition_problems(measure.condition)
    split = measure.split_class
    for expression in (*expressions(measure), *(() if split is None else (split.rows, split.class_name))):
        found = [*expression_problems(expression), *_lost_nulls(expression)]
        found += _foreign_columns(expression, table, is_sum=expression is not measure.condition)
        yield from found or [*unknown_sql(expression)] or uncorrelated_lookups(expression, table)


def _a_day_of(table: sa.Table, near: str) -> str:
    """A column of days, preferably that of an instant: placed_on for placed_at."""
    days = [column.name for column in table.c if isinstance(column.type, sa.Date)]
    return min(days, key=lambda day: day.removesuffix("_on") != near.removesuffix("_at")) if days else "none: it has no day"


def _foreign_columns(expression: Any, table: sa.Table, *, is_sum: bool) -> Iterator[str]:
    """Columns of other tables: every row would be joined with every other."""
    foreign = [node for node in outside_lookups(expression) if isinstance(node, sa.Column) and node.table is not table]
    if not foreign:
        return
    names = sorted({f"{getattr(node.table, 'element', node.table).description}.{node.key}" for node in foreign})
    does, fix = ("adds up", _total_of(foreign[0])) if is_sum else ("reads", "use a relationship with .any(...)")
    yield f"{does} {' and '.join(names)}, which {table.name} do not have: {fix}."


def _total_of(column: "sa.Column[Any]") -> str:
    """The measure that adds up a column of another fact."""
    fact = fact_named(column.table.name)
    days = [each.name for each in column.table.c if isinstance(each.type, sa.Date)]
    if fact is None or not days:
        return "it has no day on which it could count"
    on = " or ".join(f"on={fact.__name__}.{day}" for day in days)
    return f"make it a measure of its own, total({fact.__name__}.{column.key}, {on}, where=...)"


def _lost_nulls(expression: Any) -> Iterator[str]:
    """Negations of something that may be null. SQL makes them null, not true, so that rows would be lost."""
    nodes = list(visitors.iterate(expression))
    tested = {str(node.left) for node in nodes if isinstance(node, sa.BinaryExpression) and node.operator in _IS}
    for node in nodes:
        negates = isinstance(node, sa.UnaryExpression) and node.operator in (operators.inv, operators.is_false)
        differs = isinstance(node, sa.BinaryExpression) and (node.operator in _OTHER_THAN or is_negated(node))
        nullable = set(_may_be_null(node)) if negates or differs else set()
        names = ", ".join(sorted({column.key for column in nullable if negates or str(column) not in tested}))
        if names and negates:
            yield f"negates a condition over {names}, which may be null: use Measure.without(...) or .is_not(True)."
        elif names and is_negated(node):
            yield (
                f"negates a comparison of {names}, which may be null, and leaves out these rows: use Measure.without(...), or add "
                ".is_not(None) to show that you leave them out on purpose."
            )
        elif names:
            yield (
                f"leaves out the rows whose {names} is unknown, because null is neither equal nor unequal: say .is_distinct_from(...) or "
                ".without(...), or add .is_not(None) to show that you leave them out on purpose."
            )


def _may_be_null(node: Any) -> "Iterator[sa.Column[Any]]":
    """The columns that can make an expression null. `IS` comparisons, EXISTS and coalesce never are."""
    if isinstance(node, sa.Exists | functions.coalesce) or (isinstance(node, sa.BinaryExpression) and node.operator in _NEVER_NULL):
        return
    if isinstance(node, sa.Column) and node.nullable and not _is_null_when_unknown(node):
        yield node
    for child in node.get_children():
        yield from _may_be_null(child)


def _is_null_when_unknown(column: "sa.Column[Any]") -> bool:
    """Whether null says that nobody knows: of a derived yes or no. Then neither it nor its negation is met, and the row is unproven."""
    return bool(column.info.get("derived")) and isinstance(column.type, sa.Boolean)


def _result_problems(metric: Metric) -> Iterator[str]:
    """Computes the result for 0 and for 1 of each measure: the values and targets of a plugin may fail, or return the wrong types."""
    values = {"value": metric.value, **{name: figure.value for name, figure in metric.figures.items()}}
    for number, cause in ((0, "It happens when nothing was counted: return None then."), (1, "It happens when each measure counts 1.")):
        numbers = dict.fromkeys(metric.all_measures, number)
        try:
            computed = {name: value(metric.by_measure(numbers)) for name, value in values.items()}
            if inexact := {name: value for name, value in computed.items() if not is_exact(value)}:
                yield from (
                    f"{name!r} is {describe_value(value)}, which is not exact: return a Fraction or None."
                    for name, value in inexact.items()
                )
                continue
            result = metric.result(numbers)
        except Exception as error:
            error.add_note(cause)
            raise
        for name, reading in {"value": result, **result.figures}.items():
            if not (isinstance(reading.display, str) and isinstance(reading.status, MetricStatus)):
                yield (
                    f"{name!r} is displayed as {describe_value(reading.display)} and judged {describe_value(reading.status)}: "
                    "let `display` return a text, and `judge` a MetricStatus."
                )
    judged = {name: (figure.value, figure.target) for name, figure in metric.figures.items()}
    for name, (judged_value, target) in {"value": (metric.value, metric.target), **judged}.items():
        text = "" if target is None else target.display(judged_value)
        if not isinstance(text, str):
            yield f"the target of {name!r} is displayed as {describe_value(text)}: let its `display` return a text."


def _run_on_no_rows(metric: Metric, database: Readable) -> None:
    """Runs the metric's statements for no account, over each window and dimension."""
    parts = None, *map(Part, dimensions(metric))
    queries = [MetricQuery(metric, window, _A_DAY.date(), part=part) for window in metric.windows for part in parts]
    plan = compile_queries(queries, AccountFilter(account_ids=()), _A_DAY, sees_all=OWNER.sees_all)
    statements = [(plan.statement, plan.parameters)]
    if plan.lookups:
        unproven = compile_unproven(plan.asking_for_unknown_cells, AccountFilter(account_ids=()), _A_DAY, sees_all=OWNER.sees_all)
        statements.append((unproven.statement, unproven.parameters))
    with warnings.catch_warnings(), database.reading() as connection:
        warnings.simplefilter("error", SAWarning)  # a statement that SQLAlchemy warns of may count something else
        for statement, parameters in statements:
            ReadSession(connection, OWNER, _A_DAY).execute(statement, parameters).all()
