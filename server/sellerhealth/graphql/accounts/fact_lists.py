"""The lists of the orders and the feedback of an account, newest first, and their filters."""

import datetime as dt
from functools import partial

from strawberry import UNSET

from sellerhealth import facts as stored
from sellerhealth.graphql import ids, key_codec, paging
from sellerhealth.graphql.arguments import check_keys, scope_of, unset_to_none
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.decorators import field, input_type, object_type
from sellerhealth.graphql.paging import PageInfo
from sellerhealth.graphql.types.enums import Channel, FeedbackClass, OrderStatus
from sellerhealth.graphql.types.facts import Feedback, K, Order, Owner, fact_object
from sellerhealth.metrics.expressions import in_days
from sellerhealth.store.fact_queries import FactList, number_of_facts, page_of_facts
from sellerhealth.store.keyset import PageRequest


@input_type
class OrderFilter:
    """A filter for orders. All conditions must hold."""

    channel: Channel | None = field(default=UNSET, description="Only orders of this channel.")
    from_: dt.date | None = field(default=UNSET, name="from", description="Only orders placed on this day or later.")
    keys: list[str] | None = field(default=UNSET, description="Only orders with these numbers, at most {limits.keys}.")
    marketplace: str | None = field(default=UNSET, description="Only orders of this marketplace: its key, country code or domain.")
    statuses: list[OrderStatus] | None = field(default=UNSET, description="Only orders with one of these statuses.")
    to: dt.date | None = field(default=UNSET, description="Only orders placed on this day or earlier.")


@input_type
class FeedbackFilter:
    """A filter for feedback. All conditions must hold."""

    classifications: list[FeedbackClass] | None = field(default=UNSET, description="Only feedback of one of these classes.")
    from_: dt.date | None = field(default=UNSET, name="from", description="Only feedback left on this day or later.")
    marketplace: str | None = field(
        default=UNSET, description="Only feedback for orders of this marketplace: its key, country code or domain."
    )
    to: dt.date | None = field(default=UNSET, description="Only feedback left on this day or earlier.")


@object_type
class OrderEdge:
    """An item on a page of orders."""

    cursor: str = field(description=paging.CURSOR)
    node: Order = field(description=paging.NODE)


@object_type
class OrderConnection(paging.Connection):
    """A page of orders."""

    edges: list[OrderEdge] = field(description=paging.EDGES)
    nodes: list[Order] = field(description=paging.NODES)


@object_type
class FeedbackEdge:
    """An item on a page of feedback."""

    cursor: str = field(description=paging.CURSOR)
    node: Feedback = field(description=paging.NODE)


@object_type
class FeedbackConnection(paging.Connection):
    """A page of feedback."""

    edges: list[FeedbackEdge] = field(description=paging.EDGES)
    nodes: list[Feedback] = field(description=paging.NODES)


def orders_of(context: Context, owner: Owner, order_filter: OrderFilter | None, page: paging.Arguments) -> OrderConnection:
    """A page of the orders of an account."""
    order_filter = unset_to_none(order_filter) or OrderFilter()
    where = [in_days(stored.Order.placed_on, unset_to_none(order_filter.from_), unset_to_none(order_filter.to))]
    if (channel := unset_to_none(order_filter.channel)) is not None:
        where.append(stored.Order.channel == channel)
    if (statuses := unset_to_none(order_filter.statuses)) is not None:
        where.append(stored.Order.status.in_(statuses))
    if (keys := unset_to_none(order_filter.keys)) is not None:
        check_keys(context, keys)
        where.append(stored.Order.order_id.in_(keys))
    fact_list, request = _checked(
        context, FactList(stored.Order, owner.account_id, stored.Order.placed_at, where), order_filter.marketplace, page
    )
    orders, cursors, info = _page(context, owner, Order, fact_list, request)
    edges = [OrderEdge(cursor=cursor, node=order) for cursor, order in zip(cursors, orders, strict=True)]
    return OrderConnection(_count=partial(number_of_facts, facts=fact_list), edges=edges, nodes=orders, page_info=info)


def feedback_of(context: Context, owner: Owner, feedback_filter: FeedbackFilter | None, page: paging.Arguments) -> FeedbackConnection:
    """A page of the feedback of an account. Feedback without stars is left out."""
    feedback_filter = unset_to_none(feedback_filter) or FeedbackFilter()
    where = [
        in_days(stored.Feedback.left_on, unset_to_none(feedback_filter.from_), unset_to_none(feedback_filter.to)),
        stored.Feedback.rating.is_not(None),
        stored.Feedback.classification.is_not(None),
    ]
    if (classes := unset_to_none(feedback_filter.classifications)) is not None:
        where.append(stored.Feedback.classification.in_(classes))
    fact_list, request = _checked(
        context, FactList(stored.Feedback, owner.account_id, stored.Feedback.left_at, where), feedback_filter.marketplace, page
    )
    feedback, cursors, info = _page(context, owner, Feedback, fact_list, request)
    edges = [FeedbackEdge(cursor=cursor, node=each) for cursor, each in zip(cursors, feedback, strict=True)]
    return FeedbackConnection(_count=partial(number_of_facts, facts=fact_list), edges=edges, nodes=feedback, page_info=info)


def _checked(context: Context, fact_list: FactList, marketplace: str | None, arguments: paging.Arguments) -> tuple[FactList, PageRequest]:
    """The list in a marketplace, and the page of it. Raises BadInput, before anything is read if the page cannot be."""
    request = paging.page_request(context, arguments, lambda parts: key_codec.decode(parts, fact_list.position_columns))
    key = scope_of(context, marketplace, None).marketplace
    return fact_list if key is None else fact_list.in_marketplace(key), request


def _page(context: Context, owner: Owner, kind: type[K], fact_list: FactList, request: PageRequest) -> tuple[list[K], list[str], PageInfo]:
    """The facts of a page, their cursors, and the position of the page."""
    columns = fact_list.position_columns
    page = context.read(lambda session: page_of_facts(session, fact_list, request))
    facts = [fact for row in page.rows if (fact := fact_object(kind, owner, row)) is not None]
    cursors = [ids.write(key_codec.encode(row[column.name] for column in columns)) for row in page.rows]
    return facts, cursors, paging.page_info(page, cursors)
