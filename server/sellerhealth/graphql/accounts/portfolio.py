"""The list of accounts: its filter, its order, its pages and their cursors."""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Annotated, Any, TypeAlias

import strawberry
from strawberry import UNSET

from sellerhealth.access import ReadSession
from sellerhealth.engine.account_filter import AccountFilter as EngineFilter
from sellerhealth.engine.portfolio import (
    AccountOrder,
    AccountSortField,
    ListedAccount,
    SortDirection,
    number_of_accounts,
    page_by_name,
)
from sellerhealth.engine.ranking import Listing, Ranking, page_by_rank
from sellerhealth.engine.work import Work
from sellerhealth.errors import BadInput
from sellerhealth.graphql import ids, paging
from sellerhealth.graphql.accounts.account import Account, account_of
from sellerhealth.graphql.accounts.health import health_metrics
from sellerhealth.graphql.arguments import check_keys, day_of, one_of, scope_of, unset_to_none
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.cost import FieldArguments
from sellerhealth.graphql.decorators import enum_type, field, input_type, object_type
from sellerhealth.graphql.lazy import make_instance, make_lazy
from sellerhealth.graphql.types.enums import MetricStatus
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.targets import TargetCondition
from sellerhealth.store.keyset import Page, Position

ASSUMED_ACCOUNTS = 5  # that a viewer may see
MAX_SEARCH = 200
_NUMBER = re.compile("-?[0-9]{1,1000}(/[1-9][0-9]{0,999})?")  # Fraction also reads 1e999999, which would take very long

enum_type(
    AccountSortField,
    "A field to order accounts by. Values may be added.",
    HEALTH="By status, then by the share of the allowance that is used. Descending is worst first, whatever the metric; what cannot "
    "be measured comes last in both directions.",
    NAME="By name, ignoring case, in the order of Unicode code points.",
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
    """A filter for accounts. All conditions must hold. Metrics are taken as of `asOf` with their default window."""

    keys: list[str] | None = field(default=UNSET, description="Only these accounts, at most {limits.keys}.")
    marketplace: str | None = field(
        default=UNSET, description="Only accounts that sell in this marketplace: its key, country code or domain."
    )
    metric: str | None = field(default=UNSET, description="The key of the metric that `statuses` is about.")
    search: str | None = field(default=UNSET, description="Only accounts whose key or name contains this text, ignoring case.")
    statuses: list[MetricStatus] | None = field(
        default=UNSET, description="Only accounts with one of these statuses: of `metric` if it is set, else of `healthStatus`."
    )


@input_type
class AccountSort:
    """An order of accounts."""

    direction: SortDirection | None = field(
        default=UNSET,
        description="The direction. Default: worst first, which for `HEALTH` is `DESC`, and for `VALUE` depends on the metric; the first "
        "letter first for `NAME`.",
    )
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
    _page: strawberry.Private[Page[ListedAccount]]
    _prefix: strawberry.Private[Sequence[str | None]]  # of its cursors

    def _cursor(self, index: int) -> str:
        return ids.write([*self._prefix, *(None if value is None else str(value) for value in self._page.rows[index].position)])


Filter: TypeAlias = Annotated[
    AccountFilter | None, strawberry.argument(name="filter", description="Only accounts that meet this filter. Default: all.")
]
AsOf: TypeAlias = Annotated[
    dt.date | None, strawberry.argument(description="The as-of day of the filter and the order, not of the fields. Default: today in UTC.")
]
OrderBy: TypeAlias = Annotated[
    AccountSort | None,
    strawberry.argument(description="The order. Default: by name. Ties are broken by key, so that pages never overlap."),
]


def _accounts_work(arguments: FieldArguments) -> Work:
    """To sort or filter accounts by their status, the metrics of all of them are judged."""
    order, account_filter = arguments.get("orderBy"), arguments.get("filter")
    order = order if isinstance(order, dict) else {}
    account_filter = account_filter if isinstance(account_filter, dict) else {}
    by_status = [order] if order.get("field") not in (None, AccountSortField.NAME) else []
    by_status += [account_filter] if account_filter.get("statuses") is not None else []
    keys = {metric if isinstance(metric := each.get("metric"), str) else None for each in by_status}
    each, once = Work.total(
        Work.total(map(arguments.work.judged, health_metrics(arguments.metrics) if key is None else [arguments.metrics[key]]))
        for key in keys
        if key is None or key in arguments.metrics
    )
    return Work(paging.READ + ASSUMED_ACCOUNTS * each, once)


ACCOUNTS = replace(paging.PAGE, work=_accounts_work, measures=lambda arguments: ())


def list_accounts(
    context: Context,
    account_filter: AccountFilter | None,
    order_by: AccountSort | None,
    as_of: dt.date | None,
    page: paging.Arguments,
) -> AccountConnection:
    """A page of the accounts that the viewer may see. Raises BadInput for an invalid filter, order, day or page."""
    account_filter = unset_to_none(account_filter) or AccountFilter()
    day, stated_day = day_of(context, as_of), unset_to_none(as_of)
    order, prefix = _order(context, unset_to_none(order_by))
    prefix.append(None if stated_day is None else str(stated_day))
    request = paging.page_request(context, page, partial(_position, prefix))
    accounts, statuses = _engine_filter(context, account_filter), unset_to_none(account_filter.statuses)
    judged = _metrics(context, unset_to_none(account_filter.metric))
    if order.field is AccountSortField.NAME and statuses is None:
        by_name = context.read(lambda session: page_by_name(session, accounts, order, request))
        return _connection(by_name, prefix, partial(number_of_accounts, accounts=accounts))
    of_statuses = None if statuses is None else frozenset(map(MetricStatus, statuses))
    listing = Listing(accounts, order, day, () if statuses is None else judged, of_statuses)

    def read(session: ReadSession, ranking: Ranking) -> tuple[Page[ListedAccount], int]:
        return page_by_rank(session, ranking, order, request), len(ranking)

    by_rank, number = context.batch.ranked(listing, read)
    return _connection(by_rank, prefix, lambda session: number)


def _connection(page: Page[ListedAccount], prefix: Sequence[str | None], count: Callable[[ReadSession], int]) -> AccountConnection:
    return make_instance(
        AccountConnection, nodes=[account_of(listed.account) for listed in page.rows], _page=page, _prefix=prefix, _count=count
    )


def _edges(connection: AccountConnection) -> list[AccountEdge]:
    return [AccountEdge(cursor=connection._cursor(index), node=node) for index, node in enumerate(connection.nodes)]


def _page_info(connection: AccountConnection) -> paging.PageInfo:
    page = connection._page
    return paging.page_info(page, [connection._cursor(index) for index in (0, -1)] if page.rows else ())


make_lazy(AccountConnection, edges=_edges, page_info=_page_info)  # cursors take a sixth of the time of a page of names


def _metrics(context: Context, key: str | None) -> tuple[Metric, ...]:
    """The metric with a key; without one, those that make the health of an account."""
    metrics = context.metrics
    if key is not None:
        return (metrics[one_of(key, metrics, "metric")],)
    return tuple(health_metrics(metrics))


def _worst_first(by: AccountSortField, metrics: Sequence[Metric]) -> SortDirection:
    """The direction in which the worst comes first. A value without a target and without bands is neither good nor bad: the largest first."""
    more_is_better = by is AccountSortField.VALUE and any(
        metric.bands if metric.target is None else metric.target.condition is TargetCondition.AT_LEAST for metric in metrics
    )
    return SortDirection.ASC if by is AccountSortField.NAME or more_is_better else SortDirection.DESC


def _order(context: Context, order_by: AccountSort | None) -> tuple[AccountOrder, list[str | None]]:
    """The order, and the first parts of its cursors."""
    if order_by is None:
        return AccountOrder(), [AccountSortField.NAME, SortDirection.ASC, None]
    # Enums in variables arrive as plain strings.
    by, key, stated = AccountSortField(order_by.field_), unset_to_none(order_by.metric), unset_to_none(order_by.direction)
    metrics = _metrics(context, key)
    direction = _worst_first(by, metrics) if stated is None else SortDirection(stated)
    if by is AccountSortField.NAME:
        return AccountOrder(by, direction), [by, direction, None]
    if by is AccountSortField.VALUE and key is None:
        raise BadInput("To order by `VALUE`, give the key of the metric in `metric`, for example `order_defect_rate`.")
    return AccountOrder(by, direction, metrics), [by, direction, key]


def _engine_filter(context: Context, account_filter: AccountFilter) -> EngineFilter:
    keys, search = unset_to_none(account_filter.keys), unset_to_none(account_filter.search)
    if keys is not None:
        check_keys(context, keys)
    if search is not None and len(search) > MAX_SEARCH:
        raise BadInput(f"`search` may have at most {MAX_SEARCH} characters, found {len(search)}.")
    marketplace = scope_of(context, account_filter.marketplace, None).marketplace
    return EngineFilter(keys=None if keys is None else tuple(keys), search=search, marketplace=marketplace)


def _position(prefix: Sequence[str | None], parts: Sequence[Any]) -> Position | None:
    """The position encoded by the parts of a cursor, in a list whose cursors begin with a prefix."""
    match parts:
        case [str(by), str(), str() | None, str() | None as as_of, *values, str(key)] if by in list(AccountSortField):
            if list(parts[: len(prefix) - 1]) != list(prefix[:-1]):
                raise BadInput("The cursor is of another order: leave it out, or use the order that it comes from.")
            if as_of != prefix[-1]:
                raise BadInput("The cursor is of another as-of day: leave it out, or use the `asOf` that it comes from.")
            sorted_by = _values(AccountSortField(by), values)
            return None if sorted_by is None else (*sorted_by, key)
    return None


def _values(by: AccountSortField, parts: Sequence[Any]) -> tuple[str | Fraction | None, ...] | None:
    """The values that a cursor encodes: a name, or exact numbers. None for anything else."""
    match by, parts:
        case AccountSortField.NAME, [str(name)]:
            return (name,)
        case (AccountSortField.HEALTH, [_, _]) | (AccountSortField.VALUE, [_]) if all(map(_is_number, parts)):
            return tuple(None if value is None else Fraction(value) for value in parts)
    return None


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, str) and _NUMBER.fullmatch(value) is not None)
