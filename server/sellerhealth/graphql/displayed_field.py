"""Fields with a text for people, which take a locale: an argument, or the one that was negotiated for the request."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from sellerhealth.graphql.context import Context
from sellerhealth.locales import Locale, in_locale

_LOCALE = StrawberryArgument(
    python_name="locale",
    graphql_name="locale",
    type_annotation=StrawberryAnnotation(Locale | None),
    description="How numbers, percents and durations are written. Default: by the `Accept-Language` of the request, if it names a locale.",
)


class DisplayedField(StrawberryField):
    """An attribute with a text for people. Plans of operations read it without calling a resolver: see graphql/executor/functions.py."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.arguments = [_LOCALE]

    @property
    def is_basic_field(self) -> bool:
        return False  # it reads its argument and the context

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Mapping[str, Any]) -> Any:
        text, write = getattr(source, self.python_name), writer(info.context, kwargs)
        return write(text) if write is not None and isinstance(text, str) else text


def writer(context: Context, arguments: Mapping[str, Any]) -> Callable[[str], str] | None:
    """What writes the texts of a field in the locale of its arguments or of the request. None where they are sent as they are."""
    locale = arguments.get("locale") or context.locale
    return None if locale is None else partial(in_locale, locale)


class Writers(dict[Any, Callable[[Any], Any]]):
    """What writes the displayed texts of an answer, by their field as it is selected. Made as far as functions look it up."""

    def __init__(self, context: Context, variables: Any) -> None:
        self._context, self._variables = context, variables

    def __missing__(self, field: Any) -> Callable[[Any], Any]:
        write = writer(self._context, field.arguments(self._variables))
        self[field] = found = (lambda text: text) if write is None else lambda text: text if text is None else write(text)
        return found
