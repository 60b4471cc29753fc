"""Finds what only a plugin's source shows: `is` on a column, missing parentheses, and days from the clock. These are guesses, so they warn."""

import ast
import contextlib
import datetime as dt
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import sqlalchemy as sa
from sqlalchemy.sql import visitors
from sqlalchemy.sql.expression import SQLColumnExpression

from sellerhealth.checks.operator_guard import INTENDED
from sellerhealth.metrics.metric import Metric

_CLOCKS = ("now", "today", "utcnow")
_RECENT = dt.timedelta(days=400)  # a day further back is not derived from the present: no window is longer


def lint(modules: Iterable[ModuleType], metrics: Iterable[Metric]) -> Iterator[str]:
    """Warnings of probable mistakes in the source of a plugin, each with its line and the fix."""
    sources = {module: text for module in modules if "sellerhealth" in (text := _source(module))}
    clock_calls: list[str] = []
    for module, text in sources.items():
        lines = text.splitlines()
        for node in syntax_nodes(text):
            line = getattr(node, "lineno", 1)
            end = f"If it is right as it is, end the line with `{INTENDED}`. See {module.__file__}, line {line}."
            match node:
                case ast.Compare() | ast.Call() if INTENDED in lines[line - 1]:
                    continue
                case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot()]) if isinstance(resolve(left, vars(module)), SQLColumnExpression):
                    yield f"`is` with a column has one value for all rows. Write .is_(None) or .is_not(None). {end}"
                case ast.Compare(left=ast.BinOp(op=ast.BitAnd() | ast.BitOr(), left=left, right=right)) if any(
                    isinstance(resolve(side, vars(module)), SQLColumnExpression) for side in (left, right)
                ):
                    yield f"& and | bind more closely than comparisons, so both sides are compared at once. Put each comparison in parentheses. {end}"
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _CLOCKS:
                    clock_calls.append(end)
    for metric in metrics if clock_calls else ():
        for name, measure in metric.all_measures.items():
            days = [day for day in _recent_days(measure.condition) if not any(_is_written(day, text) for text in sources.values())]
            if days:
                yield (
                    f"the measure {name!r} of {metric.key!r} compares with {days[0]}, probably taken from the clock when the plugin was loaded: it "
                    "stays the same while the server runs. Leave the days to the windows, or say passed(column, hours=24). "
                    + clock_calls[0]
                )
                break


def resolve(node: ast.expr, names: Mapping[str, object]) -> object:
    """The object that a dotted name such as `facts.Order.late_by` refers to; None for other expressions."""
    match node:
        case ast.Name(id=name):
            return names.get(name)
        case ast.Attribute(value=of, attr=name) if isinstance(owner := resolve(of, names), ModuleType | type):
            with contextlib.suppress(Exception):  # a lazy module may raise anything
                return getattr(owner, name, None)
    return None


def _source(module: ModuleType) -> str:
    path = Path(getattr(module, "__file__", None) or "")
    return importlib.util.decode_source(path.read_bytes()) if path.suffix == ".py" and path.is_file() else ""


def syntax_nodes(source: str) -> Iterator[ast.AST]:
    """The syntax nodes of a source; none while somebody edits it, so that it no longer parses."""
    with contextlib.suppress(SyntaxError):
        yield from ast.walk(ast.parse(source))


def _recent_days(condition: sa.ColumnElement[bool]) -> Iterator[dt.date]:
    today = dt.datetime.now(dt.UTC).date()
    for node in visitors.iterate(condition):
        value = node.value if isinstance(node, sa.BindParameter) else None
        for constant in value if isinstance(value, list | tuple) else [value]:
            if isinstance(constant, dt.date):
                day = constant.date() if isinstance(constant, dt.datetime) else constant
                if abs(day - today) < _RECENT:
                    yield day


def _is_written(day: dt.date, source: str) -> bool:
    return day.isoformat() in source or f"{day.year}, {day.month}, {day.day}" in source
