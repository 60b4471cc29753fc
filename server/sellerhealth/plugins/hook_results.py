"""One plugin: what its code contributes, or a PluginError that says what is wrong with it and how to mend it."""

import contextlib
import inspect
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

import pluggy
from pydantic import BaseModel

from sellerhealth import hookspecs
from sellerhealth.errors import PluginError, did_you_mean
from sellerhealth.hookspecs import hookimpl
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.type_checks import describe_value
from sellerhealth.plugins.classifier import Classify
from sellerhealth.plugins.code import PluginCode
from sellerhealth.plugins.error_hints import described, raised_by_a_statement
from sellerhealth.plugins.settings import called, refuse_settings, takes_settings
from sellerhealth.plugins.top_level import HOOKS, functions_in, marked_hooks, metrics_in, unmarked_hooks
from sellerhealth.sources import Importer

T = TypeVar("T")
FORMS = "a Metric, a function that returns one or several, or a module with hooks marked @hookimpl"


@dataclass(frozen=True)
class Contribution:
    """What a plugin brings."""

    metrics: tuple[Metric, ...] = ()
    importers: tuple[Importer, ...] = ()
    classify: Classify | None = None
    settings: tuple[BaseModel, ...] = ()  # with which its functions were called

    def __bool__(self) -> bool:
        return bool(self.metrics or self.importers or self.classify)


@dataclass(frozen=True)
class _Declared:
    """Metrics, or what functions returned, in the form of a module with hooks."""

    declared: object
    settings: tuple[BaseModel, ...]

    @hookimpl
    def register_metrics(self) -> object:
        return self.declared


def load(code: PluginCode, section: Mapping[str, Any]) -> Contribution:
    """Imports the code of a plugin and asks its hooks. Raises PluginError, whatever the plugin raises."""
    try:
        with contextlib.redirect_stdout(sys.stderr):  # what a plugin prints is no part of the answer of a command
            plugin = _as_plugin(code, section)
            manager = _registered(code, plugin)
            classify = manager.hook.classify_feedback
            return Contribution(
                metrics=_asked(manager.hook.register_metrics, Metric, code),
                importers=_asked(manager.hook.register_importers, Importer, code),
                classify=(lambda rating, comment: classify(rating=rating, comment=comment)) if classify.get_hookimpls() else None,
                settings=plugin.settings if isinstance(plugin, _Declared) else (),
            )
    except PluginError:
        raise
    except BaseException as error:  # a plugin may exit, or raise what only test runners catch
        if isinstance(error, KeyboardInterrupt) and not raised_by_a_statement(error):  # somebody pressed Ctrl-C
            raise
        raise PluginError(described(error, code)) from error


def _as_plugin(code: PluginCode, section: Mapping[str, Any]) -> object:
    """What the code names, in the form that pluggy knows."""
    thing: Any = code.load()
    for name in filter(None, (code.thing or "").split(".")):
        if not hasattr(thing, name):
            raise PluginError(f"{code.label} has no {name!r}.{did_you_mean(name, dir(thing))} Define it, or name something else.")
        thing = getattr(thing, name)
    if inspect.isclass(thing):
        raise PluginError(f"{code.value} is a class. Name {FORMS}.")
    if inspect.ismodule(thing) and not marked_hooks(thing) and not unmarked_hooks(thing):
        return _called(_top_level(code, thing), section)
    if inspect.isroutine(thing) or isinstance(thing, Metric):
        return _called({code.value: thing}, section)
    refuse_settings(section)
    return thing


def _top_level(code: PluginCode, module: ModuleType) -> Mapping[str, object]:
    """What a plugin file declares. An entry point has to name it: in a package it may stand there for others."""
    found = metrics_in(module)
    if found and code.path is not None:
        return {f"{code.value}:{name}": thing for name, thing in found.items()}
    if found:
        raise PluginError(
            f"{code.value} has nothing marked @hookimpl. Name its metric: {' or '.join(f'{code.value}:{name}' for name in found)}."
        )
    functions = functions_in(module)
    unsaid = f" Of its functions ({', '.join(functions)}) none is marked `-> Metric`: mark those that return one." if functions else ""
    raise PluginError(f"{code.value} has neither a Metric nor anything marked @hookimpl.{unsaid} Name {FORMS}.")


def _called(things: Mapping[str, Any], section: Mapping[str, Any]) -> _Declared:
    """Metrics, and what functions return for their settings. The settings are for those that take some."""
    takers = {label for label, thing in things.items() if inspect.isroutine(thing) and takes_settings(thing)}
    if not takers:
        refuse_settings(section)
    declared: list[Metric] = []
    settings: list[BaseModel] = []
    for label, thing in things.items():
        result, taken = called(thing, label, section if label in takers else {}) if inspect.isroutine(thing) else (thing, ())
        declared += _each(result, label, Metric, getattr(thing, "__name__", ""))
        settings += taken
    return _Declared(tuple(declared), tuple(settings))


def _registered(code: PluginCode, plugin: object) -> pluggy.PluginManager:
    """A plugin in a manager of its own, so that its faults are its own, checked for hooks that would never be called."""
    if unmarked := unmarked_hooks(plugin):
        raise PluginError(
            f"{code.value} has {' and '.join(unmarked)} without a marker, so it would never be called. Put @hookimpl above it.", *unmarked
        )
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(plugin, code.plugin)
    except pluggy.PluginValidationError as error:
        takes = {name: ", ".join(inspect.signature(getattr(hookspecs, name)).parameters) or "nothing" for name in HOOKS}
        known = "; ".join(f"{name} takes {parameters}" for name, parameters in takes.items() if name in str(error))
        unknown = re.search(r"Argument\(s\) \{(.*?)\}", str(error))
        raise PluginError(
            f"a hook has the parameter {unknown[1] if unknown else '?'}, which it is never given: {known}. "
            "Take only the parameters of the hook. Settings go to a function that an entry point names.",
            *(name for name in HOOKS if name in str(error)),
        ) from error
    callers = manager.get_hookcallers(plugin) or []
    for caller in callers:
        if not caller.has_spec():
            raise PluginError(
                f"there is no hook {caller.name}.{did_you_mean(caller.name, HOOKS)} The hooks: {', '.join(HOOKS)}.", caller.name
            )
        for hook in caller.get_hookimpls():
            if hook.kwargnames:  # pluggy would never fill them
                raise PluginError(
                    f"the hook {caller.name} has a default value for {', '.join(hook.kwargnames)}. Remove the default.", caller.name
                )
            if hook.wrapper or hook.hookwrapper:
                raise PluginError(
                    f"the hook {caller.name} wraps others, of which it would see none. Mark it with @hookimpl alone.", caller.name
                )
            if inspect.iscoroutinefunction(hook.function):
                raise PluginError(f"the hook {caller.name} is an `async` function. Make it a plain one.", caller.name)
    if not callers:
        raise PluginError(f"{code.value}, of the type {type(plugin).__name__}, has nothing marked @hookimpl. Name {FORMS}.")
    return manager


def _asked(caller: pluggy.HookCaller, kind: type[T], code: PluginCode) -> tuple[T, ...]:
    """What a hook returns, as many as there are."""
    if not caller.get_hookimpls():
        return ()
    (result,) = caller() or [None]  # pluggy drops a None
    return _each(result, f"{caller.name} of {code.value}", kind, caller.name)


def _each(result: object, label: str, kind: type[T], *about: str) -> tuple[T, ...]:
    """One thing or several of a kind."""
    things: list[T] = []
    for thing in result if isinstance(result, Iterable) and not isinstance(result, str) else (result,):
        if not isinstance(thing, kind):
            raise PluginError(f"{label} returns {describe_value(thing)}, and no {kind.__name__}. Return one, or several in a list.", *about)
        things.append(thing)
    return tuple(things)
