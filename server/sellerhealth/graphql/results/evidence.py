"""Evidence: the list of the facts behind a measure, each with why it counts and until when."""

import datetime as dt
from functools import partial
from typing import Any

from sellerhealth.engine.evidence import (
    EvidenceQuery,
    checked_measure,
    leaves_window_on,
    measures_of,
    missing_cells,
    number_of_rows,
    page_of_evidence,
    position_columns,
)
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.engine.shapes import unavailable_reason
from sellerhealth.errors import NotFound
from sellerhealth.graphql import ids, key_codec, paging
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.cost import LIST
from sellerhealth.graphql.decorators import field, object_type
from sellerhealth.graphql.types.facts import KINDS, Fact, Owner, fact_object
from sellerhealth.graphql_names import field_name
from sellerhealth.metrics.expressions import fact_of, instants_compared
from sellerhealth.store.keyset import Page, Row


@object_type
class ComparedInstant:
    """An instant that was compared with another to decide whether a fact counts."""

    at: dt.datetime | None = field(description="The instant. Null when it did not happen.")
    name: str = field(description="The name of its field, for example `shipBy`.")


@object_type
class EvidenceEdge:
    """An item on a page of the facts behind a measure."""

    compared: list[ComparedInstant] = field(
        cost=LIST,
        description="The instants that were compared, such as the ship-by instant and the confirmation. Empty when none were.",
    )
    cursor: str = field(description=paging.CURSOR)
    leaves_window_on: dt.date | None = field(
        description="The first as-of day on which the fact no longer counts. Null for a lifetime window."
    )
    measures: list[str] = field(
        description="The keys of all measures of the metric that count this fact, for example `orders`, `defects` and `claims`."
    )
    missing: list[str] = field(
        description="The names of the fields of the fact that decide it and are empty, for example `trackingNumber` or `firstScanAt`."
    )
    node: Fact = field(description=paging.NODE)
    reason: str = field(description="Why the fact counts, in a sentence for people.")


@object_type
class EvidenceConnection(paging.Connection):
    """A page of the facts behind a measure."""

    edges: list[EvidenceEdge] = field(description=paging.EDGES)
    nodes: list[Fact] = field(description=paging.NODES)


def evidence_of(context: Context, owner: Owner, query: MetricQuery, measure: str, arguments: paging.Arguments) -> EvidenceConnection:
    """A page of the facts behind a measure of a result. Raises BadInput for anything but a measure of its metric."""
    evidence = EvidenceQuery(owner.account_id, query, checked_measure(query.metric, measure))
    columns = position_columns(evidence.measure)
    request = paging.page_request(context, arguments, lambda parts: key_codec.decode(parts, columns))
    if unavailable_reason(query) is not None:  # the query is about a channel, and the facts have none
        return _connection(owner, evidence, Page([], has_previous=False, has_next=False), lambda session: 0)
    page = context.read(lambda session: page_of_evidence(session, evidence, request))
    return _connection(owner, evidence, page, partial(number_of_rows, evidence=evidence))


def _connection(owner: Owner, evidence: EvidenceQuery, page: Page[Row], count: Any) -> EvidenceConnection:
    edges = [_edge(owner, evidence, row) for row in page.rows]
    return EvidenceConnection(
        _count=count,
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=paging.page_info(page, [edge.cursor for edge in edges]),
    )


def _edge(owner: Owner, evidence: EvidenceQuery, row: Row) -> EvidenceEdge:
    fact = fact_object(KINDS[fact_of(evidence.measure)], owner, row)
    if fact is None:
        raise NotFound(f"A fact behind `{evidence.measure_key}` cannot be returned, because no source has reported enough of it.")
    return EvidenceEdge(
        compared=[ComparedInstant(name=field_name(name), at=row[name]) for name in instants_compared(evidence.measure)],
        cursor=ids.write(key_codec.encode(row[column.name] for column in position_columns(evidence.measure))),
        leaves_window_on=leaves_window_on(evidence, row),
        measures=measures_of(evidence, row),
        missing=[field_name(name) for name in missing_cells(evidence, row)],
        node=fact,
        reason=f"{fact.label} counts towards: {evidence.measure.description}",
    )
