"""Reads the fields of JSON objects by their paths, and the rows of each object of a stream: a bad one is rejected with its text."""

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, BinaryIO

from sellerhealth.importers.json_objects import Api, Found, find_objects
from sellerhealth.sources import BadRow, Column, Entry, FileContext, Reader, Rejected, Row, SetAside, Skipped, Values

Fields = Sequence[Column]
Rows = Callable[[Found, FileContext], Iterable[Entry]]
RowsOfOrder = Callable[[dict[str, Any], int, FileContext], Iterable[Row | Skipped]]


def names_of(*fields: Fields) -> frozenset[str]:
    """All names on the paths of fields."""
    return frozenset(part for columns in fields for column in columns for part in column.name.split("."))


def read_objects(api: Api, fields: Fields, names: frozenset[str], rows: Rows, stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    """The rows of each object in a stream. `fields` are those of an object, `names` all that is read of one."""
    for found in find_objects(stream, api, names):
        line, value, envelope = found
        try:
            if not isinstance(value, dict):
                raise BadRow(line, envelope, None, "an object")
            of_object = list(rows(found, context))
        except BadRow as bad:
            yield Rejected(bad, json.dumps({envelope or api.noun: value}), _readable(fields, value, line))
        except SetAside as reason:
            yield Skipped(line, str(reason), values=_readable(fields, value, line))
        else:
            yield from of_object


def read_orders(
    api: Api, fields: Fields, names: frozenset[str], rows: RowsOfOrder, stream: BinaryIO, context: FileContext
) -> Iterator[Entry]:
    """The rows of each order in a stream."""
    return read_objects(api, fields, names, lambda found, context: rows(found.value, found.line, context), stream, context)


def read_fields(fields: Fields, parent: dict[str, Any], line: int) -> Values:
    """The values of an object, by what they fill."""
    return {field.into: field.take(at_path(parent, field.name, line), line) for field in fields}


def read_each(fields: Fields, parent: dict[str, Any], name: str, line: int) -> list[Values]:
    """The values of each object in a list of an object. A missing list is an empty one."""
    listed = parent.get(name)
    if listed is None:
        return []
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise BadRow(line, name, None, "a list of objects")
    return [read_fields(fields, each, line) for each in listed]


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
    """The value at a path of names; None when it, or an object on the way there, is missing."""
    value: Any = parent
    steps = _steps(path)
    for depth, step in enumerate(steps):
        if value is None:
            return None
        if not isinstance(value, dict):
            raise BadRow(line, ".".join(steps[:depth]), None, "an object")
        value = value.get(step)
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
