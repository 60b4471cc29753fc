"""Opaque ids and cursors: a short list of words and numbers, written so that nobody is tempted to take it apart."""

import base64
import json
from collections.abc import Sequence
from typing import Any

import orjson


def write(parts: Sequence[str | int | None]) -> str:
    """The text for a list."""
    return base64.urlsafe_b64encode(orjson.dumps(parts)).rstrip(b"=").decode()


def read(text: str) -> list[Any] | None:
    """The list of a text made by `write`; None for anything else, also for another spelling of the same list."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return parts if isinstance(parts, list) and write(parts) == text else None
    except (ValueError, TypeError, RecursionError):  # neither base64 nor JSON, or holding what `write` cannot write, or too deep
        return None
