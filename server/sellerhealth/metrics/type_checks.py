"""Checks the types of a declaration's fields at run time, for authors who use no type checker."""

import re
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

_VALUE_LENGTH = 60  # characters of a value in a message
_LINE_LENGTH = 200  # characters of the message of another library
_ADDRESS = re.compile(r"<(?:[\w.]*\.)?(\w+)[^<>]* at 0x[0-9a-fA-F]+>")


def describe_value(thing: object) -> str:
    """A value for a message: short, and without memory addresses."""
    if isinstance(thing, type):
        return f"the class {thing.__name__}"
    if isinstance(thing, types.FunctionType | types.MethodType | types.BuiltinFunctionType):
        return "a lambda" if thing.__name__ == "<lambda>" else f"the function {thing.__name__} (did you mean to call it?)"
    text = repr(thing)
    if " at 0x" in text:
        text = str(thing)  # of an expression: its SQL
    if " at 0x" in text or len(text) > _VALUE_LENGTH or "\n" in text:
        kind = type(thing).__name__
        return f"{'an' if kind[0] in 'AEIOUaeiou' else 'a'} {kind}"
    return text


def first_line(message: object, length: int = _LINE_LENGTH) -> str:
    """The first line of an exception or of another message: not too long, and without memory addresses."""
    line = _ADDRESS.sub(r"a \1", str(message).strip().partition("\n")[0]).rstrip(". ")
    return line if len(line) <= length else f"{line[:length]}…"


def caller_location(*skipped: str) -> str:
    """The file and line that make an object: the innermost frame outside this module, `dataclasses` and the modules to skip."""
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__") in (__name__, "dataclasses", *skipped):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}, line {frame.f_lineno}"


def check_types(declared: Any, expected: Mapping[str, str]) -> None:
    """Raises TypeError for a field of a dataclass that does not have its type; `expected` says for each field what to write."""
    hints = typing.get_type_hints(type(declared))
    for field in fields(declared):
        if field.name in expected:
            for location, value in _mismatches(field.name, getattr(declared, field.name), hints[field.name]):
                raise TypeError(f"{type(declared).__name__}: {location} is {value}. Write {expected[field.name]}")


def plain_type(kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    """The SQL type behind a column type: text, whole number, day, instant, or boolean."""
    return plain_type(kind.impl_instance) if isinstance(kind, sa.types.TypeDecorator) else kind


def _mismatches(location: str, value: object, hint: Any) -> Iterator[tuple[str, str]]:
    """The locations within a value that do not have the type of a hint, each with the value there."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return
    if origin in (typing.Union, types.UnionType):
        if all(any(_mismatches(location, value, choice)) for choice in arguments):
            yield next(_mismatches(location, value, arguments[0]))
    elif getattr(hint, "_is_protocol", False):
        members = [name for name in vars(hint) if name == "__call__" or not name.startswith("_")]
        missing = [name for name in members if not hasattr(value, name)]
        if isinstance(value, type) or missing:
            has_some = 0 < len(missing) < len(members) and not callable(value)
            yield location, describe_value(value) + (f", which lacks {', '.join(missing)}" if has_some else "")
            return
        for name, member in vars(hint).items():
            if isinstance(member, property):
                kind = typing.get_type_hints(member.fget)["return"]
                for inner, problem in _mismatches(f"{location}.{name}", getattr(value, name), kind):
                    yield inner, f"{problem}, and no {_type_text(kind)}"
    elif origin is tuple and isinstance(value, tuple):
        for index, each in enumerate(value):
            yield from _mismatches(f"{location}[{index}]", each, arguments[0])
    elif origin is not None and issubclass(origin, Mapping) and isinstance(value, Mapping):
        for name, each in value.items():
            yield from _mismatches(f"a name in {location}", name, arguments[0])
            yield from _mismatches(f"{location}[{describe_value(name)}]", each, arguments[1])
    elif isinstance(value, bool) != (hint is bool) or not isinstance(value, origin or hint):
        yield location, describe_value(value)


def _type_text(hint: Any) -> str:
    """A type as source code, without the modules of its names."""
    return hint.__name__ if isinstance(hint, type) and not typing.get_args(hint) else re.sub(r"\b\w+\.", "", str(hint))
