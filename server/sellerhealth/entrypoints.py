"""One entry point: what it contributes, or a PluginError that says what is wrong with it and how to mend it."""

import importlib
import inspect
import traceback
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any, TypeVar

import pluggy
from pydantic import BaseModel, ValidationError

from sellerhealth import hookspecs
from sellerhealth.classifier import Classify
from sellerhealth.errors import PluginError, did_you_mean
from sellerhealth.hookspecs import hookimpl
from sellerhealth.metrics import Metric
from sellerhealth.sources import Importer

T = TypeVar("T")
FORMS = "a Metric, a function that returns one or several, or a module with hooks marked @hookimpl"


@dataclass(frozen=True)
class Contribution:
    """What a plugin brings."""

    metrics: tuple[Metric, ...] = ()
    importers: tuple[Importer, ...] = ()
    classify: Classify | None = None


@dataclass(frozen=True)
class _Declared:
    """A metric, or what a function returned, in the form of a module with hooks."""

    declared: object

    @hookimpl
    def register_metrics(self) -> object:
        return self.declared


def load(entry: EntryPoint, section: Mapping[str, Any]) -> Contribution:
    """Imports an entry point and asks its hooks. Raises PluginError, whatever the plugin raises."""
    try:
        plugin = _as_plugin(entry, section)
        manager = _registered(entry, plugin)
        classify = manager.hook.classify_feedback
        return Contribution(
            metrics=_asked(manager.hook.register_metrics, Metric, entry.value),
            importers=_asked(manager.hook.register_importers, Importer, entry.value),
            classify=(lambda rating, comment: classify(rating=rating, comment=comment)) if classify.get_hookimpls() else None,
        )
    except PluginError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginError(f"{described(error, entry)}. Mend the plugin, or leave it out with `disabled_plugins`.") from error


def described(error: BaseException, entry: EntryPoint) -> str:
    """An exception in a sentence: its kind, its message, and the last line of the plugin's own code on the way to it."""
    package = entry.module.partition(".")[0]
    place = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_globals.get("__name__", "").partition(".")[0] == package:
            place = f" ({frame.f_code.co_filename}, line {line})"
    return f"{type(error).__name__}: {str(error).rstrip('.')}{place}"


def _as_plugin(entry: EntryPoint, section: Mapping[str, Any]) -> object:
    """What an entry point names, in the form that pluggy knows."""
    thing: Any = importlib.import_module(entry.module)
    for name in filter(None, (entry.attr or "").split(".")):
        if not hasattr(thing, name):
            raise PluginError(f"{entry.module} has no {name!r}, which the entry point names.{did_you_mean(name, vars(thing))}")
        thing = getattr(thing, name)
    if inspect.isclass(thing):
        raise PluginError(f"{entry.value} is a class. Name {FORMS}.")
    if inspect.isroutine(thing):
        return _Declared(_called(entry, thing, section))
    _refuse_settings(section)
    return _Declared(thing) if isinstance(thing, Metric) else thing


def _called(entry: EntryPoint, function: Any, section: Mapping[str, Any]) -> object:
    """What a function returns for the settings that its one parameter asks for, if it has one."""
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters:
        _refuse_settings(section)
        return function()
    kinds = [typing.get_type_hints(function).get(parameter.name) for parameter in parameters]
    if len(kinds) > 1 or not (inspect.isclass(kinds[0]) and issubclass(kinds[0], BaseModel)):
        raise PluginError(f"{entry.value} must take nothing, or one parameter annotated with a pydantic model: its settings.")
    model: type[BaseModel] = kinds[0]
    try:
        # A misspelt setting must not pass in silence, unless the model says what to do with it.
        settings = model.model_validate(section, extra=None if "extra" in model.model_config else "forbid")
    except ValidationError as invalid:
        raise PluginError("\n".join(_setting_problem(error, model) for error in invalid.errors())) from invalid
    try:
        return function(settings)
    except ValueError as refused:
        if not section:  # what fails with the plugin's own defaults is the plugin's fault
            raise
        raise PluginError(f"it cannot work with its settings: {refused}. Correct its section of `plugins`.") from refused


def _refuse_settings(section: Mapping[str, Any]) -> None:
    if section:
        raise PluginError(f"it takes no settings, but `plugins` has some for it: {', '.join(sorted(section))}. Remove them.")


def _setting_problem(error: Any, model: type[BaseModel]) -> str:
    name = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        known = _settings_of(model, error["loc"][:-1])
        return f"it has no setting {name}.{did_you_mean(str(error['loc'][-1]), known)} The settings there: {', '.join(known)}."
    if error["type"] == "missing":
        return f"its setting {name} is missing. Add it to its section of `plugins`."
    return f"its setting {name or 'section'} is {error['input']!r}: {error['msg'][0].lower()}{error['msg'][1:]}. Correct it."


def _registered(entry: EntryPoint, plugin: object) -> pluggy.PluginManager:
    """A plugin in a manager of its own, so that its faults are its own, checked for hooks that would never be called."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(plugin, entry.name)
    except pluggy.PluginValidationError as error:
        raise PluginError(f"{str(error).splitlines()[-1]}. Take only the parameters of the hook.") from error
    callers = manager.get_hookcallers(plugin) or []
    known = [name for name in vars(manager.hook) if getattr(manager.hook, name).has_spec()]
    for caller in callers:
        if not caller.has_spec():
            raise PluginError(f"there is no hook {caller.name}.{did_you_mean(caller.name, known)} The hooks: {', '.join(sorted(known))}.")
        for hook in caller.get_hookimpls():
            if hook.kwargnames:  # pluggy would never fill them
                raise PluginError(f"the hook {caller.name} has a default value for {', '.join(hook.kwargnames)}. Remove the default.")
    if not callers:
        raise PluginError(f"{entry.value}, of the type {type(plugin).__name__}, has nothing marked @hookimpl. Name {FORMS}.")
    return manager


def _asked(caller: pluggy.HookCaller, kind: type[T], source: str) -> tuple[T, ...]:
    """What a hook returns, as many as there are."""
    if not caller.get_hookimpls():
        return ()
    (result,) = caller() or [None]  # pluggy drops a None
    several = isinstance(result, Iterable) and not isinstance(result, str)
    things = tuple(result) if several else (result,)
    for thing in things:
        if not isinstance(thing, kind):
            raise PluginError(f"{source} returns {thing!r}, which is no {kind.__name__}. Return one, or several in a list.")
    return things


def _settings_of(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """The names of a model's settings, or of those of the model that lies at the end of a path through it."""
    for step in path:
        inner = model.model_fields[str(step)].annotation if str(step) in model.model_fields else None
        if not (inspect.isclass(inner) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)
