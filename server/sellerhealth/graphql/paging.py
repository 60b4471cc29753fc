"""Pages of a list: the arguments that choose one, and where it lies."""

from typing import Annotated, TypeAlias

import strawberry
from strawberry import field

from sellerhealth.errors import BadInput
from sellerhealth.graphql import ids
from sellerhealth.graphql.arguments import given
from sellerhealth.graphql.declare import object_type

DEFAULT_SIZE = 20
MOST = 100

After: TypeAlias = Annotated[str | None, strawberry.argument(description="Only items after this cursor.")]
Before: TypeAlias = Annotated[str | None, strawberry.argument(description="Only items before this cursor.")]
First: TypeAlias = Annotated[
    int | None,
    strawberry.argument(description="How many items to return, from the start: 1 to 100. Default: 20, unless `last` is given."),
]
Last: TypeAlias = Annotated[
    int | None,
    strawberry.argument(description="How many items to return, from the end: 1 to 100. Not together with `first`."),
]

EDGES = "The items of the page with their cursors."
NODES = "The items of the page without their cursors."
PAGE_INFO = "Where this page lies."
CURSOR = "The place of the item, for `after` and `before`."
NODE = "The item."


@object_type
class PageInfo:
    """Where a page lies."""

    end_cursor: str | None = field(description="The cursor of the last item. Null when the page is empty.")
    has_next_page: bool = field(description="Whether there are items after this page.")
    has_previous_page: bool = field(description="Whether there are items before this page.")
    start_cursor: str | None = field(description="The cursor of the first item. Null when the page is empty.")


def size_of(first: int | None, last: int | None) -> tuple[int, bool]:
    """How many items are asked for, and whether from the end. Raises BadInput for numbers that cannot be met."""
    sizes = {name: size for name, size in {"first": given(first), "last": given(last)}.items() if size is not None}
    for name, size in sizes.items():
        if not 1 <= size <= MOST:
            raise BadInput(f"`{name}` must be 1 to {MOST}, found {size}.")
    if len(sizes) > 1:
        raise BadInput("Give `first` or `last`, not both.")
    return next(iter(sizes.values()), DEFAULT_SIZE), "last" in sizes


def place_of(argument: str, cursor: str | None) -> tuple[str, str] | None:
    """The place in a list that a cursor names. Raises BadInput for what is no cursor."""
    text = given(cursor)
    match None if text is None else ids.read(text):
        case None if text is None:
            return None
        case [str(order), str(key)]:
            return order, key
    raise BadInput(f"`{argument}` is not a cursor of this list: take one from `pageInfo` or `edges`.")
