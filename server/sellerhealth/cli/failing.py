"""What a person sees when a command fails: one message with a code, never a stack trace unless it was asked for."""

import hashlib
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from sellerhealth.cli.terminal import complain
from sellerhealth.errors import SellerHealthError


class Commands(TyperGroup):
    """A group of commands that turns the errors of what it runs into messages and exit codes."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # typer keeps the type of the parent's argument to itself
        try:
            return super().invoke(ctx)
        except typer.Abort:
            raise
        except Exception as error:
            if ctx.params["debug"] or hasattr(error, "exit_code"):  # typer tells of usage errors itself
                raise
            complain(_message(error))
        raise typer.Exit(1)


def _message(error: Exception) -> str:
    if isinstance(error, SellerHealthError):
        return "\n".join([f"{error.code}: {error}", *getattr(error, "__notes__", ())])
    return (
        f"Something went wrong that should not have: {type(error).__name__} (error {_fingerprint(error)}). "
        "To see where, put --debug before the command: `sellerhealth --debug …`. Please report it."
    )


def _fingerprint(error: Exception) -> str:
    """An id of the place where an error arose, so that two reports of one fault can be seen to be that."""
    places = [f"{frame.name}:{frame.line}" for frame in traceback.extract_tb(error.__traceback__)]
    return hashlib.sha256("\n".join([type(error).__name__, *places]).encode()).hexdigest()[:8]
