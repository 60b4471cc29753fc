"""What a change of the schema means for the clients that exist."""

from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from graphql import BreakingChange, DangerousChange, GraphQLError, build_schema, find_schema_changes

from sellerhealth.errors import BadFile


class Severity(IntEnum):
    """SAFE changes nothing for clients; DANGEROUS may surprise one; BREAKING makes documents fail that worked."""

    SAFE = 0
    DANGEROUS = 1
    BREAKING = 2


class Change(NamedTuple):
    """One change, in a sentence."""

    severity: Severity
    description: str


def read_schema(path: Path) -> str:
    """A schema in the schema definition language from a file. Raises BadFile when it is none."""
    try:
        text = path.read_text(encoding="utf-8")
        build_schema(text)
    except (OSError, UnicodeDecodeError, GraphQLError, TypeError) as wrong:  # a TypeError is how graphql-core names unknown types
        raise BadFile(f"{path} is not a GraphQL schema: {str(wrong).splitlines()[0]}") from wrong
    return text


def compare(old: str, new: str) -> list[Change]:
    """The changes from one schema to another, both in the schema definition language: the worst first, none if they are equal."""
    found = [Change(_severity(change), change.description) for change in find_schema_changes(build_schema(old), build_schema(new))]
    if not found and old != new:
        found = [Change(Severity.SAFE, "The text differs, for example in a deprecation or in the order of its parts.")]
    return sorted(found, key=lambda change: (-change.severity, change.description))


def _severity(change: object) -> Severity:
    if isinstance(change, BreakingChange):
        return Severity.BREAKING
    return Severity.DANGEROUS if isinstance(change, DangerousChange) else Severity.SAFE
