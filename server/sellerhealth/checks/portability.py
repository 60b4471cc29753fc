"""Conditions that are valid SQL but wrong or not portable."""

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql import elements, functions, operators, visitors

from sellerhealth.errors import did_you_mean
from sellerhealth.metrics.instants import CLOCK, Later
from sellerhealth.metrics.type_checks import describe_value, plain_type

_KINDS: Mapping[str, tuple[tuple[type, ...], tuple[type, ...]]] = {  # kinds by name: SQL types, and Python types of values
    "yes or no": ((sa.Boolean,), (bool,)),
    "an instant": ((sa.DateTime,), (dt.datetime,)),
    "a day": ((sa.Date,), (dt.date,)),
    "a duration": ((sa.Interval,), (dt.timedelta,)),
    "a number": ((sa.Numeric, sa.Integer), (int, float, Decimal)),
    "a text": ((sa.String,), (str,)),
}
_VALUES = tuple(kind for _, values in _KINDS.values() for kind in values)
_COMPARISONS = {
    operators.eq, operators.ne, operators.lt, operators.le, operators.gt, operators.ge, operators.in_op, operators.not_in_op,
    operators.between_op, operators.is_distinct_from, operators.is_not_distinct_from,
}  # fmt: skip
_ARITHMETIC = {operators.add: "+", operators.sub: "-", operators.mul: "*", operators.truediv: "/", operators.mod: "%"}
_CASE_INSENSITIVE = {
    operators.like_op: "ilike", operators.not_like_op: "not_ilike", operators.contains_op: "icontains",
    operators.startswith_op: "istartswith", operators.endswith_op: "iendswith",
}  # fmt: skip
_PATTERNS = frozenset({operators.match_op, operators.not_match_op, operators.regexp_match_op, operators.not_regexp_match_op})
PORTABLE = frozenset({"abs", "coalesce", "length", "lower", "nullif", "upper"})  # functions that all databases have and compute alike
_DAY_FIELDS = frozenset({"year", "month", "day", "dow", "doy"})  # every database extracts these alike from a day
_FUNCTION_PROBLEMS = {
    "current_date current_time current_timestamp localtime localtimestamp now": (
        "takes the present from the database with {}(): leave the days to the windows, or say passed(column, hours=24)."
    ),
    "age date date_trunc datetime julianday strftime time to_char unixepoch": (
        "works with times by {}(), which not every database has: use a column of days, or one that holds a duration."
    ),
    "avg count max min sum total": (
        "adds up rows with {}() in a condition: look for one with .any(...), or make a measure of its own with total(...)."
    ),
    "random": "calls {}(), so that the same query has different results. Leave it out.",
}
_UNKNOWN_FUNCTION = f"calls {{}}(), which may be different or missing on another database: use columns and comparisons, or one of {', '.join(sorted(PORTABLE))}."


def condition_problems(condition: Any) -> Iterator[str]:
    """Operands of AND and OR in a condition, or the condition itself, that are not conditions."""
    for each in condition.clauses if isinstance(condition, elements.BooleanClauseList) else [condition]:
        if (kind := _kind(each)) not in ("yes or no", None):
            yield (
                f"has {_text(each)}, which is {kind}, for a condition: compare it with something, and put each comparison in "
                "parentheses, as & and | bind more closely."
            )


def expression_problems(expression: Any) -> Iterator[str]:
    """The problems of an expression, wrong or not portable, each with the fix."""
    for node in visitors.iterate(expression):
        match node:
            case elements.TextClause():
                yield "holds SQL text, which cannot be checked: write an expression over the columns of sellerhealth.facts."
            case elements.ColumnClause(is_literal=True) if node.name not in ("1", "*"):  # EXISTS (SELECT 1
                yield f"holds the SQL text {node.name!r}, which cannot be checked: write an expression over the columns of sellerhealth.facts."
            case elements.BindParameter() if node.required and not node.key.startswith(CLOCK):
                yield f"has a parameter {node.key!r} without a value: write the value itself, or take it from the plugin's settings."
            case Later():
                if _kind(node.clauses.clauses[0]) != "an instant":
                    yield f"makes {_text(node.clauses.clauses[0])} later, which is {_kind(node.clauses.clauses[0])}: later(...) takes an instant."
            case functions.FunctionElement():
                name = node.name.lower()
                if name not in PORTABLE:
                    problem = next((text for names, text in _FUNCTION_PROBLEMS.items() if name in names.split()), _UNKNOWN_FUNCTION)
                    yield problem.format(name)
            case elements.Extract() if _kind(node.expr) != "a day" or node.field not in _DAY_FIELDS:
                yield f"takes the {node.field} of {_text(node.expr)}, which databases do differently: take year, month, day or dow of a day."
            case elements.Cast() if _kind(node.clause) in ("an instant", "a day", "a text"):
                yield f"casts {_text(node.clause)}, {_kind(node.clause)}, which databases do differently: use it as it is."
            case elements.BooleanClauseList():
                yield from condition_problems(node)
            case elements.UnaryExpression(operator=operators.distinct_op):
                yield (
                    f"counts {_text(node.element)} once however often it is there, and such numbers cannot be added up day by day: "
                    "count the rows, or look for related facts with .any(...)."
                )
            case elements.UnaryExpression(operator=operators.inv) if _kind(node.element) not in ("yes or no", None):
                yield f"negates {_text(node.element)}, which is {_kind(node.element)}: compare it with something."
            case elements.BinaryExpression():
                yield from _binary(node)


def sum_problems(summed: Any) -> Iterator[str]:
    """The problems of a column that is added up."""
    if not isinstance(plain_type(summed.type), sa.Integer):
        kind = _type_kind(summed.type) or "of no known type"
        fix = "count the rows with .where(...)" if kind == "yes or no" else "add up a column of whole numbers, such as seconds or cents"
        yield f"adds up {_text(summed)}, which is {kind}: {fix}."


def _binary(node: Any) -> Iterator[str]:
    sides = [node.left, *_right(node)]
    kinds = {_kind(side): side for side in reversed(sides) if _kind(side) is not None}
    if node.operator in _ARITHMETIC and not kinds.keys().isdisjoint({"an instant", "a day", "a duration", "yes or no"}):
        sign = _ARITHMETIC[node.operator]
        yield (
            f"computes {_text(node.left)} {sign} {_text(node.right)}, which databases do differently: use a column that holds the "
            "result (late_by, answered_after, delivered_working_days), later(column, hours=24) to compare two instants, or passed(column, "
            "hours=24) for the past."
        )
    if node.operator in _CASE_INSENSITIVE:
        yield f"is case-sensitive in {_text(node.left)} on PostgreSQL and not on SQLite: use .{_CASE_INSENSITIVE[node.operator]}(...)."
    if node.operator in _PATTERNS or isinstance(node.operator, operators.custom_op):
        yield f"matches {_text(node.left)} in a way that differs between databases: use .in_([...]), .icontains(...) or .istartswith(...)."
    if node.operator not in _COMPARISONS:
        return
    if len(kinds) > 1:
        (one, left), (other, right), *_ = [(kind, kinds[kind]) for kind in dict.fromkeys(map(_kind, sides)) if kind is not None]
        yield f"compares {_text(left)}, which is {one}, with {_text(right)}, which is {other}: compare like with like."
    for value in (value for side in sides for value in _values(side)):
        if not isinstance(value, (*_VALUES, type(None))):
            yield f"compares {_text(node.left)} with {describe_value(value)}, which no row holds: compare it with a number, a text, a day or an instant."
        if value is None:
            yield f"compares {_text(node.left)} with None, which nothing equals: add | column.is_(None)."
        if isinstance(value, dt.datetime) and value.tzinfo is None:
            yield f"compares {_text(node.left)} with {value}, which has no zone: write it with tzinfo=dt.UTC."
    bounds = [value for side in sides[1:] for value in _values(side)] if node.operator is operators.between_op else []
    if len(bounds) == 2 and _kind(sides[1]) == _kind(sides[2]) and bounds[0] > bounds[1]:
        yield f"requires {_text(node.left)} between {bounds[0]} and {bounds[1]}, which no row meets: write the lower one first."
    yield from _unknown_values(sides)


def _unknown_values(sides: list[Any]) -> Iterator[str]:
    """Comparisons of a column that has few allowed values with another value."""
    known = {allowed: column for column in map(_column_behind, sides) if column is not None for allowed in _allowed_values(column)}
    for value in (value for side in sides for value in _values(side)):
        if known and isinstance(value, str) and value and value not in known:
            (column, *_) = known.values()
            near = did_you_mean(value.upper(), known)
            yield f"compares {column.key} with {str(value)!r}, which it never is.{near} It can be {', '.join(sorted(known))}."


@cache
def _allowed_values(column: sa.Column[Any]) -> tuple[str, ...]:
    """The values that the constraint of its table allows in a column; empty if it allows any."""
    name = f"ck_{column.table.name}_{column.key}"
    return next((each.info["among"] for each in column.table.constraints if each.name == name and "among" in each.info), ())


def _column_behind(node: Any) -> "sa.Column[Any] | None":
    if isinstance(node, functions.coalesce):
        return _column_behind(next(iter(node.clauses)))
    return node.table.c[node.key] if isinstance(node, sa.Column) and isinstance(node.table, sa.Table) else None


def _right(node: Any) -> list[Any]:
    is_call = isinstance(node.right, functions.FunctionElement)
    return [node.right] if is_call else list(getattr(node.right, "clauses", [node.right]))  # `between` has two


def _values(node: Any) -> list[Any]:
    """The Python values in a comparison."""
    if not isinstance(node, elements.BindParameter) or node.required:
        return []
    return [*(node.value or ())] if node.expanding else [node.value]


def _kind(node: Any) -> str | None:
    """The kind of an expression; None if it is unknown, or if its problem is reported elsewhere."""
    if isinstance(node, elements.Grouping):
        return _kind(node.element)
    if isinstance(node, elements.BindParameter) and not node.required:
        kinds = (kind for value in _values(node) for kind, (_, types) in _KINDS.items() if isinstance(value, types))
        return next(kinds, None)
    if isinstance(node, elements.BooleanClauseList) and any(_kind(each) not in ("yes or no", None) for each in node.clauses):
        return None
    if isinstance(node, elements.BinaryExpression) and node.operator in _ARITHMETIC and _kind(node.left) != "a number":
        return None
    if isinstance(getattr(node, "operator", None), operators.custom_op) or getattr(node, "operator", None) is operators.distinct_op:
        return None
    return _type_kind(node.type) if hasattr(node, "type") else None


def _type_kind(type_: sa.types.TypeEngine[Any]) -> str | None:
    return next((kind for kind, (types, _) in _KINDS.items() if isinstance(plain_type(type_), types)), None)


def _text(node: Any) -> str:
    """An expression in a form that its author recognises."""
    if isinstance(node, elements.Grouping):
        return _text(node.element)
    if isinstance(node, sa.Column | InstrumentedAttribute):
        return str(node.key)
    if values := _values(node):
        return ", ".join(str(value) if not isinstance(value, str) else repr(str(value)) for value in values)
    text = str(node)
    return f"`{text}`" if len(text) < 100 and "\n" not in text else "an expression"
