"""Turns what an entry point or a plugin file names into an object with hooks: a Metric, a function, or a module with hooks."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

from pydantic import BaseModel

from sellerhealth import hookspecs
from sellerhealth.errors import PluginError, did_you_mean
from sellerhealth.hookspecs import hookimpl
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.type_checks import describe_value
from sellerhealth.plugins.plugin_code import PluginCode, location_of
from sellerhealth.plugins.settings import call_with_settings, refuse_settings, takes_settings

T = TypeVar("T")
FORMS = "a Metric, a function that returns one or several, or a module with hooks marked @hookimpl"
HOOKS: Mapping[str, Callable[..., object]] = {
    name: thing for name, thing in vars(hookspecs).items() if hasattr(thing, f"{hookspecs.PROJECT}_spec")
}


@dataclass(frozen=True)
class MetricsPlugin:
    """Metrics, or what functions returned, as an object with a hook. `settings`: those passed to the functions."""

    metrics: tuple[Metric, ...]
    settings: tuple[BaseModel, ...]

    @hookimpl
    def register_metrics(self) -> Iterable[Metric]:
        return self.metrics


def plugin_object(code: PluginCode, section: Mapping[str, Any]) -> object:
    """The object with hooks that the code of a plugin names. `section` holds the plugin's settings."""
    thing: Any = code.load()
    for name in filter(None, (code.name or "").split(".")):
        if not hasattr(thing, name):
            raise PluginError(f"{code.label} has no {name!r}.{did_you_mean(name, dir(thing))} Define it, or name something else.")
        thing = getattr(thing, name)
    if inspect.isclass(thing):
        raise PluginError(f"{code.value} is a class. Name {FORMS}.")
    if inspect.ismodule(thing) and not marked_hooks(thing) and not unmarked_hooks(thing):
        return _metrics_plugin(_declared_in(code, thing), section)
    if inspect.isroutine(thing) or isinstance(thing, Metric):
        return _metrics_plugin({code.value: thing}, section)
    refuse_settings(section)
    return thing


def marked_hooks(thing: object) -> Mapping[str, Any]:
    """The functions of a module or object that are marked @hookimpl, by name, even if no hook has that name."""
    names = [name for name in dir(thing) if inspect.isroutine(inspect.getattr_static(thing, name, None))]
    functions = {name: getattr(thing, name, None) for name in names}
    return {name: function for name, function in functions.items() if hasattr(function, f"{hookspecs.PROJECT}_impl")}


def unmarked_hooks(thing: object) -> list[str]:
    """The functions with the name of a hook that are not marked @hookimpl, so that they would never be called."""
    marked = marked_hooks(thing)
    return sorted(name for name in HOOKS if inspect.isroutine(inspect.getattr_static(thing, name, None)) and name not in marked)


def each_of(result: object, label: str, kind: type[T], location: str) -> tuple[T, ...]:
    """The objects that a function returned, one of a kind or several. Raises PluginError for anything else."""
    things: list[T] = []
    for thing in result if isinstance(result, Iterable) and not isinstance(result, str) else (result,):
        if not isinstance(thing, kind):
            raise PluginError(
                f"{label} returns {describe_value(thing)}, and no {kind.__name__}. Return one, or several in a list. See {location}."
            )
        things.append(thing)
    return tuple(things)


def _declared_in(code: PluginCode, module: ModuleType) -> Mapping[str, object]:
    """The metrics that a plugin file declares. An entry point must name its metric, because a module of a package may have others."""
    own = [name for name, thing in vars(module).items() if inspect.isfunction(thing) and thing.__module__ == module.__name__]
    declared: dict[int, tuple[str, object]] = {}  # by identity, so that a metric with two names is one
    for name, thing in vars(module).items():
        if not name.startswith("_") and (isinstance(thing, Metric) or (name in own and _returns_metrics(thing))):
            declared.setdefault(id(thing), (f"{code.value}:{name}", thing))
    if declared and code.path is not None:
        return dict(declared.values())
    if declared:
        raise PluginError(f"{code.value} has nothing marked @hookimpl. Name its metric: {' or '.join(dict(declared.values()))}.")
    hint = f" Of its functions ({', '.join(own)}) none is marked `-> Metric`: mark those that return one." if own else ""
    raise PluginError(f"{code.value} has neither a Metric nor anything marked @hookimpl.{hint} Name {FORMS}.")


def _returns_metrics(function: Any) -> bool:
    return re.search(r"\bMetric\b", str(function.__annotations__.get("return"))) is not None


def _metrics_plugin(things: Mapping[str, Any], section: Mapping[str, Any]) -> MetricsPlugin:
    """Metrics, and what functions return. The settings go to the functions that take some."""
    takers = {label for label, thing in things.items() if inspect.isroutine(thing) and takes_settings(thing)}
    if not takers:
        refuse_settings(section)
    metrics: list[Metric] = []
    settings: list[BaseModel] = []
    for label, thing in things.items():
        is_function = inspect.isroutine(thing)
        result, used = call_with_settings(thing, label, section if label in takers else {}) if is_function else (thing, ())
        metrics += each_of(result, label, Metric, location_of(thing) if is_function else thing.made_at)
        settings += used
    return MetricsPlugin(tuple(metrics), tuple(settings))
