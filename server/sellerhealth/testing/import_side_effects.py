"""Checks that importing a plugin only defines things: no files, sockets, databases or processes."""

import atexit
import json
import os
import re
import subprocess
import sys
import typing
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

from sellerhealth.plugins.candidate import SLOW_SECONDS
from sellerhealth.sources import FileSet, Importer, Sheet
from sellerhealth.testing import import_probe
from sellerhealth.testing.reporting import CannotCheck

# Test modules import the plugin but do not define it; modules of sellerhealth never belong to the plugin.
_NOT_PLUGIN_MODULES = re.compile(r"(^|\.)(test_\w+|\w+_test|conftest|__main__)$|^sellerhealth(\.|$)")


def defining_modules(thing: object, test_module: str) -> tuple[str, ...]:
    """The modules that define a metric or an importer: those in which a name refers to it.

    If there are none, because it is made anew each time, as importers in a hook: the modules of its parts that the author wrote,
    and of the functions in the test module that return such an object.
    """
    candidates = {
        name: module
        for name, module in list(sys.modules.items())
        if type(module) is ModuleType and name != test_module and not _NOT_PLUGIN_MODULES.search(name)
    }
    modules = _modules_holding([thing], candidates)
    if not modules:
        parts = list(_parts_of(thing))
        functions = [part for part in parts if isinstance(part, FunctionType)]
        imported = [value for value in vars(sys.modules[test_module]).values() if isinstance(value, FunctionType)]
        functions += [function for function in imported if _returns(type(thing), function)]
        modules = [*_modules_holding(parts, candidates), *(function.__module__ for function in functions)]
    return tuple(dict.fromkeys(name for name in modules if name in candidates))


def _modules_holding(things: Iterable[object], modules: Mapping[str, ModuleType]) -> list[str]:
    ids = {id(thing) for thing in things}
    return [name for name, module in modules.items() if any(id(value) in ids for value in vars(module).values())]


def _parts_of(thing: object) -> Iterator[object]:
    """The functions and sheets that an importer's author wrote for it."""
    if not isinstance(thing, Importer):
        return
    for part in (thing.read, thing.recognises):
        owner = getattr(part, "__self__", part)
        yield owner
        if isinstance(owner, Sheet):
            yield owner.fact
        elif isinstance(owner, FileSet):
            yield owner.join


def _returns(kind: type, function: Any) -> bool:
    """Whether a function is annotated to return one or several instances of a type."""
    try:
        returned = typing.get_type_hints(function).get("return")
    except NameError:  # a name that is imported for type checkers only
        return False
    return kind in (returned, *typing.get_args(returned))


def check_import(modules: tuple[str, ...]) -> Iterator[str]:
    """Yields each side effect of importing the modules. A slow import is a warning."""
    if not modules:
        raise CannotCheck('the module to import is unknown: name it in the test class, as in `module = "acme_dispatch"`.')
    for module in modules:
        side_effects, seconds = _probe(module)
        yield from (
            f"importing {module} {side_effect}. Do it in a function that is called later, or not at all: a plugin does no input or output."
            for side_effect in side_effects
        )
        if seconds > SLOW_SECONDS:
            warnings.warn(
                f"Importing {module} takes {seconds:.1f} s of CPU time, and every command waits for it. Import what is slow inside the function that needs it.",
                stacklevel=2,
            )


@cache
def _probe(module: str) -> tuple[list[str], float]:
    """The side effects of importing a module in a new process, and how many seconds of CPU time it takes."""
    prober = _prober()
    assert prober.stdin is not None and prober.stdout is not None  # noqa: S101, PT018 - both are pipes
    prober.stdin.write(f"{json.dumps([module, sys.path])}\n")
    prober.stdin.flush()
    line = prober.stdout.readline().strip()
    if not hasattr(os, "fork"):  # then it ends after each module
        _prober.cache_clear()
    result = json.loads(line) if line else None
    if not isinstance(result, list):
        raise CannotCheck(f"{module} cannot be imported on its own: {result or 'it ends the process'}. Fix the module.")
    side_effects, seconds = result
    return side_effects, seconds


@cache
def _prober() -> "subprocess.Popen[str]":
    # -B: writing the compiled module would be recorded as opening a file.
    command = [sys.executable, "-B", import_probe.__file__]
    prober = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own script
    atexit.register(prober.communicate)  # it ends with its input
    return prober
