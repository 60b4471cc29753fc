"""Deprecated names of the public API.

They still work, with a DeprecationWarning that names the new one. See docs/plugins/versioning.md.
"""

import sys
import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


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


def renamed_arguments(**renamed: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Lets a function take keyword arguments under their old names: `@renamed_arguments(tells="covers")`."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            for old in renamed.keys() & kwargs.keys():
                _warn(f"The argument {old} of {function.__qualname__.removesuffix('.__init__')}", renamed[old], stacklevel=3)
                if renamed[old] in kwargs:
                    raise TypeError(f"{old} is the old name of the argument {renamed[old]}: use that alone")
                kwargs[renamed[old]] = kwargs.pop(old)
            return function(*args, **kwargs)

        return call

    return decorate


def renamed_fields(**renamed: str) -> Callable[[type[T]], type[T]]:
    """The same for the fields of a dataclass, which can be read under their old names, too."""

    def decorate(cls: type[T]) -> type[T]:
        changed: dict[str, Any] = {"__init__": renamed_arguments(**renamed)(cls.__init__)}
        for old, new in renamed.items():
            changed[old] = RenamedAttribute(new)
            changed[old].__set_name__(cls, old)
        for name, value in changed.items():
            setattr(cls, name, value)
        return cls

    return decorate


def adopt_renamed_methods(subclass: type, renamed: Mapping[str, str]) -> None:
    """Lets a subclass, or a mixin of it, override methods under their old names. Call it in `__init_subclass__` with {old: new}."""
    for old, new in renamed.items():
        owner = next((each for each in subclass.__mro__ if {old, new} & vars(each).keys()), None)
        if owner is not None and new not in vars(owner):
            _warn(f"The method {owner.__name__}.{old}", new, stacklevel=4)
            setattr(subclass, new, vars(owner)[old])


def _warn(old: str, new: str, stacklevel: int) -> None:
    warnings.warn(f"{old} is now called {new}. The old name goes away with version 1.0.", DeprecationWarning, stacklevel=stacklevel)
