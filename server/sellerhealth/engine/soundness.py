"""Whether a metric can be computed soundly: checked when it is loaded, so that a silent wrong answer never starts."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from fractions import Fraction
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.sql import functions, operators, visitors

from sellerhealth.access import OWNER
from sellerhealth.engine.answer import dimensions
from sellerhealth.engine.asks import WHOLE
from sellerhealth.engine.choice import Choice
from sellerhealth.engine.comparisons import misleading, sum_problems
from sellerhealth.engine.compile import Question, compile_asks
from sellerhealth.engine.reading import expressions, table_of
from sellerhealth.errors import PluginError
from sellerhealth.facts import FACTS
from sellerhealth.measures import Measure
from sellerhealth.metrics import Metric
from sellerhealth.tables import metadata
from sellerhealth.targets import Headroom, MetricStatus
from sellerhealth.wanted import shown

_TABLES = frozenset(fact.__table__ for fact in FACTS)  # type: ignore[attr-defined]  # SQLModel hides it
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
                unsound.setdefault(problem, name)
        if unsound:
            told = [f"metric {metric.key!r}: the measure {name!r} {problem}" for problem, name in unsound.items()]
            first, name = next(iter(unsound.items()))
            raise PluginError("\n".join(told), *re.findall(r"'(\w+)'", first)[:1], name, metric.key)
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
    yield from misleading(measure.condition)
    for expression in expressions(measure):
        yield from _strangers(expression, table)
        yield from _negations(expression)


def _a_day_of(table: sa.Table, near: str) -> str:
    """A column of days, if possible the one of an instant: placed_on of placed_at."""
    days = [column.name for column in table.c if isinstance(column.type, sa.Date)]
    return min(days, key=lambda day: day.removesuffix("_on") != near.removesuffix("_at")) if days else "none: it has no day"


def _strangers(expression: Any, table: sa.Table) -> Iterator[str]:
    """Columns that the fact does not have, and relationships of another fact: their EXISTS would be true for every row."""
    inside: set[int] = set()
    for node in visitors.iterate(expression):
        if isinstance(node, sa.Exists):
            select = node.element.element if hasattr(node.element, "element") else node.element
            froms = {each for each in getattr(select, "get_final_froms", list)() if isinstance(each, sa.Table)}
            others = ", ".join(sorted(each.name for each in froms - {table}))
            if table not in froms:
                yield f"looks up related facts of another fact ({others}): start from a relationship of {table.name}."
            elif not _same_account(select, table):
                yield f"looks up {others} of all accounts: use a relationship of {table.name} with .any(...), which keeps to one."
            inside |= {id(child) for child in visitors.iterate(node)}
    strange = [node for node in visitors.iterate(expression) if isinstance(node, sa.Column) and node.table is not table]
    names = sorted({f"{getattr(node.table, 'element', node.table).description}.{node.key}" for node in strange if id(node) not in inside})
    if names:
        yield f"reads {' and '.join(names)}, which {table.name} do not have: use a relationship with .any(...)."


def _same_account(select: Any, table: sa.Table) -> bool:
    """Whether a lookup keeps to the account of the row, as relationships do."""
    ties = [node for node in visitors.iterate(select) if isinstance(node, sa.BinaryExpression) and node.operator is operators.eq]
    return any({"account_id"} == {getattr(side, "key", None) for side in (tie.left, tie.right)} for tie in ties)


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
                    f"metric {metric.key!r}: {name!r} is {shown(reading.value)}, which is not exact: return a Fraction or None.", name
                )
            if not (isinstance(reading.display, str) and isinstance(reading.status, MetricStatus)):
                raise PluginError(
                    f"metric {metric.key!r}: {name!r} is shown as {shown(reading.display)} and judged {shown(reading.status)}: "
                    "let `display` return a text, and `judge` a MetricStatus.",
                    name,
                )
        if not isinstance(result.headroom, Headroom | None):
            raise PluginError(f"metric {metric.key!r}: its headroom is {shown(result.headroom)}: return a Headroom or None.", "target")


def _try(metric: Metric, database: Readable) -> None:
    """Runs the metric's statement for no account, over each window and dimension."""
    questions = [Question(metric, window, _A_DAY.date(), WHOLE, by) for window in metric.windows for by in (None, *dimensions(metric))]
    plan = compile_asks(questions, Choice(accounts=()), OWNER, _A_DAY)
    with database.reading() as connection:
        connection.execute(plan.statement, plan.parameters).all()
