"""What stands at the top level of a module and could be a plugin: metrics, functions that return them, and hooks."""

import inspect
import re
from types import ModuleType

from sellerhealth import hookspecs
from sellerhealth.metrics.metric import Metric

HOOKS = tuple(sorted(name for name, thing in vars(hookspecs).items() if hasattr(thing, f"{hookspecs.PROJECT}_spec")))


def marked_hooks(thing: object) -> list[str]:
    """The names of what is marked @hookimpl, whether or not there are such hooks."""
    functions = {name: getattr(thing, name, None) for name in dir(thing) if inspect.isroutine(inspect.getattr_static(thing, name, None))}
    return [name for name, function in functions.items() if hasattr(function, f"{hookspecs.PROJECT}_impl")]


def unmarked_hooks(thing: object) -> list[str]:
    """The names of functions that are called like a hook and not marked: they would never be called."""
    functions = [name for name in HOOKS if inspect.isroutine(inspect.getattr_static(thing, name, None))]
    return [name for name in functions if name not in marked_hooks(thing)]


def metrics_in(module: ModuleType) -> dict[str, object]:
    """The public metrics of a module, and its own public functions that are annotated to return some, by name."""
    found = {name: thing for name, thing in vars(module).items() if not name.startswith("_") and _gives_metrics(thing, module)}
    return {name: thing for name, thing in found.items() if name == next(first for first in found if found[first] is thing)}


def functions_in(module: ModuleType) -> list[str]:
    """The names of the functions that a module defines."""
    return [name for name, thing in vars(module).items() if inspect.isfunction(thing) and thing.__module__ == module.__name__]


def _gives_metrics(thing: object, module: ModuleType) -> bool:
    if isinstance(thing, Metric):
        return True
    own = inspect.isfunction(thing) and thing.__module__ == module.__name__
    return own and re.search(r"\bMetric\b", str(thing.__annotations__.get("return"))) is not None
