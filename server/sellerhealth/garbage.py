"""Garbage collection, which is off while work makes many objects of which none is garbage."""

import gc
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def without_gc(work: Callable[[], T]) -> T:
    """Runs work on thousands of objects without garbage collection, which would search all of them without finding garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return work()
    finally:
        if was_enabled:
            gc.enable()
