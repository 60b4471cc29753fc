"""Turns an exception of a command into one message with a code, and an exit code. Shows the traceback only with --debug."""

import contextlib
import hashlib
import traceback
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperGroup

from sellerhealth.cli.output import print_error
from sellerhealth.errors import SellerHealthError


class CommandGroup(TyperGroup):
    """A group of commands that reports their exceptions."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # typer does not export the type of the parent's argument
        try:
            return super().invoke(ctx)
        except typer.Abort:
            raise
        except Exception as error:
            if ctx.params["debug"] or hasattr(error, "exit_code"):  # typer reports usage errors itself
                raise
            print_error(_message(error))
        raise typer.Exit(1)


@contextlib.contextmanager
def fixes(**by_argument: str) -> Iterator[None]:
    """Adds to an error which option solves the problem: one text by the name of the `argument` that the error names."""
    try:
        yield
    except SellerHealthError as error:
        if error.argument in by_argument:
            error.add_note(by_argument[error.argument])
        raise


def _message(error: Exception) -> str:
    if isinstance(error, SellerHealthError):
        return "\n".join([f"{error.code}: {error}", *getattr(error, "__notes__", ())])
    if isinstance(error, OSError) and error.strerror:  # a file that is not the database: its disk is full, or it may not be read
        return f"FILE_FAILED: {error.filename or 'A file'} cannot be read or written: {error.strerror}."
    return (
        f"An unexpected error occurred: {type(error).__name__} (error {_fingerprint(error)}). "
        "To see where, put --debug before the command: `sellerhealth --debug …`. Please report it."
    )


def _fingerprint(error: Exception) -> str:
    """A short hash of an error's type and traceback, by which reports of the same fault can be matched."""
    locations = [f"{frame.name}:{frame.line}" for frame in traceback.extract_tb(error.__traceback__)]
    return hashlib.sha256("\n".join([type(error).__name__, *locations]).encode()).hexdigest()[:8]
