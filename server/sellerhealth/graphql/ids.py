"""Opaque ids and cursors: a short list of strings and numbers as base64 of JSON."""

import base64
import json
from collections.abc import Sequence
from typing import Any

import orjson


def write(parts: Sequence[str | int | None]) -> str:
    """Encodes a list."""
    return base64.urlsafe_b64encode(orjson.dumps(parts)).rstrip(b"=").decode()


def read(text: str) -> list[Any] | None:
    """Decodes what `write` encoded. None for anything else, including another encoding of the same list."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return parts if isinstance(parts, list) and all(map(_is_part, parts)) and write(parts) == text else None
    except (ValueError, TypeError, RecursionError):  # not base64, not JSON, not encodable by `write`, or nested too deeply
        return None


def _is_part(value: Any) -> bool:
    """Whether `write` encodes such a value. True is a number in Python, and PostgreSQL stores no text with a NUL."""
    return value is None or type(value) is int or (isinstance(value, str) and "\0" not in value)
