"""Generates the reference of the plugin API, reference.md, from docstrings: every public name, fact, column, condition and hook."""

import ast
import dataclasses
import datetime as dt
import enum
import inspect
import re
import textwrap
import typing
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa

import sellerhealth
from sellerhealth import facts, hookspecs, sources, testing
from sellerhealth.model.tables import condition

HERE = Path(__file__).parent
_HEAD = """# Reference of the plugin API

Generated from docstrings by `make reference`. Only these names are stable for plugins: see [versioning.md](versioning.md). Guides:
[metrics](metrics.md), [importers](importers.md), [classifiers](classifiers.md), [tests](testing.md).

In signatures, `Condition` is an SQLAlchemy condition, `DayColumn` a column of a fact that is marked with `on=` below, `WholeNumber` a
numeric column or an expression of some, `Term` a measure or a sum of measures, and `Exact` a whole number, a text such as `"0.04"`, a
`Decimal` or a `Fraction`. Instants are in UTC, days in the time zone of the marketplace.
"""

_WITHOUT_DOCSTRING = {  # names that are neither classes nor functions, and so have no docstring
    "API_VERSION": f"`{sellerhealth.API_VERSION}`: the version of the plugin API. See [versioning.md](versioning.md).",
    "Numbers": "A type: the number of each measure, an `int`, or a `Fraction` if older days weigh less.",
    "Share": "A type for the settings of a plugin: a `Decimal` above 0 and below 1, such as the limit of a rate.",
    "hookimpl": "Marks a function as a hook: see [below](#hooks).",
    "MARKETPLACES": "Amazon's marketplaces by id, each with `key`, `country_code`, `name` (`Amazon.de`) and `day_order`.",
    "DayOrder": "A type: the date order of a marketplace, `DMY`, `MDY` or `YMD`.",
    "Entry": "A type: what `read` of an importer yields, a `Row`, a `Reported`, a `Rejected`, a `Skipped` or a `Remark`.",
    "Reader": "A type: a function from the text of a cell to its value, or None if it is empty. It may raise `Unreadable`.",
    "yes_or_no": "A reader of yes or no: `yes`, `no`, `true`, `false`, `1`, `0`, `y` or `n`.",
    "Values": "A type: the values of a line by the names in `into`.",
    "CLOCK": f"`{testing.CLOCK.isoformat()}`: the present in tests.",
    "TODAY": f"`{testing.TODAY}`: the day of `CLOCK`.",
    "DAY": "A duration of one day.",
    "HOUR": "A duration of one hour.",
    "US": f"`{testing.US}`: the default marketplace of facts in tests.",
}


def reference() -> str:
    """The whole page."""
    lines = [_HEAD, "## `sellerhealth`", "", _about(sellerhealth), "", *_names(sellerhealth)]
    lines += ["## Hooks", "", *_hooks()]
    lines += ["## `sellerhealth.facts`", "", *(line for fact in facts.FACTS for line in _fact(fact)), *_enums()]
    lines += ["## `sellerhealth.sources`", "", _about(sources), "", *_names(sources)]
    lines += ["## `sellerhealth.testing`", "", _about(testing), "", *_names(testing)]
    page = re.sub(r"\bdocs/([\w/]+\.md)(#[\w-]+)?", r"[\1](../\1\2)", "\n".join(lines))
    return re.sub(r"\n{3,}", "\n\n", page).rstrip() + "\n"


def _names(module: ModuleType) -> Iterator[str]:
    for name in sorted(module.__all__, key=lambda name: (name.isupper(), name.casefold())):
        yield from _described(name, getattr(module, name))


def _described(name: str, thing: Any) -> Iterator[str]:
    if name in _WITHOUT_DOCSTRING:
        yield from (f"### `{name}`", "", _WITHOUT_DOCSTRING[name], "")
    elif inspect.isclass(thing):
        is_made = not (issubclass(thing, enum.Enum) or getattr(thing, "_is_protocol", False) or thing is sellerhealth.MetricResult)
        signature = _signature(thing) if is_made else ""  # a plugin makes no result: `Metric.result` does
        yield from (f"### `{name}{signature}`", "", _about(thing), "")
        if issubclass(thing, enum.Enum):
            yield from (" ".join(f"`{value.name}`" for value in thing), "")
        else:
            yield from _methods(thing)
    else:
        yield from (f"### `{name}{_signature(thing)}`", "", _about(thing), "")


def _methods(kind: type) -> Iterator[str]:
    """The public methods and properties that a class itself declares, each with its first line. Those of a result are also of a reading."""
    found, properties = [], (property, cached_property) if kind is sellerhealth.MetricResult else property
    for name, member in ({**vars(kind.__base__), **vars(kind)} if kind is sellerhealth.MetricResult else vars(kind)).items():
        called = member.__func__ if isinstance(member, staticmethod | classmethod) else member
        if name.startswith("_") or not (isinstance(called, properties) or inspect.isfunction(called)) or not inspect.getdoc(called):
            continue
        signature = "" if isinstance(called, properties) else _cell(_signature(called))
        found.append(f"| `{name}{signature}` | {_cell(inspect.getdoc(called) or '')} |")
    if found:
        yield from ("| | |", "| --- | --- |", *found, "")


def _hooks() -> Iterator[str]:
    for name, hook in vars(hookspecs).items():
        if inspect.isfunction(hook) and hasattr(hook, f"{hookspecs.PROJECT}_spec"):
            text, _, example = (inspect.getdoc(hook) or "").partition(">>>")
            yield from (f"### `{name}{_signature(hook)}`", "", text.strip(), "", "```pycon", f">>>{example}".rstrip(), "```", "")


def _fact(fact: type[Any]) -> Iterator[str]:
    table: sa.Table = fact.__table__
    yield from (f"### `{fact.__name__}`", "", _about(fact), "", "| column | type | meaning |", "| --- | --- | --- |")
    for column in table.c:
        if column.name not in ("account_id", "versions", "listed", "lines_hash"):
            kind = _kind(fact.model_fields[column.name].annotation) + (" or null" if column.nullable else "")
            yield f"| `{column.name}`{_use(column)} | {kind} | {_cell(column.comment or '')} |"
    yield ""
    named = {name: member.description for name, member in vars(fact).items() if isinstance(member, condition)}
    if named:
        yield from (
            "| condition | true when |",
            "| --- | --- |",
            *(f"| `{fact.__name__}.{name}` | {about} |" for name, about in named.items()),
            "",
        )
    related = sa.inspect(fact).relationships
    if related:
        listed = ", ".join(f"`{fact.__name__}.{each.key}.{'any' if each.uselist else 'has'}(...)`" for each in related)
        yield from (f"Other facts of the same order: {listed}.", "")


def _kind(annotation: Any) -> str:
    """The type of a column for readers."""
    kinds = [kind for kind in typing.get_args(annotation) or (annotation,) if kind is not type(None)]
    names = {dt.datetime: "instant", dt.date: "day", str: "text", int: "number", bool: "yes/no"}
    return " or ".join(names[kind] for kind in kinds)


def _use(column: sa.Column[Any]) -> str:
    return " (`on=`)" if isinstance(column.type, sa.Date) else ""


def _enums() -> Iterator[str]:
    """The enums of the columns."""
    for name, thing in vars(facts).items():
        if inspect.isclass(thing) and issubclass(thing, enum.Enum) and thing.__module__ == facts.__name__:
            yield from _described(name, thing)


def _signature(thing: Any) -> str:
    """The parameters as in the source, where types have their usual names."""
    if not inspect.isclass(thing):
        return _parameters(_source(thing))
    if "__init__" in vars(thing) and not dataclasses.is_dataclass(thing):
        return _parameters(_source(thing.__init__)).removesuffix(" -> None")
    if not dataclasses.is_dataclass(thing) and not hasattr(thing, "_fields"):
        return ""
    fields: dict[str, str] = {}
    for kind in reversed(thing.__mro__):
        if dataclasses.is_dataclass(kind) or (issubclass(kind, tuple) and hasattr(kind, "_fields")):
            fields |= {name: text for name, text in _fields(_source(kind)) if name in inspect.signature(thing).parameters}
    only = "*, " if any(each.kind is each.KEYWORD_ONLY for each in inspect.signature(thing).parameters.values()) else ""
    return f"({only}{', '.join(fields.values())})" if fields else ""


def _source(thing: Any) -> Any:
    return ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]


def _parameters(function: ast.FunctionDef) -> str:
    arguments = function.args
    for several in (arguments.posonlyargs, arguments.args):
        several[:] = [each for each in several if each.arg not in ("self", "cls")]
    returned = f" -> {ast.unparse(function.returns)}" if function.returns is not None else ""
    return re.sub(r"['\"]([A-Z]\w*)['\"]", r"\1", f"({ast.unparse(arguments)}){returned}")


def _fields(kind: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for line in kind.body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            default = "" if line.value is None else " = " + ("{}" if "field(" in ast.unparse(line.value) else ast.unparse(line.value))
            yield line.target.id, f"{line.target.id}: {ast.unparse(line.annotation).strip(chr(39))}{default}"


def _about(thing: Any) -> str:
    return inspect.getdoc(thing) or ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    HERE.joinpath("reference.md").write_text(reference())
