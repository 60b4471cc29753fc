"""What is selected of a result that needs other queries than its own: they are read with it, and not a turn of the event loop later."""

from collections.abc import Iterator

from graphql import FieldNode, FragmentSpreadNode, GraphQLResolveInfo, InlineFragmentNode, SelectionSetNode

from sellerhealth.engine.account_status import judged_queries
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.graphql.context import Info


def anticipate(info: Info, account_id: int, query: MetricQuery) -> None:
    """Lets the batch of a request read what the result of a query will need. `info` is of the field that returns it."""
    raw = info._raw_info
    if "overallStatus" in (node.name.value for field in raw.field_nodes for node in _fields(field.selection_set, raw)):
        info.context.batch.expect(account_id, judged_queries(query))


def _fields(selected: SelectionSetNode | None, info: "GraphQLResolveInfo[object]") -> Iterator[FieldNode]:
    """The fields of the object that a field returns. What `@skip` or `@include` may leave out is read when it is needed."""
    for each in () if selected is None else selected.selections:
        if each.directives:
            continue
        if isinstance(each, FieldNode):
            yield each
        elif isinstance(each, InlineFragmentNode):
            yield from _fields(each.selection_set, info)
        elif isinstance(each, FragmentSpreadNode):
            yield from _fields(info.fragments[each.name.value].selection_set, info)
