"""Whether importing a plugin does nothing but define it: every process that starts a server would do it again."""

import json
import re
import subprocess
import sys
import typing
import warnings
from collections.abc import Iterator
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

from sellerhealth.plugins import SLOW
from sellerhealth.testing import watched_import
from sellerhealth.testing.examining import Unfit

_TESTS = re.compile(r"(^|\.)(test_\w+|\w+_test|conftest|__main__)$")  # modules that import a metric without being its home


def homes(thing: object, tests: str) -> tuple[str, ...]:
    """The modules of what a module of tests examines: those in which it stands; else those of the functions that make it for the tests."""
    known = {
        name: module
        for name, module in list(sys.modules.items())
        if type(module) is ModuleType and name != tests and not _TESTS.search(name)
    }
    standing = [name for name, module in known.items() if any(value is thing for value in vars(module).values())]
    used = vars(sys.modules[tests]).values()
    making = [value.__module__ for value in used if isinstance(value, FunctionType) and _makes(type(thing), value)]
    return tuple(dict.fromkeys(standing or [name for name in making if name in known]))


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
    command = [sys.executable, "-B", watched_import.__file__, json.dumps([module, sys.path])]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program, and the module under test
    if ran.returncode:
        raise Unfit(
            f"{module} cannot be imported by itself: {(ran.stderr.strip().splitlines() or ['it ends the process'])[-1]}. Mend it there."
        )
    found, seconds = json.loads(ran.stdout.splitlines()[-1])
    return found, seconds
