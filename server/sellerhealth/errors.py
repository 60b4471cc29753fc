"""The errors that a user can get, each with a stable code. Imports nothing of the package."""

from collections.abc import Iterable
from difflib import get_close_matches


class SellerHealthError(Exception):
    """Base of all our errors. `code` is stable and documented in docs/errors.md; the message may be sent to a client.

    `argument` names the argument of the call that would solve the problem, if there is one: a command names its option for it.
    """

    code = "INTERNAL_SERVER_ERROR"

    def __init__(self, message: str, *, argument: str | None = None) -> None:
        self.argument = argument
        super().__init__(message)


class BadInput(SellerHealthError):
    """An argument, a file or a row has a value that is not allowed."""

    code = "BAD_USER_INPUT"


class BadRow(BadInput):
    """A row of a file that cannot be imported: the line, the field, its value and what was expected."""

    def __init__(self, line: int, field: str | None, value: str | None, expected: str) -> None:
        self.line, self.field, self.value, self.expected = line, field, value, expected
        super().__init__(self.describe())

    def describe(self, file: str | None = None) -> str:
        where = f"{file}: line {self.line}" if file else f"line {self.line}"
        column = f", column {self.field!r}" if self.field else ""
        value = f"found {self.value!r}, " if self.value is not None else ""
        return f"{where}{column}: {value}expected {self.expected}"


class BadFile(BadInput):
    """A file that cannot be imported as a whole."""


class UnknownFormat(BadInput):
    """No importer recognises the file."""

    code = "UNKNOWN_FORMAT"


class NotFound(SellerHealthError):
    """Something that does not exist or is not visible."""

    code = "NOT_FOUND"


class BadSettings(SellerHealthError):
    """A setting has a value that is not allowed."""

    code = "BAD_SETTINGS"


class StoreNotReady(SellerHealthError):
    """The database does not exist, or its schema is older or newer than the code."""

    code = "STORE_NOT_READY"


class PluginError(SellerHealthError):
    """A plugin that cannot take part. The message says what is wrong, where, and how to fix it."""

    code = "PLUGIN_ERROR"


class MetricFailed(SellerHealthError):
    """A metric that could not be computed. Other metrics are not affected."""

    code = "METRIC_FAILED"

    def __init__(self, metric: str, error_id: str) -> None:
        self.metric, self.error_id = metric, error_id
        super().__init__(f"The metric {metric} could not be computed.")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A closing question that suggests the most similar known names; empty if there are none."""
    near = get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(near)}?" if near else ""
