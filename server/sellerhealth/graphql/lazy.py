"""Attributes that are worked out when they are read: few clients select all fields of an object."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Lazy:
    """An attribute that is worked out when it is read first, and is then an entry of the object. Without a lock: an object is that of one request."""

    __slots__ = ("_name", "_read")

    def __init__(self, name: str, read: Callable[[Any], Any]) -> None:
        self._name, self._read = name, read

    def __get__(self, instance: Any, owner: type) -> Any:
        value = instance.__dict__[self._name] = self._read(instance)
        return value


def make_lazy(kind: type, **readers: Callable[[Any], Any]) -> None:
    """Makes attributes of a class lazy, each with what works it out of an object."""
    for name, read in readers.items():
        setattr(kind, name, Lazy(name, read))


def make_instance(kind: type[T], **attributes: Any) -> T:
    """An object of a class with these attributes. Its constructor would need the lazy ones, too."""
    made = object.__new__(kind)
    made.__dict__ = attributes
    return made
