"""Whether a metric can be computed soundly: checked when it is loaded, so that a silent wrong answer never starts."""

import datetime as dt
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from fractions import Fraction
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import SAWarning
from sqlalchemy.sql import functions, operators, visitors

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.checks.correlation import loose_lookups, outside_of_lookups
from sellerhealth.checks.portability import condition_problems, misleading, sum_problems
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.compile import compile_queries
from sellerhealth.engine.queries import MetricQuery, Part
from sellerhealth.engine.results import dimensions
from sellerhealth.errors import PluginError
from sellerhealth.facts import FACTS
from sellerhealth.metrics.expressions import expressions, fact_named, table_of
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.targets import Headroom, MetricStatus
from sellerhealth.metrics.type_checks import describe_value, first_line
from sellerhealth.model.tables import metadata

_TABLES = frozenset(fact.__table__ for fact in FACTS)
_IS = (operators.is_, operators.is_not)
_OTHER_THAN = (operators.ne, operators.not_in_op, operators.not_between_op, operators.not_like_op, operators.not_ilike_op)
_NEVER_NULL = (operators.is_, operators.is_not, operators.is_distinct_from, operators.is_not_distinct_from)
_A_DAY = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


class Readable(Protocol):
    """A store, as far as a check needs it."""

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """A connection that can only read."""
        ...


class EmptyTables:
    """The tables of a store without any row, in memory: to check metrics where no store is at hand."""

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to tables that are made anew."""
        engine = sa.create_engine("sqlite://")
        try:
            with engine.begin() as connection:
                metadata.create_all(connection)
                yield connection
        finally:
            engine.dispose()


def checker(database: Readable) -> Callable[[Metric], None]:
    """What checks a metric against a store: its expressions, then its statement on no rows."""

    def check(metric: Metric) -> None:
        measures = {**metric.all_measures, **({"at_risk": metric.at_risk.rows} if metric.at_risk is not None else {})}
        unsound: dict[str, str] = {}  # by problem the first measure that has it: others are often made from that one
        for name, measure in measures.items():
            for problem in problems(measure):
                unsound.setdefault(problem, f"the measure {name!r} {problem} See {measure.made_at}.")
        if unsound:
            raise PluginError("\n".join(f"metric {metric.key!r}: {told}" for told in unsound.values()))
        _rehearse(metric)
        _try(metric, database)

    return check


def problems(measure: Measure) -> Iterator[str]:
    """What is unsound in a measure, each with the remedy."""
    table = table_of(measure)
    if table not in _TABLES:
        yield f"counts rows of {table.name}, which is no fact: count on a day column of {', '.join(sorted(t.name for t in _TABLES))}."
        return
    if not isinstance(measure.on.property.columns[0].type, sa.Date):
        yield f"is counted on {measure.on.key}, which is no day: use a column of days, such as {_a_day_of(table, measure.on.key)}."
    if measure.summed is not None:
        yield from sum_problems(measure.summed)
    yield from condition_problems(measure.condition)
    for expression in expressions(measure):
        yield from misleading(expression)
        yield from _negations(expression)
        yield from _strangers(expression, table, is_sum=expression is not measure.condition)


def _a_day_of(table: sa.Table, near: str) -> str:
    """A column of days, if possible the one of an instant: placed_on of placed_at."""
    days = [column.name for column in table.c if isinstance(column.type, sa.Date)]
    return min(days, key=lambda day: day.removesuffix("_on") != near.removesuffix("_at")) if days else "none: it has no day"


def _strangers(expression: Any, table: sa.Table, *, is_sum: bool) -> Iterator[str]:
    """Columns that the fact does not have: every row would be joined with every other."""
    strange = [node for node in outside_of_lookups(expression) if isinstance(node, sa.Column) and node.table is not table]
    if not strange:
        yield from loose_lookups(expression, table)
        return
    names = sorted({f"{getattr(node.table, 'element', node.table).description}.{node.key}" for node in strange})
    does, remedy = ("adds up", _total_of(strange[0])) if is_sum else ("reads", "use a relationship with .any(...)")
    yield f"{does} {' and '.join(names)}, which {table.name} do not have: {remedy}."


def _total_of(column: "sa.Column[Any]") -> str:
    """How a column of another fact is added up: as a measure of that fact."""
    fact = fact_named(column.table.name)
    days = [each.name for each in column.table.c if isinstance(each.type, sa.Date)]
    if fact is None or not days:
        return "it has no day on which it could count"
    on = " or ".join(f"on={fact.__name__}.{day}" for day in days)
    return f"make it a measure of its own, total({fact.__name__}.{column.key}, {on}, where=...)"


def _negations(expression: Any) -> Iterator[str]:
    """`~` or `!=` over something that may be null is null, not true: rows would be lost in silence."""
    nodes = list(visitors.iterate(expression))
    asked_about = {str(node.left) for node in nodes if isinstance(node, sa.BinaryExpression) and node.operator in _IS}
    for node in nodes:
        negates = isinstance(node, sa.UnaryExpression) and node.operator in (operators.inv, operators.is_false)
        differs = isinstance(node, sa.BinaryExpression) and node.operator in _OTHER_THAN
        unknown = set(_may_be_null(node)) if negates or differs else set()
        nullable = sorted({column.key for column in unknown if negates or str(column) not in asked_about})
        if nullable and negates:
            yield f"negates a condition over {', '.join(nullable)}, which may be null: use Measure.without(...) or .is_not(True)."
        elif nullable:
            yield (
                f"leaves out the rows whose {', '.join(nullable)} is unknown, for null is neither equal nor unequal: say "
                ".is_distinct_from(...) or .without(...), or add .is_not(None) to show that they are to be left out."
            )


def _may_be_null(node: Any) -> "Iterator[sa.Column[Any]]":
    """The columns that can make an expression null. `IS` comparisons, EXISTS and coalesce never are."""
    if isinstance(node, sa.Exists | functions.coalesce) or (isinstance(node, sa.BinaryExpression) and node.operator in _NEVER_NULL):
        return
    if isinstance(node, sa.Column) and node.nullable:
        yield node
    for child in node.get_children():
        yield from _may_be_null(child)


def _rehearse(metric: Metric) -> None:
    """Works out the result for nothing and for one of each: a value or a target of a third party may not be up to it."""
    for each, remedy in ((0, "It happens when nothing was counted: return None then."), (1, "It happens when each measure counts 1.")):
        try:
            result = metric.result(dict.fromkeys(metric.all_measures, each))
        except Exception as error:
            error.add_note(remedy)
            raise
        for name, reading in {"value": result, **result.figures}.items():
            if reading.value is not None and (isinstance(reading.value, bool) or not isinstance(reading.value, int | Fraction)):
                raise PluginError(
                    f"metric {metric.key!r}: {name!r} is {describe_value(reading.value)}, which is not exact: return a Fraction or None.",
                    name,
                )
            if not (isinstance(reading.display, str) and isinstance(reading.status, MetricStatus)):
                raise PluginError(
                    f"metric {metric.key!r}: {name!r} is shown as {describe_value(reading.display)} and judged {describe_value(reading.status)}: "
                    "let `display` return a text, and `judge` a MetricStatus.",
                    name,
                )
        judged = {name: (figure.value, figure.target) for name, figure in metric.figures.items()}
        for name, (value, target) in {"value": (metric.value, metric.target), **judged}.items():
            told = "" if target is None else target.display(value)
            if not isinstance(told, str):
                raise PluginError(
                    f"metric {metric.key!r}: the target of {name!r} is shown as {describe_value(told)}: let its `display` return a text.",
                    "target",
                )
        if not isinstance(result.headroom, Headroom | None):
            raise PluginError(
                f"metric {metric.key!r}: its headroom is {describe_value(result.headroom)}: return a Headroom or None.", "target"
            )


def _try(metric: Metric, database: Readable) -> None:
    """Runs the metric's statement for no account, over each window and dimension."""
    parts = None, *map(Part, dimensions(metric))
    queries = [MetricQuery(metric, window, _A_DAY.date(), part=part) for window in metric.windows for part in parts]
    plan = compile_queries(queries, AccountFilter(account_ids=()), _A_DAY)
    try:
        with warnings.catch_warnings(), database.reading() as connection:
            warnings.simplefilter("error", SAWarning)  # what SQLAlchemy has doubts about is no figure to show
            ReadSession(connection, OWNER, _A_DAY).execute(plan.statement, plan.parameters).all()
    except SAWarning as doubt:
        raise PluginError(f"metric {metric.key!r}: SQLAlchemy warns of its statement: {first_line(doubt)}.") from doubt
