"""Deprecated names of the public API.

They still work, with a DeprecationWarning that names the new one. See docs/plugins/versioning.md.
"""

import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any


def module_getattr(module: str, renamed: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a module, for its renamed names as {old: new}."""

    def renamed_name(name: str) -> Any:
        if name not in renamed:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        _warn(f"{module}.{name}", renamed[name], stacklevel=3)
        return getattr(sys.modules[module], renamed[name])

    return renamed_name


class RenamedAttribute:
    """The old name of an attribute: `tell = RenamedAttribute("add")` in the class."""

    def __init__(self, new: str) -> None:
        self.new = new

    def __set_name__(self, owner: type, name: str) -> None:
        self.old = name

    def __get__(self, instance: object, owner: type) -> Any:
        _warn(f"{owner.__name__}.{self.old}", self.new, stacklevel=3)
        return getattr(owner if instance is None else instance, self.new)


def adopt_renamed_methods(subclass: type, renamed: Mapping[str, str]) -> None:
    """Lets a subclass, or a mixin of it, override methods under their old names. Call it in `__init_subclass__` with {old: new}."""
    for old, new in renamed.items():
        owner = next((each for each in subclass.__mro__ if {old, new} & vars(each).keys()), None)
        if owner is not None and new not in vars(owner):
            _warn(f"The method {owner.__name__}.{old}", new, stacklevel=4)
            setattr(subclass, new, vars(owner)[old])


def _warn(old: str, new: str, stacklevel: int) -> None:
    warnings.warn(f"{old} is now called {new}. The old name goes away with version 1.0.", DeprecationWarning, stacklevel=stacklevel)
