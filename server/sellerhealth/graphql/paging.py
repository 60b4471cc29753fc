"""Pages of a list: arguments, cost, cursors, and `pageInfo`."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any, NamedTuple, TypeAlias

import strawberry

from sellerhealth.access import ReadSession
from sellerhealth.engine.work import NOTHING, Work
from sellerhealth.errors import BadInput
from sellerhealth.graphql import ids
from sellerhealth.graphql.arguments import unset_to_none
from sellerhealth.graphql.context import Context, Info
from sellerhealth.graphql.cost import Cost, FieldArguments, mean_work
from sellerhealth.graphql.decorators import field, object_type, resolver
from sellerhealth.store.keyset import Page, PageRequest, Position

DEFAULT_SIZE = 20
READ = 100  # the work for a statement, besides its rows
COUNT = 500  # the work to count the rows of a list

After: TypeAlias = Annotated[str | None, strawberry.argument(description="Only items after this cursor.")]
Before: TypeAlias = Annotated[str | None, strawberry.argument(description="Only items before this cursor.")]
First: TypeAlias = Annotated[
    int | None,
    strawberry.argument(
        description=f"How many items to return, from the start: 1 to {{limits.page_size}}. Default: {DEFAULT_SIZE}, unless `last` is set."
    ),
]
Last: TypeAlias = Annotated[
    int | None,
    strawberry.argument(description="How many items to return, from the end: 1 to {limits.page_size}. Not together with `first`."),
]


def page_size(arguments: FieldArguments) -> int:
    """The maximum number of items on a page: the cost of a field that returns a connection depends on it."""
    size = next((size for name in ("first", "last") if (size := arguments.get(name)) is not None), DEFAULT_SIZE)
    most = arguments.limits.page_size
    return min(max(size, 1), most) if isinstance(size, int) else most


PAGE = Cost(page=page_size, sized_fields=("edges", "nodes"), work=READ)  # besides its rows
SORTED_PAGE = replace(PAGE, work=750, measures=lambda arguments: ())  # all rows of an account are sorted for it
EVIDENCE_PAGE = replace(PAGE, work=500)  # so are the rows that are looked at for a measure


def _count_work(arguments: FieldArguments) -> Work:
    """Evidence is counted as a measure is; other lists are plain rows of an account."""
    return Work.total((Work(COUNT), mean_work(arguments, arguments.work.evidence) if arguments.measured else NOTHING))


EDGES = "The items of the page with their cursors."
NODES = "The items of the page without their cursors."
PAGE_INFO = "The position of this page in the list."
CURSOR = "The position of the item, for `after` and `before`."
NODE = "The item."


@object_type
class PageInfo:
    """The position of a page in its list."""

    end_cursor: str | None = field(description="The cursor of the last item. Null when the page is empty.")
    has_next_page: bool = field(description="Whether there are items after this page.")
    has_previous_page: bool = field(description="Whether there are items before this page.")
    start_cursor: str | None = field(description="The cursor of the first item. Null when the page is empty.")


@object_type
class Connection:
    """Base of the connection types. Not a type of the schema itself."""

    page_info: PageInfo = field(description=PAGE_INFO)
    _count: strawberry.Private[Callable[[ReadSession], int]]

    @resolver(cost=Cost(work=_count_work))
    def total_count(self, info: Info) -> int | None:
        """How many items there are on all pages. Counted only when selected; null when it cannot be counted in time."""
        return info.context.read(self._count)


class Arguments(NamedTuple):
    """The arguments of a page, before they are checked."""

    first: int | None
    last: int | None
    after: str | None
    before: str | None


def page_request(context: Context, arguments: Arguments, position_of: Callable[[Sequence[Any]], Position | None]) -> PageRequest:
    """The page that arguments request. `position_of` decodes the parts of a cursor and returns None for what is not a position in the list.

    Raises BadInput for sizes out of range and for invalid cursors.
    """
    size, from_end = _size(arguments.first, arguments.last, context.limits.page_size)
    after, before = (_position(name, getattr(arguments, name), position_of) for name in ("after", "before"))
    return PageRequest(size, after, before, from_end)


def _position(argument: str, cursor: str | None, position_of: Callable[[Sequence[Any]], Position | None]) -> Position | None:
    text = unset_to_none(cursor)
    if text is None:
        return None
    parts = ids.read(text)
    position = None if parts is None else position_of(parts)
    if position is None:
        raise BadInput(f"`{argument}` is not a cursor of this list: take one from `pageInfo` or `edges`.")
    return position


def page_info(page: Page[Any], cursors: Sequence[str]) -> PageInfo:
    """The position of a page whose items have these cursors."""
    return PageInfo(
        end_cursor=cursors[-1] if cursors else None,
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=cursors[0] if cursors else None,
    )


def _size(first: int | None, last: int | None, most: int) -> tuple[int, bool]:
    """The requested number of items, and whether it is from the end. Raises BadInput for sizes out of range."""
    sizes = {name: size for name, size in {"first": unset_to_none(first), "last": unset_to_none(last)}.items() if size is not None}
    for name, size in sizes.items():
        if not 1 <= size <= most:
            raise BadInput(f"`{name}` must be 1 to {most}, found {size}.")
    if len(sizes) > 1:
        raise BadInput("Give `first` or `last`, not both.")
    return next(iter(sizes.values()), DEFAULT_SIZE), "last" in sizes
