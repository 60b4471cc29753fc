"""Reads the fields of JSON objects by their paths, and the rows of each object of a stream: a bad one is rejected with its text."""

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, islice, repeat
from typing import Any, BinaryIO

from sellerhealth.importers.json_objects import Api, Found, Repeated, find_objects, only
from sellerhealth.sources import BadFile, BadRow, Column, Entry, FileContext, Reader, Rejected, Row, SetAside, Skipped, Values

Fields = Sequence[Column]
Rows = Callable[[Found, FileContext], Iterable[Entry]]
RowsOfOrders = Callable[[Sequence[dict[str, Any]], Sequence[int], FileContext], Iterable[Row | Skipped]]  # with the lines where they begin
_MANY = 200  # orders that are read at once


def names_of(*fields: Fields) -> frozenset[str]:
    """All names on the paths of fields."""
    return frozenset(part for columns in fields for column in columns for part in column.name.split("."))


def read_objects(api: Api, fields: Fields, names: frozenset[str], rows: Rows, stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    """The rows of each object in a stream. `fields` are those of an object, `names` all that is read of one."""
    for found in find_objects(stream, api, names):
        yield from _rows_of(found, api, fields, names, rows, context)


def read_orders(
    api: Api, fields: Fields, names: frozenset[str], rows: RowsOfOrders, stream: BinaryIO, context: FileContext
) -> Iterator[Entry]:
    """The rows of each order in a stream, many at once: one by one if any of them is bad."""

    def of_one(found: Found, context: FileContext) -> Iterable[Entry]:
        return rows([found.value], [found.line], context)

    found = find_objects(stream, api, names)
    while many := list(islice(found, _MANY)):
        entries: Iterable[Entry] = chain.from_iterable(_rows_of(each, api, fields, names, of_one, context) for each in many)
        if all(isinstance(each.value, dict) for each in many):
            with contextlib.suppress(BadRow, SetAside):
                entries = list(rows([each.value for each in many], [each.line for each in many], context))
        yield from entries


def _rows_of(found: Found, api: Api, fields: Fields, names: frozenset[str], rows: Rows, context: FileContext) -> Sequence[Entry]:
    line, value, envelope = found
    try:
        if not isinstance(value, dict):
            raise BadRow(line, envelope, None, "an object")
        return list(rows(found, context))
    except BadRow as bad:
        return [Rejected(bad, _text(found, api, names), _readable(fields, value, line))]
    except SetAside as reason:
        return [Skipped(line, str(reason), values=_readable(fields, value, line))]


def _text(found: Found, api: Api, names: frozenset[str]) -> str:
    """A bad object as JSON, without what is not read of it."""
    try:
        return json.dumps({found.envelope or api.noun: only(found.value, names | api.signs | {api.number})})
    except RecursionError as deep:
        raise BadFile(f"The {api.noun} on line {found.line} has too many values inside each other.") from deep


def read_fields(fields: Fields, parent: dict[str, Any], line: int) -> Values:
    """The values of an object, by what they fill."""
    return {field.into: field.take(at_path(parent, field.name, line), line) for field in fields}


def read_all(fields: Fields, parents: Sequence[dict[str, Any]], lines: Sequence[int]) -> list[Values]:
    """The values of many objects, which begin on these lines, by what they fill. The plain way is `read_fields` of each."""
    try:
        columns = [_column(field, parents) for field in fields]
    except Exception:  # noqa: BLE001 - anything that a reader raises is raised again for its object
        return [read_fields(fields, parent, line) for parent, line in zip(parents, lines, strict=True)]
    names = [field.into for field in fields]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _column(field: Column, parents: Sequence[Any]) -> Sequence[Any]:
    """The values of a field of many objects. Raises any exception if one of them cannot be read."""
    found = parents
    for step in _steps(field.name):
        found = [None if each is None else each.get(step) for each in found]
    return field.take_all(found)


def read_lists(fields: Fields, parents: Sequence[dict[str, Any]], name: str, lines: Sequence[int]) -> list[list[Values]]:
    """The values of each object in a list of each of many objects. A missing list is an empty one."""
    lists = [_objects(parent, name, line) for parent, line in zip(parents, lines, strict=True)]
    sizes = list(map(len, lists))
    values = iter(read_all(fields, list(chain.from_iterable(lists)), list(chain.from_iterable(map(repeat, lines, sizes)))))
    return [list(islice(values, size)) for size in sizes]


def read_each(fields: Fields, parent: dict[str, Any], name: str, line: int) -> list[Values]:
    """The values of each object in a list of an object. A missing list is an empty one."""
    return [read_fields(fields, each, line) for each in _objects(parent, name, line)]


def _objects(parent: dict[str, Any], name: str, line: int) -> Sequence[dict[str, Any]]:
    listed = at_path(parent, name, line)
    if listed is None:
        return ()
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise BadRow(line, name, None, "a list of objects")
    return listed


def example(fields: Fields, *numbers: Reader) -> dict[str, Any]:
    """An object with the examples of fields, by their paths. Those of the readers `numbers` are numbers."""
    whole: dict[str, Any] = {}
    for field in fields:
        *steps, last = field.name.split(".")
        inner = whole
        for step in steps if field.example else ():
            inner = inner.setdefault(step, {})
        if field.example:
            inner[last] = json.loads(field.example) if field.read in numbers else field.example
    return whole


def document(content: Any) -> str:
    """A document as a template shows it."""
    return f"{json.dumps(content, indent=2)}\n"


def at_path(parent: dict[str, Any], path: str, line: int) -> Any:
    """The value at a path of names; None when it, or an object on the way there, is missing. BadRow if one of the names is there twice."""
    value: Any = parent
    steps = _steps(path)
    for depth, step in enumerate(steps):
        if value is None:
            return None
        if not isinstance(value, dict):
            raise BadRow(line, ".".join(steps[:depth]), None, "an object")
        value = value.get(step)
        if isinstance(value, Repeated):
            raise value.error(line, ".".join(steps[: depth + 1]))
    return value


@cache
def _steps(path: str) -> Sequence[str]:
    """The names of a path. There are as many paths as fields are declared."""
    return path.split(".")


def _readable(fields: Fields, value: Any, line: int) -> Values:
    """The readable values of a bad object."""
    values: Values = {}
    for field in fields if isinstance(value, dict) else ():
        with contextlib.suppress(BadRow, SetAside):
            values[field.into] = field.take(at_path(value, field.name, line), line)
    return values
