"""Whether what an author declares has the types of its words. A type checker says so too, but not to those who use none."""

import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

_LONG = 60  # characters of a value that a message shows
_LINE = 200  # of what others say
_ADDRESS = re.compile(r"<(?:[\w.]*\.)?(\w+)[^<>]* at 0x[0-9a-fA-F]+>")


def shown(thing: object) -> str:
    """A value as a message shows it: short, and without the addresses that Python shows."""
    if isinstance(thing, type):
        return f"the class {thing.__name__}"
    if isinstance(thing, types.FunctionType | types.MethodType | types.BuiltinFunctionType):
        return "a lambda" if thing.__name__ == "<lambda>" else f"the function {thing.__name__} (is it to be called?)"
    text = repr(thing)
    if " at 0x" in text:
        text = str(thing)  # of an expression: its SQL
    if " at 0x" in text or len(text) > _LONG or "\n" in text:
        kind = type(thing).__name__
        return f"{'an' if kind[0] in 'AEIOUaeiou' else 'a'} {kind}"
    return text


def first_line(said: object) -> str:
    """What others say, such as an exception: its first line without the addresses that Python shows, and not too much of it."""
    line = _ADDRESS.sub(r"a \1", str(said).strip().partition("\n")[0]).rstrip(". ")
    return line if len(line) <= _LINE else f"{line[:_LINE]}…"


def check_types(declared: Any, wanted: Mapping[str, str]) -> None:
    """Raises TypeError for a word of a dataclass that is not of its type; `wanted` says of each word what to write."""
    hints = typing.get_type_hints(type(declared))
    for field in fields(declared):
        if field.name in wanted:
            for place, found in _unfit(field.name, getattr(declared, field.name), hints[field.name]):
                raise TypeError(f"{type(declared).__name__}: {place} is {found}. Write {wanted[field.name]}")


def _unfit(place: str, value: object, hint: Any) -> Iterator[tuple[str, str]]:
    """What does not have the type of a hint: where it stands, and what was found there."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return
    if origin in (typing.Union, types.UnionType):
        if all(any(_unfit(place, value, choice)) for choice in arguments):
            yield next(_unfit(place, value, arguments[0]))
    elif getattr(hint, "_is_protocol", False):
        members = [name for name in vars(hint) if name == "__call__" or not name.startswith("_")]
        lacking = [name for name in members if not hasattr(value, name)]
        if isinstance(value, type) or lacking:
            partly = 0 < len(lacking) < len(members) and not callable(value)
            yield place, shown(value) + (f", which lacks {', '.join(lacking)}" if partly else "")
            return
        for name, member in vars(hint).items():
            if isinstance(member, property):
                wanted = typing.get_type_hints(member.fget)["return"]
                for part, found in _unfit(f"{place}.{name}", getattr(value, name), wanted):
                    yield part, f"{found}, and no {_in_words(wanted)}"
    elif origin is tuple and isinstance(value, tuple):
        for number, each in enumerate(value):
            yield from _unfit(f"{place}[{number}]", each, arguments[0])
    elif origin is not None and issubclass(origin, Mapping) and isinstance(value, Mapping):
        for name, each in value.items():
            yield from _unfit(f"a name in {place}", name, arguments[0])
            yield from _unfit(f"{place}[{shown(name)}]", each, arguments[1])
    elif isinstance(value, bool) != (hint is bool) or not isinstance(value, origin or hint):
        yield place, shown(value)


def _in_words(hint: Any) -> str:
    """A type as its reader would write it."""
    return hint.__name__ if isinstance(hint, type) and not typing.get_args(hint) else re.sub(r"\b\w+\.", "", str(hint))
