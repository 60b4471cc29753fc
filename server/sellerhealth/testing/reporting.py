"""Reports the problems that a check yields: fails the test with one line per problem, each with its fix."""

import traceback
from collections.abc import Callable, Iterable
from typing import TypeVar

import pytest

T = TypeVar("T")


class CannotCheck(Exception):
    """A check cannot go on. The message says why and how to fix it."""


def report(name: str, check: Callable[[T], Iterable[str]], subject: T) -> None:
    """Runs a check and fails the test with all problems it yields, without repetitions."""
    __tracebackhide__ = True
    problems: dict[str, None] = {}  # an ordered set
    try:
        for problem in check(subject):
            problems[problem] = None
    except CannotCheck as error:
        problems[str(error)] = None
    if problems:
        pytest.fail("\n".join([f"{name}:", *(f"- {problem}" for problem in problems)]), pytrace=False)


def describe_error(error: BaseException) -> str:
    """An exception in one sentence: its type, its message and the line that raised it."""
    cause = getattr(error, "orig", None) or error  # the database's own error, without SQLAlchemy's wrapper
    last = traceback.extract_tb(error.__traceback__)[-1]
    location = "" if cause is not error else f" ({last.filename}, line {last.lineno})"
    return f"{type(cause).__name__}: {str(cause).rstrip('.')}{location}"
