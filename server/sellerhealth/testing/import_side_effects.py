"""Whether importing a plugin does nothing but define it: every process that starts a server would do it again."""

import json
import re
import subprocess
import sys
import typing
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

from sellerhealth.plugins.load import SLOW
from sellerhealth.sources import Importer, Sheet
from sellerhealth.testing import import_probe
from sellerhealth.testing.reporting import Unfit

# Modules that import what is examined without being its home, and our own.
_NO_HOMES = re.compile(r"(^|\.)(test_\w+|\w+_test|conftest|__main__)$|^sellerhealth(\.|$)")


def homes(thing: object, tests: str) -> tuple[str, ...]:
    """The modules of what a module of tests examines: those in which it stands.

    Where it is made anew each time, as importers are in a hook, they are those of what its author made it of, and of the functions
    that make it for the tests.
    """
    known = {
        name: module
        for name, module in list(sys.modules.items())
        if type(module) is ModuleType and name != tests and not _NO_HOMES.search(name)
    }
    found = _standing(known, [thing])
    if not found:
        made_of = list(_made_of(thing))
        functions = [part for part in made_of if isinstance(part, FunctionType)]
        used = [value for value in vars(sys.modules[tests]).values() if isinstance(value, FunctionType)]
        functions += [function for function in used if _makes(type(thing), function)]
        found = [*_standing(known, made_of), *(function.__module__ for function in functions)]
    return tuple(dict.fromkeys(name for name in found if name in known))


def _standing(modules: Mapping[str, ModuleType], things: Iterable[object]) -> list[str]:
    wanted = {id(thing) for thing in things}
    return [name for name, module in modules.items() if any(id(value) in wanted for value in vars(module).values())]


def _made_of(thing: object) -> Iterator[object]:
    """What the author of an importer has written for it: functions and sheets. What we wrote says nothing about where it comes from."""
    if not isinstance(thing, Importer):
        return
    for part in (thing.read, thing.recognises):
        owner = getattr(part, "__self__", part)
        yield owner
        if isinstance(owner, Sheet):
            yield owner.fact


def _makes(kind: type, function: Any) -> bool:
    """Whether a function says that it returns things of a kind, one or several."""
    try:
        returned = typing.get_type_hints(function).get("return")
    except NameError:  # a name that only a type checker imports
        return False
    return kind in (returned, *typing.get_args(returned))


def busy(modules: tuple[str, ...]) -> Iterator[str]:
    """What a module does while it is imported. A slow import is a warning."""
    if not modules:
        raise Unfit('it is not known which module to import: say so in the class of tests, as in `module = "acme_dispatch"`.')
    for module in modules:
        found, seconds = _import(module)
        yield from (
            f"importing {module} {what}. Do it in a function that is called later, or not at all: a plugin does no input or output."
            for what in found
        )
        if seconds > SLOW:
            warnings.warn(
                f"Importing {module} takes {seconds:.1f} s, and every command waits for it. Import what is slow inside the function that needs it.",
                stacklevel=2,
            )


@cache
def _import(module: str) -> tuple[list[str], float]:
    # -B: writing the compiled module would be seen as writing a file.
    command = [sys.executable, "-B", import_probe.__file__, json.dumps([module, sys.path])]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program, and the module under test
    if ran.returncode:
        raise Unfit(
            f"{module} cannot be imported by itself: {(ran.stderr.strip().splitlines() or ['it ends the process'])[-1]}. Mend it there."
        )
    found, seconds = json.loads(ran.stdout.splitlines()[-1])
    return found, seconds
