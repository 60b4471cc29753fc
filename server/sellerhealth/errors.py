"""The errors that a user can get, each with a stable code. Imports nothing of the package."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


class SellerHealthError(Exception):
    """Base of all our errors. `code` is stable and documented in docs/errors.md; the message may be sent to a client.

    `argument` names the argument of the call that would solve the problem, if there is one: a command names its option for it.
    """

    code = "INTERNAL_SERVER_ERROR"

    def __init__(self, message: str, *, argument: str | None = None) -> None:
        self.argument = argument
        super().__init__(message)


def without_text(error: BaseException) -> Exception:
    """What the log gets of an exception whose text may quote facts, such as one of a plugin: its class and its traceback."""
    return Exception(f"{type(error).__name__}, whose text is not logged, because it may quote facts").with_traceback(error.__traceback__)


class BadInput(SellerHealthError):
    """An argument, a file or a row has a value that is not allowed."""

    code = "BAD_USER_INPUT"


class BadRow(BadInput):
    """A row of a file that cannot be imported: the line, the field, its value and what was expected."""

    def __init__(self, line: int, field: str | None, value: str | None, expected: str) -> None:
        self.line, self.field, self.value, self.expected = line, field, value, expected
        super().__init__(self.describe())

    def __reduce__(self) -> tuple[type["BadRow"], tuple[int, str | None, str | None, str]]:
        return BadRow, (self.line, self.field, self.value, self.expected)  # so that it can be kept on disk

    def describe(self, file: str | None = None) -> str:
        where = f"{file}: line {self.line}" if file else f"line {self.line}"
        column = f", column {self.field!r}" if self.field else ""
        value = f"found {self.value!r}, " if self.value is not None else ""
        return f"{where}{column}: {value}expected {self.expected}"


class BadFile(BadInput):
    """A file that cannot be imported as a whole."""


class ContentMismatch(BadFile):
    """A file that differs from what its sender says of it, for example because the download was cut off."""

    code = "CONTENT_MISMATCH"


class ImportIncomplete(SellerHealthError):
    """Of several accounts or files some were not imported. What was imported stays."""

    code = "IMPORT_INCOMPLETE"


class UnknownFormat(BadInput):
    """No importer recognises the file."""

    code = "UNKNOWN_FORMAT"


class Forbidden(SellerHealthError):
    """The viewer lacks a permission."""

    code = "FORBIDDEN"


class NotFound(SellerHealthError):
    """Something that does not exist or is not visible."""

    code = "NOT_FOUND"


class BadSettings(SellerHealthError):
    """A setting has a value that is not allowed."""

    code = "BAD_SETTINGS"


class WorkerFailed(SellerHealthError):
    """A process of a server cannot start, so the server has stopped."""

    code = "WORKER_FAILED"

    def __init__(self, reason: str) -> None:
        super().__init__(f"A worker cannot start, so the server has stopped: {reason}")


class Unprotected(SellerHealthError):
    """A server that would let everybody in, or nobody, at an address that others can reach."""

    code = "UNPROTECTED"


class CopyRefused(SellerHealthError):
    """A store cannot be copied into another: that has other content, is the same one, or does not take a row."""

    code = "COPY_REFUSED"


class CopyDiffers(SellerHealthError):
    """A store differs from the one that it was copied from."""

    code = "COPY_DIFFERS"


class RollupsDiffer(SellerHealthError):
    """Rollups are not what the facts say."""

    code = "ROLLUPS_DIFFER"


class StoreFault(SellerHealthError):
    """The database cannot be used. The message names it, with a remedy for its operator; clients get `for_clients` and the code."""

    code = "STORE_FAILED"
    for_clients: ClassVar[str] = "The server cannot read its database, because its disk fails."


class StoreNotReady(StoreFault):
    """The database does not exist, or its schema is older or newer than the code."""

    code = "STORE_NOT_READY"
    for_clients = "The server's database has to be migrated, or the server to be updated."


class StoreUnreachable(StoreFault):
    """The database cannot be opened: there is no such folder, no permission, or no server."""

    code = "STORE_UNREACHABLE"
    for_clients = "The server cannot open its database."


class StoreForbidden(StoreFault):
    """The user of the database lacks a privilege."""

    code = "STORE_FORBIDDEN"
    for_clients = "The server may not do this in its database."


class StoreInterrupted(StoreFault):
    """The database ended a statement, or the connection to it was lost."""

    code = "STORE_INTERRUPTED"
    for_clients = "The server's database did not answer to the end. Try again."


class StoreNotRecognised(StoreFault):
    """What is in the place of the database is something else."""

    code = "STORE_NOT_RECOGNISED"
    for_clients = "The server found something else in the place of its database."


class StoreDamaged(StoreFault):
    """The content of the database contradicts itself."""

    code = "STORE_DAMAGED"
    for_clients = "The server's database is damaged."


class StoreFull(StoreFault):
    """The disk of the database is full, or a limit of its size is reached."""

    code = "STORE_FULL"
    for_clients = "The disk of the server's database is full."


class StoreReadOnly(StoreFault):
    """The database can be read, but not written."""

    code = "STORE_READ_ONLY"
    for_clients = "The server's database can only be read."


class StoreBusy(StoreFault):
    """Another program writes for longer than we wait."""

    code = "STORE_BUSY"
    for_clients = "The server's database is busy. Try again later."


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
