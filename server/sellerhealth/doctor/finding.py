"""A finding about an installation: whether it is well, and what to do if not."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How well something is."""

    OK = "OK"
    WARNING = "WARNING"  # it works, but not as it should, or not for long
    PROBLEM = "PROBLEM"  # it does not work


@dataclass(frozen=True)
class Finding:
    """What was examined, how well it is, and what to do if it is not."""

    check: str
    state: State
    message: str
    remedy: str | None = None

    @property
    def is_problem(self) -> bool:
        """Whether it does not work."""
        return self.state is State.PROBLEM


def ok(check: str, message: str) -> Finding:
    """What is well."""
    return Finding(check, State.OK, message)


def warning(check: str, message: str, remedy: str) -> Finding:
    """What works, but not as it should."""
    return Finding(check, State.WARNING, message, remedy)


def problem(check: str, message: str, remedy: str | None = None) -> Finding:
    """What does not work. The message of an error has its remedy in it."""
    return Finding(check, State.PROBLEM, message, remedy)
