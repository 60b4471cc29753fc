"""The scalars for days, instants, locales and large whole numbers."""

import datetime as dt
import re
from collections.abc import Callable
from typing import NewType

import strawberry
from graphql import GraphQLError, ValueNode
from graphql.utilities import value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition

from sellerhealth.locales import MAX_TAG, Locale, find_locale, is_tag

# What GraphQL's Int cannot hold: it has 32 bits.
BigInt = NewType("BigInt", int)

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # Python would also take 20260331 and 2026-W14-2


def _literal(parse: Callable[[object], object]) -> Callable[..., object]:
    """Parses a value in a document as one in variables. An error has its place in the document, which graphql-core gives to none of ours."""

    def parse_literal(node: ValueNode, variables: dict[str, object] | None = None) -> object:
        try:
            return parse(value_from_ast_untyped(node, variables))
        except GraphQLError as error:
            raise GraphQLError(error.message, node) from error

    return parse_literal


def _parse_day(text: object) -> dt.date:
    if isinstance(text, str) and _DAY.fullmatch(text):
        try:
            return dt.date.fromisoformat(text)
        except ValueError as no_such_day:
            raise GraphQLError(f"There is no day {text!r} in the calendar.") from no_such_day
    raise GraphQLError(f"Expected a day such as '2026-03-31', found {text!r}.")


def _parse_locale(tag: object) -> Locale:
    if not isinstance(tag, str) or not is_tag(tag):
        meant = tag.replace("_", "-") if isinstance(tag, str) else ""
        did_you_mean = f" Did you mean {meant!r}?" if is_tag(meant) else ""
        raise GraphQLError(
            f"Expected a locale by its BCP 47 tag, such as 'de' or 'pt-BR', found {str(tag)[: 2 * MAX_TAG]!r}.{did_you_mean}"
        )
    found = find_locale(tag)
    if found is None:
        raise GraphQLError(
            f"There is no locale {tag!r} in CLDR. Send the tag of a language, perhaps with a region, such as 'de' or 'pt-BR'."
        )
    return found


def _write_instant(instant: dt.datetime) -> str:
    return instant.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z"


SCALARS: dict[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number that may exceed the 32 bits of `Int`. In JSON it is a number, which JavaScript reads exactly up to 2^53.",
        serialize=int,
    ),
    Locale: strawberry.scalar(
        name="Locale",
        description="A locale by its BCP 47 tag, for example `de` or `pt-BR`. Of a longer tag the part is used that CLDR knows.",
        specified_by_url="https://www.rfc-editor.org/info/bcp47",
        serialize=str,
        parse_value=_parse_locale,
        parse_literal=_literal(_parse_locale),
    ),
    dt.date: strawberry.scalar(
        name="Date",
        description="A day of the calendar as `YYYY-MM-DD`.",
        specified_by_url="https://scalars.graphql.org/andimarek/local-date.html",
        serialize=dt.date.isoformat,
        parse_value=_parse_day,
        parse_literal=_literal(_parse_day),
    ),
    dt.datetime: strawberry.scalar(
        name="DateTime",
        description="An instant in UTC, as in `2026-03-31T06:59:59Z`.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
        serialize=_write_instant,
    ),
}
