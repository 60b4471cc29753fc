"""What is selected of a result that needs other queries than its own: they are read with it, and not a turn of the event loop later."""

from collections.abc import Iterable, Iterator

from graphql import FieldNode, FragmentSpreadNode, GraphQLResolveInfo, InlineFragmentNode, SelectionNode

from sellerhealth.engine.account_status import judged_queries
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.graphql.context import Info


def anticipate(info: Info, account_id: int, query: MetricQuery) -> None:
    """Lets the batch of a request read what the result of a query will need. `info` is of the field that returns it."""
    raw = info._raw_info
    if "overallStatus" in (node.name.value for field in raw.field_nodes for node in _fields(field, raw)):
        info.context.batch.expect(account_id, judged_queries(query))


def _fields(node: SelectionNode, info: "GraphQLResolveInfo[object]") -> Iterator[FieldNode]:
    """The fields of the object that a field returns. What `@skip` or `@include` may leave out is read when it is needed."""
    selections: Iterable[SelectionNode] = node.selection_set.selections if getattr(node, "selection_set", None) else ()  # type: ignore[attr-defined]
    for each in selections:
        if each.directives:
            continue
        if isinstance(each, FieldNode):
            yield each
        elif isinstance(each, InlineFragmentNode):
            yield from _fields(each, info)
        elif isinstance(each, FragmentSpreadNode):
            yield from _fields(info.fragments[each.name.value], info)  # type: ignore[arg-type]
