"""What a field reads, and what it makes of it. An operation reads for all objects together what their fields have declared."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Reader(Protocol):
    """Reads values by key, each once."""

    def results(self, keys: Iterable[Any]) -> Mapping[Any, Any]:
        """The values of these keys, and maybe of others, by key. Those that were not read before are read together.

        In place of a value that cannot be had there is an exception.
        """
        ...

    def known(self, keys: Sequence[Any]) -> Mapping[Any, Any] | None:
        """The same, if all of them follow from what was read before. None if one may have to be read."""
        ...


class Loader(Generic[K, V]):
    """A reader of values that a function reads by their keys. None where it finds none."""

    def __init__(self, read: Callable[[Sequence[K]], Mapping[K, V]]) -> None:
        self._read = read
        self._known: dict[K, V | None] = {}

    def results(self, keys: Iterable[K]) -> Mapping[K, V | None]:
        if new := list(dict.fromkeys(key for key in keys if key not in self._known)):
            found = self._read(new)
            self._known.update({key: found.get(key) for key in new})
        return self._known

    def known(self, keys: Sequence[K]) -> Mapping[K, V | None] | None:
        return None  # what it reads is read for all objects together

    def value(self, key: K) -> V | None:
        """The value of a key, which is read now."""
        return self.results((key,))[key]

    def reading(self, key: K, make: "Callable[[V | None], T | Reading[T]]") -> "Reading[T]":
        """Reads the value of a key, of which a function makes the value of a field."""
        return Reading(self, (key,), make)


def raise_exceptions(values: Sequence[T | Exception]) -> Sequence[T]:
    """The values. Raises the first exception that is among them."""
    for value in values:
        if isinstance(value, Exception):
            raise value
    return values  # type: ignore[return-value]  # none is an exception


class Reading(Generic[T_co]):
    """What a resolver returns in place of a value that it has to read first, or of an item of a list."""

    __slots__ = ("keys", "made_for", "make", "reader", "unchecked")

    def __init__(
        self,
        reader: Reader,
        keys: Sequence[Any],
        make: "Callable[..., T_co | Reading[T_co]]",
        unchecked: int = 0,
        made_for: Hashable = None,
    ) -> None:
        """`make` gets the value of each key, and may return what is to be read next.

        `unchecked`: how many of the values, the last ones, may be exceptions: `make` decides what these fail.

        `made_for`: what decides, beside the values, about a leaf, or about those fields of an object that follow from them, by `_follows` of its
        class. None where that is not known, so that no answer is remembered.
        """
        self.reader, self.keys, self.make, self.unchecked, self.made_for = reader, keys, make, unchecked, made_for

    def value_from(self, known: Mapping[Any, Any]) -> "T_co | Reading[T_co]":
        """What is made of the values of the keys. Raises an exception that is in place of one of them, and what `make` raises."""
        values = [known[key] for key in self.keys]
        end = len(values) - self.unchecked
        return self.make(*raise_exceptions(values[:end]), *values[end:])

    def now(self) -> T_co:
        """The same, read now and alone."""
        value = self.value_from(self.reader.results(self.keys))
        return value.now() if isinstance(value, Reading) else value
