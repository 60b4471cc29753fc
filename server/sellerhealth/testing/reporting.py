"""How a check tells what it found: in sentences, each with its remedy, all at once."""

import traceback
from collections.abc import Callable, Iterable
from typing import TypeVar

import pytest

T = TypeVar("T")


class Unfit(Exception):
    """What keeps something from being examined further; the message says how to mend it."""


def hold(what: str, check: Callable[[T], Iterable[str]], examined: T) -> None:
    """Fails the test with all that a check finds, each once."""
    __tracebackhide__ = True
    problems: dict[str, None] = {}
    try:
        for problem in check(examined):
            problems[problem] = None
    except Unfit as unfit:
        problems[str(unfit)] = None
    if problems:
        pytest.fail("\n".join([f"{what}:", *(f"- {problem}" for problem in problems)]), pytrace=False)


def described(error: BaseException) -> str:
    """An exception in a sentence: its kind, its message, and the line of the code on which it arose."""
    cause = getattr(error, "orig", None) or error  # what the database said, without what SQLAlchemy adds
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = "" if cause is not error else f" ({last.filename}, line {last.lineno})"
    return f"{type(cause).__name__}: {str(cause).rstrip('.')}{place}"
