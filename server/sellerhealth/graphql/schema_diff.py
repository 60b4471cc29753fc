"""Compares two versions of the schema and rates each change by its effect on existing clients."""

from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from graphql import BreakingChange, DangerousChange, GraphQLError, build_schema, find_schema_changes

from sellerhealth.errors import BadFile


class Severity(IntEnum):
    """SAFE changes nothing for clients, DANGEROUS may surprise them, BREAKING makes valid documents fail."""

    SAFE = 0
    DANGEROUS = 1
    BREAKING = 2


class Change(NamedTuple):
    """A change, described in a sentence."""

    severity: Severity
    description: str


def read_schema(path: Path) -> str:
    """A schema in the schema definition language, read from a file. Raises BadFile."""
    try:
        text = path.read_text(encoding="utf-8")
        build_schema(text)
    except (OSError, UnicodeDecodeError, GraphQLError, TypeError) as wrong:  # graphql-core raises TypeError for unknown types
        raise BadFile(f"{path} is not a GraphQL schema: {str(wrong).splitlines()[0]}") from wrong
    return text


def compare(old: str, new: str) -> list[Change]:
    """The changes from one schema to another, both in the schema definition language. The worst come first."""
    changes = [Change(_severity(change), change.description) for change in find_schema_changes(build_schema(old), build_schema(new))]
    if not changes and old != new:
        changes = [Change(Severity.SAFE, "The text differs, for example in a deprecation or in the order of its parts.")]
    return sorted(changes, key=lambda change: (-change.severity, change.description))


def _severity(change: object) -> Severity:
    if isinstance(change, BreakingChange):
        return Severity.BREAKING
    return Severity.DANGEROUS if isinstance(change, DangerousChange) else Severity.SAFE
