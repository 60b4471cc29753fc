"""Compares rows with those that are stored, column by column. The plain way is to merge each row into the stored one."""

from collections.abc import Collection, Iterable, Sequence, Set
from operator import ne
from typing import Any

from sellerhealth.sources.entries import Columns
from sellerhealth.store.changes import Cells
from sellerhealth.store.merge import Shape


class ComparedRows:
    """Rows of one table beside the stored ones with the same keys, in the same order. The values of both are as the database stores them."""

    def __init__(self, shape: Shape, new: Columns, stored: Sequence[Cells]) -> None:
        """`new`: a column that is not among them is null."""
        self._number = len(stored)
        blank = [None] * self._number
        self._new: dict[str, list[Any]] = {name: list(new.get(name, blank)) for name in shape.columns}
        self._old = {name: [cells[at] for cells in stored] for at, name in enumerate(shape.columns)}
        self._differ = {name: list(map(ne, values, self._old[name])) for name, values in self._new.items() if values != self._old[name]}

    @property
    def differing(self) -> Set[str]:
        """The columns in which any row has another value."""
        return self._differ.keys()

    def differ(self, names: Iterable[str]) -> Sequence[bool]:
        """Of each row, whether it has another value in any of some columns."""
        return self._any_of([self._differ[name] for name in names if name in self._differ])

    def replace(self, same: Collection[str]) -> Sequence[bool]:
        """Of each row, whether nothing is left of the stored one: it is newer than all of that, and has a value wherever that has one.

        `same`: columns in which it must have the same.
        """
        left: list[Sequence[bool]] = [self._differ[name] for name in same if name in self._differ]
        left += [_is_lost(self._new[name], self._old[name]) for name in self._differ if None in self._new[name]]
        left.append([old >= new or old.startswith("{") for new, old in self._pairs("versions")])
        if "listed" in self._differ:
            left.append([(old or "") > new for new, old in self._pairs("listed")])
        return [not each for each in self._any_of(left)]

    def _pairs(self, name: str) -> Iterable[tuple[Any, Any]]:
        return zip(self._new[name], self._old[name], strict=True)

    def _any_of(self, conditions: Sequence[Sequence[bool]]) -> Sequence[bool]:
        return list(map(any, zip(*conditions, strict=True))) if conditions else [False] * self._number


def _is_lost(new: Sequence[Any], old: Sequence[Any]) -> Sequence[bool]:
    return [value is None and stored is not None for value, stored in zip(new, old, strict=True)]
