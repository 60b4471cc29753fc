"""Every error that a user can meet, each with a stable code. Imports nothing of the package."""

from collections.abc import Iterable
from difflib import get_close_matches


class SellerHealthError(Exception):
    """The root of the tree. `code` is stable and documented in docs/errors.md; the message is fit for a client.

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
    """One row of a file that cannot be imported: says where, what stood there and what was expected."""

    def __init__(self, line: int, field: str | None, value: str | None, expected: str) -> None:
        self.line, self.field, self.value, self.expected = line, field, value, expected
        super().__init__(self.describe())

    def describe(self, file: str | None = None) -> str:
        where = f"{file}: line {self.line}" if file else f"line {self.line}"
        column = f", column {self.field!r}" if self.field else ""
        found = f"found {self.value!r}, " if self.value is not None else ""
        return f"{where}{column}: {found}expected {self.expected}"


class BadFile(BadInput):
    """A file that cannot be imported as a whole."""


class UnknownFormat(BadInput):
    """No importer recognises the file."""

    code = "UNKNOWN_FORMAT"


class NotFound(SellerHealthError):
    """What was named does not exist or is not visible."""

    code = "NOT_FOUND"


class BadSettings(SellerHealthError):
    """A setting has a value that is not allowed."""

    code = "BAD_SETTINGS"


class StoreNotReady(SellerHealthError):
    """The database is missing, behind the code or ahead of it."""

    code = "STORE_NOT_READY"


class PluginError(SellerHealthError):
    """A plugin that cannot take part. The message names what is wrong and the remedy; `about` are names in its source."""

    code = "PLUGIN_ERROR"

    def __init__(self, message: str, *about: str) -> None:
        self.about = about
        super().__init__(message)


class MetricFailed(SellerHealthError):
    """A metric could not be computed; its siblings are not affected."""

    code = "METRIC_FAILED"

    def __init__(self, metric: str, error_id: str) -> None:
        self.metric, self.error_id = metric, error_id
        super().__init__(f"The metric {metric} could not be computed.")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A closing half-sentence that offers the nearest known words; empty when none is near."""
    near = get_close_matches(word, list(known), n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(near)}?" if near else ""
