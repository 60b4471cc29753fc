"""The list of accounts: which of them, in which order, and a page of it."""

import asyncio
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Annotated, Any, TypeAlias

import strawberry
from strawberry import UNSET

from sellerhealth.access import ReadSession
from sellerhealth.engine import account_filter
from sellerhealth.engine.account_status import enforced
from sellerhealth.engine.portfolio import (
    AccountSortField,
    Order,
    Page,
    Place,
    SortDirection,
    in_order,
    number_of_accounts,
    page_by_name,
    page_in_order,
)
from sellerhealth.errors import BadInput
from sellerhealth.graphql import ids, paging
from sellerhealth.graphql.accounts.account import ACCOUNT_HEALTH, Account, account_of
from sellerhealth.graphql.arguments import one_of, scope_of, unset_to_none
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.decorators import enum_type, field, input_type, object_type
from sellerhealth.graphql.types.enums import MetricStatus
from sellerhealth.metrics.metric import Metric

MAX_KEYS = 1000
MAX_SEARCH = 200
_NUMBER = re.compile("-?[0-9]{1,1000}(/[1-9][0-9]{0,999})?")  # Python also reads 1e999999, and would be busy with it

enum_type(
    AccountSortField,
    "A field to order accounts by. Values may be added.",
    HEALTH="By status, then by the share of the allowance that is used. Descending is worst first, whatever the metric; what cannot "
    "be measured comes last in both directions.",
    NAME="By name.",
    VALUE="By the value of a metric. What cannot be measured comes last in both directions.",
)
enum_type(
    SortDirection,
    "A direction.",
    ASC="Smallest, first letter or healthiest first.",
    DESC="Largest, last letter or worst first.",
)


@input_type
class AccountFilter:
    """Which accounts. All conditions must hold. Metrics are taken as of today with their default window."""

    keys: list[str] | None = field(default=UNSET, description="Only these accounts.")
    marketplace: str | None = field(default=UNSET, description="Only accounts that sell in this marketplace.")
    metric: str | None = field(default=UNSET, description="The key of the metric that `statuses` is about.")
    search: str | None = field(default=UNSET, description="Only accounts whose key or name contains this text, ignoring case.")
    statuses: list[MetricStatus] | None = field(
        default=UNSET, description="Only accounts with one of these statuses: of `metric` when it is given, else of `healthStatus`."
    )


@input_type
class AccountSort:
    """How to order accounts."""

    direction: SortDirection = field(description="The direction.")
    field_: AccountSortField = field(name="field", description="The field to order by.")
    metric: str | None = field(
        default=UNSET,
        description="The key of the metric. Needed for `VALUE`; with `HEALTH` it replaces the account's overall health.",
    )


@object_type
class AccountEdge:
    """An item on a page of accounts."""

    cursor: str = field(description=paging.CURSOR)
    node: Account = field(description=paging.NODE)


@object_type
class AccountConnection(paging.Connection):
    """A page of accounts."""

    edges: list[AccountEdge] = field(description=paging.EDGES)
    nodes: list[Account] = field(description=paging.NODES)


Filter: TypeAlias = Annotated[AccountFilter | None, strawberry.argument(name="filter", description="Which accounts. Default: all.")]
OrderBy: TypeAlias = Annotated[
    AccountSort | None,
    strawberry.argument(description="The order. Default: by name. Ties are broken by key, so that pages never overlap."),
]


async def list_accounts(
    context: Context, account_filter: AccountFilter | None, order_by: AccountSort | None, page: paging.Arguments
) -> AccountConnection:
    """A page of the accounts that the viewer may see. Raises BadInput for a filter, an order or a page that cannot be."""
    only = unset_to_none(account_filter) or AccountFilter()
    order, words = _order(context, unset_to_none(order_by))
    size, between, from_end = paging.wanted(page, partial(_place, words))
    accounts, judged, statuses = (
        await _stored_filter(context, only),
        _metrics(context, unset_to_none(only.metric)),
        unset_to_none(only.statuses),
    )
    if order.field is AccountSortField.NAME and statuses is None:
        found = await context.read(lambda session: page_by_name(session, accounts, order, size, between, from_end=from_end))
        return _connection(found, words, partial(number_of_accounts, accounts=accounts))
    metrics = [*order.metrics, *(judged if statuses is not None else ())]
    by_account = await context.batch.account_statuses(accounts, metrics, context.today)
    # Thousands of fractions are compared: not on the event loop.
    listed = await asyncio.to_thread(in_order, by_account, order, judged, statuses)
    found = page_in_order(listed, order, size, between, from_end=from_end)
    return _connection(found, words, lambda session: len(listed))


def _connection(page: Page, words: Sequence[str | None], count: Callable[[ReadSession], int]) -> AccountConnection:
    edges = [AccountEdge(cursor=_cursor(place, words), node=account_of(account)) for account, place in page.accounts]
    info = paging.page_info([edge.cursor for edge in edges], has_previous=page.has_previous, has_next=page.has_next)
    return AccountConnection(edges=edges, nodes=[edge.node for edge in edges], page_info=info, _count=count)


def _metrics(context: Context, key: str | None) -> tuple[Metric, ...]:
    """The metric with a key; without one, those that make the health of an account."""
    metrics = context.metrics
    if key is not None:
        return (metrics[one_of(key, metrics, "metric")],)
    return enforced(metric for metric in metrics.values() if metric.section == ACCOUNT_HEALTH)


def _order(context: Context, wanted: AccountSort | None) -> tuple[Order, list[str | None]]:
    """The order, and the words with which its cursors begin."""
    if wanted is None:
        return Order(), [AccountSortField.NAME, SortDirection.ASC, None]
    # In variables enums arrive as plain texts.
    by, direction, key = AccountSortField(wanted.field_), SortDirection(wanted.direction), unset_to_none(wanted.metric)
    metrics = _metrics(context, key)
    if by is AccountSortField.NAME:
        return Order(by, direction), [by, direction, None]
    if by is AccountSortField.VALUE and key is None:
        raise BadInput("To order by `VALUE`, give the key of the metric in `metric`, for example `order_defect_rate`.")
    return Order(by, direction, metrics), [by, direction, key]


async def _stored_filter(context: Context, only: AccountFilter) -> account_filter.AccountFilter:
    keys, search = unset_to_none(only.keys), unset_to_none(only.search)
    if keys is not None and len(keys) > MAX_KEYS:
        raise BadInput(f"At most {MAX_KEYS} keys are allowed at once, found {len(keys)}.")
    if search is not None and len(search) > MAX_SEARCH:
        raise BadInput(f"`search` may have at most {MAX_SEARCH} characters, found {len(search)}.")
    marketplace = (await scope_of(context, only.marketplace, None)).marketplace
    return account_filter.AccountFilter(keys=None if keys is None else tuple(keys), search=search, marketplace=marketplace)


def _cursor(place: Place, words: Sequence[str | None]) -> str:
    return ids.write([*words, *(None if value is None else str(value) for value in place.values), place.key])


def _place(words: Sequence[str | None], found: Sequence[Any]) -> Place | None:
    """The place that a cursor names in a list whose cursors begin with certain words."""
    match found:
        case [str(by), str(), str() | None, *values, str(key)] if by in list(AccountSortField):
            if list(found[: len(words)]) != list(words):
                raise BadInput("The cursor is of another order: leave it out, or list in the order that it is from.")
            read = _values(AccountSortField(by), values)
            return None if read is None else Place(read, key)
    return None


def _values(by: AccountSortField, found: Sequence[Any]) -> tuple[str | Fraction | None, ...] | None:
    """What a place in an order is made of, as a cursor has it: a name, or exact numbers. None for anything else."""
    match by, found:
        case AccountSortField.NAME, [str(name)]:
            return (name,)
        case (AccountSortField.HEALTH, [_, _]) | (AccountSortField.VALUE, [_]) if all(map(_is_number, found)):
            return tuple(None if value is None else Fraction(value) for value in found)
    return None


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, str) and _NUMBER.fullmatch(value) is not None)
