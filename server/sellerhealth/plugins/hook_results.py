"""Calls the hooks of one plugin and collects what they return. Whatever its code raises becomes a PluginError with the fix."""

import contextlib
import dis
import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import pluggy
from pydantic import BaseModel

from sellerhealth import hookspecs
from sellerhealth.errors import PluginError, did_you_mean
from sellerhealth.metrics.metric import Metric
from sellerhealth.plugins.classifier import Classify
from sellerhealth.plugins.error_hints import describe_error
from sellerhealth.plugins.plugin_code import PluginCode, location_of
from sellerhealth.plugins.plugin_object import FORMS, HOOKS, MetricsPlugin, each_of, marked_hooks, plugin_object, unmarked_hooks
from sellerhealth.sources import Importer

T = TypeVar("T")


@dataclass(frozen=True)
class HookResults:
    """The objects that the hooks of a plugin returned."""

    metrics: tuple[Metric, ...] = ()
    importers: tuple[Importer, ...] = ()
    classify: Classify | None = None
    settings: tuple[BaseModel, ...] = ()  # those passed to its functions

    def __bool__(self) -> bool:
        return bool(self.metrics or self.importers or self.classify)


def call_hooks(code: PluginCode, section: Mapping[str, Any]) -> HookResults:
    """Imports the code of a plugin and calls its hooks. Raises PluginError for anything that the plugin raises."""
    try:
        # What a plugin prints must not mix with the output of a command.
        with contextlib.redirect_stdout(sys.stderr):
            plugin = plugin_object(code, section)
            _check_hooks(code, plugin)
            manager = pluggy.PluginManager(hookspecs.PROJECT)  # one for each plugin, so that their errors stay apart
            manager.add_hookspecs(hookspecs)
            manager.register(plugin, code.plugin)
            classify = manager.hook.classify_feedback
            return HookResults(
                metrics=_results(manager.hook.register_metrics, Metric, code),
                importers=_results(manager.hook.register_importers, Importer, code),
                classify=(lambda rating, comment: classify(rating=rating, comment=comment)) if classify.get_hookimpls() else None,
                settings=plugin.settings if isinstance(plugin, MetricsPlugin) else (),
            )
    except PluginError:
        raise
    except BaseException as error:  # a plugin may exit, or raise what only test runners catch
        if isinstance(error, KeyboardInterrupt) and not _is_raised_by_code(error):  # Ctrl-C
            raise
        raise PluginError(describe_error(error, code)) from error


def _check_hooks(code: PluginCode, plugin: object) -> None:
    """Raises PluginError for hooks that could not be called as their author expects."""
    if unmarked := unmarked_hooks(plugin):
        raise PluginError(
            f"{code.value} has {' and '.join(unmarked)} without a marker, so it would never be called. Put @hookimpl above it. "
            f"See {location_of(getattr(plugin, unmarked[0]))}."
        )
    hooks = marked_hooks(plugin)
    if not hooks:
        raise PluginError(f"{code.value}, of the type {type(plugin).__name__}, has nothing marked @hookimpl. Name {FORMS}.")
    for name, function in hooks.items():
        if problem := _hook_problem(name, function):
            raise PluginError(f"{problem} See {location_of(function)}.")


def _hook_problem(name: str, function: Any) -> str | None:
    options = getattr(function, f"{hookspecs.PROJECT}_impl")
    hook = options["specname"] or name
    if hook not in HOOKS:
        return f"there is no hook {hook}.{did_you_mean(hook, HOOKS)} The hooks: {', '.join(sorted(HOOKS))}."
    allowed, parameters = inspect.signature(HOOKS[hook]).parameters, inspect.signature(function).parameters
    if unknown := [repr(parameter) for parameter in parameters if parameter not in allowed]:
        return (
            f"a hook has the parameter {', '.join(unknown)}, which is never passed: {hook} takes {', '.join(allowed) or 'nothing'}. "
            "Take only the parameters of the hook. Settings go to a function that an entry point names."
        )
    if optional := [each.name for each in parameters.values() if each.default is not each.empty]:  # pluggy never passes these
        return f"the hook {hook} has a default value for {', '.join(optional)}. Remove the default."
    if options["wrapper"] or options["hookwrapper"]:
        return f"the hook {hook} is a wrapper, but each plugin is called on its own. Mark it with @hookimpl alone."
    if inspect.iscoroutinefunction(function):
        return f"the hook {hook} is an `async` function. Make it a plain one."
    return None


def _results(caller: pluggy.HookCaller, kind: type[T], code: PluginCode) -> tuple[T, ...]:
    hooks = caller.get_hookimpls()
    if not hooks:
        return ()
    (result,) = caller() or [None]  # pluggy drops a None
    return each_of(result, f"{caller.name} of {code.value}", kind, location_of(hooks[0].function))


def _is_raised_by_code(error: BaseException) -> bool:
    """Whether an error comes from a `raise` statement, not from a signal."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is not None and last.tb_frame.f_code.co_code[last.tb_lasti] == dis.opmap["RAISE_VARARGS"]
