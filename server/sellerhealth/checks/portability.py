"""Conditions that are no error to SQL and never mean what was meant, or mean something else on another database."""

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql import elements, functions, operators, visitors

from sellerhealth.errors import did_you_mean
from sellerhealth.metrics.measures import CLOCK
from sellerhealth.metrics.type_checks import describe_value, plain_type

_TYPES: Mapping[type, str] = {
    sa.Boolean: "yes or no",
    sa.DateTime: "an instant",
    sa.Date: "a day",
    sa.Interval: "a duration",
    sa.Numeric: "a number",
    sa.Integer: "a number",
    sa.String: "a text",
}
_VALUES: Mapping[type, str] = {
    bool: "yes or no",
    dt.datetime: "an instant",
    dt.date: "a day",
    dt.timedelta: "a duration",
    int: "a number",
    float: "a number",
    Decimal: "a number",
    str: "a text",
}
_COMPARISONS = {
    operators.eq: "==", operators.ne: "!=", operators.lt: "<", operators.le: "<=", operators.gt: ">", operators.ge: ">=",
    operators.in_op: "in_", operators.not_in_op: "not_in", operators.between_op: "between",
    operators.is_distinct_from: "is_distinct_from", operators.is_not_distinct_from: "is_not_distinct_from",
}  # fmt: skip
_ARITHMETIC = {operators.add: "+", operators.sub: "-", operators.mul: "*", operators.truediv: "/", operators.mod: "%"}
_CAPITALS = {
    operators.like_op: "ilike", operators.not_like_op: "not_ilike", operators.contains_op: "icontains",
    operators.startswith_op: "istartswith", operators.endswith_op: "iendswith",
}  # fmt: skip
_PATTERNS = frozenset({operators.match_op, operators.not_match_op, operators.regexp_match_op, operators.not_regexp_match_op})
ALIKE = frozenset({"abs", "coalesce", "length", "lower", "nullif", "upper"})  # functions that every database answers alike
_PRESENT = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "now"})
_TIMES = frozenset({"age", "date", "date_trunc", "datetime", "julianday", "strftime", "time", "to_char", "unixepoch"})
_TOTALS = frozenset({"avg", "count", "max", "min", "sum", "total"})
_OF_A_DAY = frozenset({"year", "month", "day", "dow", "doy"})  # fields of a day that every database gives alike


def condition_problems(condition: Any) -> Iterator[str]:
    """What is wrong with a condition as a whole."""
    if not isinstance(condition, elements.BooleanClauseList) and _kind(condition) not in ("yes or no", None):
        yield _no_condition(condition)


def _no_condition(node: Any) -> str:
    return (
        f"has {_named(node)}, which is {_kind(node)}, for a condition: compare it with something, and put each comparison in "
        "parentheses, as & and | bind more closely."
    )


def misleading(expression: Any) -> Iterator[str]:
    """What in an expression misleads, each with the remedy."""
    for node in visitors.iterate(expression):
        match node:
            case elements.TextClause():
                yield "holds SQL text, which nobody can check: write an expression over the columns of sellerhealth.facts."
            case elements.ColumnClause(is_literal=True) if node.name not in ("1", "*"):  # EXISTS (SELECT 1
                yield f"holds the SQL text {node.name!r}, which nobody can check: write an expression over the columns of sellerhealth.facts."
            case elements.BindParameter() if node.required and not node.key.startswith(CLOCK):
                yield f"has a parameter {node.key!r} that nobody fills: write the value itself, or take it from the plugin's settings."
            case functions.FunctionElement():
                yield from _function(node)
            case elements.Extract() if _kind(node.expr) != "a day" or node.field not in _OF_A_DAY:
                yield f"takes the {node.field} of {_named(node.expr)}, which databases do not do alike: take year, month, day or dow of a day."
            case elements.Cast() if _kind(node.clause) in ("an instant", "a day", "a text"):
                yield f"casts {_named(node.clause)}, {_kind(node.clause)}, which databases do not do alike: use it as it is."
            case elements.BooleanClauseList():
                for each in node.clauses:
                    if _kind(each) not in ("yes or no", None):
                        yield _no_condition(each)
            case elements.UnaryExpression(operator=operators.distinct_op):
                yield (
                    f"counts {_named(node.element)} once however often it is there, and such numbers cannot be added up day by day: "
                    "count the rows, or look for related facts with .any(...)."
                )
            case elements.UnaryExpression(operator=operators.inv) if _kind(node.element) not in ("yes or no", None):
                yield f"negates {_named(node.element)}, which is {_kind(node.element)}: compare it with something."
            case elements.BinaryExpression():
                yield from _binary(node)


def sum_problems(summed: Any) -> Iterator[str]:
    """What is wrong with a column to be added up."""
    kind = plain_type(summed.type)
    if not isinstance(kind, sa.Integer):
        what = _TYPES.get(next((each for each in _TYPES if isinstance(kind, each)), object), "of no known type")
        remedy = "count the rows with .where(...)" if what == "yes or no" else "add up a column of whole numbers, such as seconds or cents"
        yield f"adds up {_named(summed)}, which is {what}: {remedy}."


def _function(node: Any) -> Iterator[str]:
    name = node.name.lower()
    if name in _PRESENT:
        yield f"asks the database for the present with {name}(): leave the days to the windows, or say passed(column, hours=24)."
    elif name in _TIMES:
        yield f"works with times by {name}(), which not every database has: use a column of days, or one that holds a duration."
    elif name in _TOTALS:
        yield f"adds up rows with {name}() in a condition: look for one with .any(...), or make a measure of its own with total(...)."
    elif name == "random":
        yield "throws dice with random(): nobody could explain the figure. Leave it out."
    elif name not in ALIKE:
        alike = ", ".join(sorted(ALIKE))
        yield f"calls {name}(), which may be another or missing on another database: use columns and comparisons, or one of {alike}."


def _binary(node: Any) -> Iterator[str]:
    sides = [node.left, *_right(node)]
    kinds = {_kind(side): side for side in reversed(sides) if _kind(side) is not None}
    if node.operator in _ARITHMETIC and not kinds.keys().isdisjoint({"an instant", "a day", "a duration", "yes or no"}):
        sign = _ARITHMETIC[node.operator]
        yield (
            f"works out {_named(node.left)} {sign} {_named(node.right)}, which databases do not do alike: use a column that holds the "
            "answer (late_by, answered_after, delivered_working_days), or passed(column, hours=24) for what lies back."
        )
    if node.operator in _CAPITALS:
        yield f"heeds capitals in {_named(node.left)} on PostgreSQL and not on SQLite: use .{_CAPITALS[node.operator]}(...)."
    if node.operator in _PATTERNS or isinstance(node.operator, operators.custom_op):
        yield f"matches {_named(node.left)} in a way that databases do not do alike: use .in_([...]), .icontains(...) or .istartswith(...)."
    if node.operator not in _COMPARISONS:
        return
    if len(kinds) > 1:
        (one, left), (other, right), *_ = [(kind, kinds[kind]) for kind in dict.fromkeys(map(_kind, sides)) if kind is not None]
        yield f"compares {_named(left)}, which is {one}, with {_named(right)}, which is {other}: compare like with like."
    for value in (value for side in sides for value in _values(side)):
        if not isinstance(value, (*_VALUES, type(None))):
            yield f"compares {_named(node.left)} with {describe_value(value)}, which no row holds: compare it with a number, a text, a day or an instant."
        if value is None:
            yield f"compares {_named(node.left)} with None, which nothing equals: say .is_(None) beside it."
        if isinstance(value, dt.datetime) and value.tzinfo is None:
            yield f"compares {_named(node.left)} with {value}, which has no zone: write it with tzinfo=dt.UTC."
    bounds = [value for side in sides[1:] for value in _values(side)] if node.operator is operators.between_op else []
    if len(bounds) == 2 and _kind(sides[1]) == _kind(sides[2]) and bounds[0] > bounds[1]:
        yield f"asks for {_named(node.left)} between {bounds[0]} and {bounds[1]}, which is nothing: write the lower one first."
    yield from _never(sides)


def _never(sides: list[Any]) -> Iterator[str]:
    """Comparisons of a column that holds one of a few words with another word."""
    known = {word: column for column in map(_column_behind, sides) if column is not None for word in _words_of(column)}
    for value in (value for side in sides for value in _values(side)):
        if known and isinstance(value, str) and value and value not in known:
            (column, *_) = known.values()
            near = did_you_mean(value.upper(), known)
            yield f"compares {column.key} with {str(value)!r}, which it never is.{near} It can be {', '.join(sorted(known))}."


@cache
def _words_of(column: sa.Column[Any]) -> tuple[str, ...]:
    """The words that a column can hold, by the constraint of its table; none where it can hold any."""
    name = f"ck_{column.table.name}_{column.key}"
    return next((each.info["among"] for each in column.table.constraints if each.name == name and "among" in each.info), ())


def _column_behind(node: Any) -> "sa.Column[Any] | None":
    if isinstance(node, functions.coalesce):
        return _column_behind(next(iter(node.clauses)))
    return node.table.c[node.key] if isinstance(node, sa.Column) and isinstance(node.table, sa.Table) else None


def _right(node: Any) -> list[Any]:
    return list(getattr(node.right, "clauses", [node.right]))  # of `between` there are two


def _values(node: Any) -> list[Any]:
    """The values that stand in a comparison themselves."""
    if not isinstance(node, elements.BindParameter) or node.required:
        return []
    return [*(node.value or ())] if node.expanding else [node.value]


def _kind(node: Any) -> str | None:
    """What an expression is, in words; None where that is not known."""
    if isinstance(node, elements.Grouping):
        return _kind(node.element)
    if isinstance(node, elements.BindParameter) and not node.required:
        kinds = [kind for value in _values(node) for each, kind in _VALUES.items() if isinstance(value, each)]
        return kinds[0] if kinds else None
    if isinstance(node, elements.BooleanClauseList) and any(_kind(each) not in ("yes or no", None) for each in node.clauses):
        return None  # told of itself
    if isinstance(node, elements.BinaryExpression) and node.operator in _ARITHMETIC and _kind(node.left) != "a number":
        return None  # likewise
    if isinstance(getattr(node, "operator", None), operators.custom_op) or getattr(node, "operator", None) is operators.distinct_op:
        return None  # likewise
    kind = plain_type(node.type) if hasattr(node, "type") else None
    return next((words for each, words in _TYPES.items() if isinstance(kind, each)), None)


def _named(node: Any) -> str:
    """An expression as its author would recognise it."""
    if isinstance(node, elements.Grouping):
        return _named(node.element)
    if isinstance(node, sa.Column | InstrumentedAttribute):
        return str(node.key)
    if values := _values(node):
        return ", ".join(str(value) if not isinstance(value, str) else repr(str(value)) for value in values)
    text = str(node)
    return f"`{text}`" if len(text) < 100 and "\n" not in text else "an expression"
