"""What is selected of a result that needs other queries than its own: they are read with it, and not a turn of the event loop later."""

from graphql import FieldNode, FragmentSpreadNode, GraphQLResolveInfo, InlineFragmentNode, SelectionSetNode

from sellerhealth.engine.account_status import judged_queries
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.graphql.context import Info


def anticipate(info: Info, account_id: int, query: MetricQuery) -> None:
    """Lets the batch of a request read what the result of a query will need. `info` is of the field that returns it."""
    if judged_queries(query) == [query]:
        return
    raw = info._raw_info
    if any(_selects(node.selection_set, "overallStatus", raw) for node in raw.field_nodes):
        info.context.batch.expect(account_id, judged_queries(query))


def _selects(selected: SelectionSetNode | None, name: str, info: "GraphQLResolveInfo[object]") -> bool:
    """Whether a field of the object is selected that a field returns. What `@skip` or `@include` may leave out is read when it is needed."""
    for each in () if selected is None else selected.selections:
        if each.directives:
            continue
        if isinstance(each, FieldNode):
            is_selected = each.name.value == name
        elif isinstance(each, FragmentSpreadNode):
            is_selected = _selects(info.fragments[each.name.value].selection_set, name, info)
        else:
            is_selected = isinstance(each, InlineFragmentNode) and _selects(each.selection_set, name, info)
        if is_selected:
            return True
    return False
