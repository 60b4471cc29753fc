"""The list of facts that will become a defect unless the seller acts."""

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import Any

from sellerhealth.engine.at_risk import AtRiskQuery, Risk, number_of_risks, page_of_risks
from sellerhealth.errors import BadInput, NotFound
from sellerhealth.graphql import ids, key_codec, paging
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.decorators import field, object_type
from sellerhealth.graphql.types.catalog import MetricDefinition, definition_of
from sellerhealth.graphql.types.facts import KINDS, Fact, Owner, fact_object
from sellerhealth.metrics.expressions import fact_of
from sellerhealth.store.fact_queries import key_columns
from sellerhealth.store.keyset import Position

MAX_HOURS, DEFAULT_HOURS = 720, 24


@object_type
class AtRiskEdge:
    """An item on a page of facts that are about to become a defect."""

    cursor: str = field(description=paging.CURSOR)
    definition: MetricDefinition = field(description="The metric that it would harm.")
    due_at: dt.datetime = field(description="The instant until which it can still be put right.")
    node: Fact = field(description=paging.NODE)
    reason: str = field(description="Why it will count, in a sentence for people.")


@object_type
class AtRiskConnection(paging.Connection):
    """A page of facts that are about to become a defect."""

    edges: list[AtRiskEdge] = field(description=paging.EDGES)
    nodes: list[Fact] = field(description=paging.NODES)


def at_risk_of(context: Context, owner: Owner, within_hours: int, arguments: paging.Arguments) -> AtRiskConnection:
    """A page of the facts of an account that are due within this many hours, over all metrics that declare what puts them at risk."""
    if not 1 <= within_hours <= MAX_HOURS:
        raise BadInput(f"`withinHours` must be 1 to {MAX_HOURS}, found {within_hours}.")
    metrics = tuple(metric for metric in context.metrics.values() if metric.at_risk)
    query = AtRiskQuery(owner.account_id, metrics, within_hours)
    request = paging.page_request(context, arguments, partial(_position, query))
    page = context.read(lambda session: page_of_risks(session, query, request))
    edges = [_edge(context, owner, risk) for risk in page.rows]
    return AtRiskConnection(
        _count=partial(number_of_risks, query=query),
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=paging.page_info(page, [edge.cursor for edge in edges]),
    )


def _edge(context: Context, owner: Owner, risk: Risk) -> AtRiskEdge:
    fact = fact_object(KINDS[risk.fact], owner, risk.row)
    if fact is None or risk.metric.at_risk is None:
        raise NotFound(f"A fact that puts {risk.metric.key} at risk cannot be returned, because no source has reported enough of it.")
    return AtRiskEdge(
        cursor=ids.write(key_codec.encode(risk.position)),
        definition=definition_of(risk.metric),
        due_at=risk.due_at,
        node=fact,
        reason=risk.metric.at_risk.reason,
    )


def _position(query: AtRiskQuery, parts: Sequence[Any]) -> Position | None:
    """The position that the parts of a cursor encode: when it is due, the key of the metric, the key of the fact."""
    for metric, declared in query.declared:
        if parts[1:2] == [metric.key]:
            columns = [declared.until.property.columns[0], *key_columns(fact_of(declared.rows))]
            values = key_codec.decode([parts[0], *parts[2:]], columns)
            return None if values is None else (values[0], metric.key, *values[1:])
    return None
