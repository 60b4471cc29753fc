"""What an operation may ask for. It is weighed before it is validated, each part once, so that bombs of a kilobyte are refused at once."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_interface_type,
    is_object_type,
    value_from_ast_untyped,
)

from sellerhealth.graphql.lists.paging import DEFAULT_SIZE, MOST

MOST_COST = 100_000  # fields of an answer: about a second of work
MOST_DEPTH = 15  # of fields in fields
MOST_NESTING = 60  # of fields and fragments in each other, which bounds the recursion here
MOST_ROOT_FIELDS = 30
MOST_SELECTIONS = 500  # as written; validation compares those of one name in pairs
MOST_ALIASES = 50
MOST_DIRECTIVES = 50

USUAL_LENGTH = 10  # of a list without pages: metrics, figures, marketplaces
LONGEST_HISTORY = 1100  # days
LARGEST = 2**31 - 1  # number that every client can read; bombs cost more

# The whole schema, and one type. Validation bounds how deep they are asked for, and the size does not hang on any argument.
INTROSPECTION = {"__schema": 20_000, "__type": 1_000}


class Weight(NamedTuple):
    """What a part of an operation leads to, with all its fragments."""

    cost: int = 0  # fields of the answer for each object that the part is asked of
    item_cost: int = 0  # of these, what occurs again for each item of a page: all that stands in `nodes` and `edges`
    depth: int = 0
    fields: int = 0  # side by side
    aliases: int = 0
    windows: int = 0  # how many times `windows` stands on one path
    breakdowns: int = 0

    def beside(self, other: "Weight") -> "Weight":
        """Both parts together, on the same object."""
        return Weight(
            self.cost + other.cost,
            self.item_cost + other.item_cost,
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.aliases + other.aliases,
            max(self.windows, other.windows),
            max(self.breakdowns, other.breakdowns),
        )


class Weighed(NamedTuple):
    """What an operation costs, and all that is too much of it."""

    cost: int
    complaints: list[str]


class _TooNested(Exception):
    """The recursion stops here."""


def weigh(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any], today: dt.date
) -> Weighed:
    """Weighs an operation of a document that need not be valid. The cost is how many fields the answer has when every page is full."""
    weigher = _Weigher(schema, document, operation, variables, today)
    try:
        whole = weigher.selections(operation.selection_set, schema.get_root_type(operation.operation), 0)
    except _TooNested:
        return Weighed(MOST_COST + 1, [f"fields and fragments in each other more than {MOST_NESTING} times"])
    counts = {
        "cost": (whole.cost, MOST_COST),
        "depth": (whole.depth, MOST_DEPTH),
        "root fields": (whole.fields, MOST_ROOT_FIELDS),
        "fields and fragments": (weigher.selections_written, MOST_SELECTIONS),
        "aliases": (weigher.aliases_written, MOST_ALIASES),
        "directives": (weigher.directives_written, MOST_DIRECTIVES),
        "`windows` on one path": (whole.windows, 1),
        "`breakdown` on one path": (whole.breakdowns, 1),
    }
    complaints = [f"{what} {min(found, LARGEST):,}, where {most:,} is the most" for what, (found, most) in counts.items() if found > most]
    return Weighed(min(whole.cost, LARGEST), complaints)


class _Weigher:
    """Weighs each fragment once, whatever it is spread into."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
        today: dt.date,
    ) -> None:
        self._schema, self._today = schema, today
        self._fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        defaults = {
            each.variable.name.value: value_from_ast_untyped(each.default_value)
            for each in operation.variable_definitions or ()
            if each.default_value
        }
        self._variables = {**defaults, **variables}
        self._known: dict[str, Weight] = {}
        self.selections_written = self.aliases_written = 0
        self.directives_written = len(operation.directives or ())

    def selections(self, selection_set: SelectionSetNode | None, parent: GraphQLNamedType | None, level: int) -> Weight:
        """The weight of what stands between two braces, on an object of a type; the type is None where the document is wrong."""
        if level > MOST_NESTING:
            raise _TooNested
        whole = Weight()
        for each in selection_set.selections if selection_set else ():
            self.selections_written += 1
            self.directives_written += len(each.directives or ())
            whole = whole.beside(self._selection(each, parent, level))
        return whole

    def _selection(self, node: SelectionNode, parent: GraphQLNamedType | None, level: int) -> Weight:
        match node:
            case FieldNode():
                return self._field(node, parent, level)
            case InlineFragmentNode(type_condition=condition):
                kind = self._schema.get_type(condition.name.value) if condition else parent
                return self.selections(node.selection_set, kind, level + 1)
            case FragmentSpreadNode():
                return self._fragment(node.name.value, level)
        raise TypeError(node)

    def _fragment(self, name: str, level: int) -> Weight:
        if name not in self._known:
            self._known[name] = Weight()  # a fragment in itself ends here: validation refuses it
            if fragment := self._fragments.get(name):
                self._known[name] = self.selections(
                    fragment.selection_set, self._schema.get_type(fragment.type_condition.name.value), level + 1
                )
        return self._known[name]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, level: int) -> Weight:
        self.aliases_written += node.alias is not None
        name = node.name.value
        field = parent.fields.get(name) if is_object_type(parent) or is_interface_type(parent) else None
        kind = get_named_type(field.type) if field else None
        below = self.selections(node.selection_set, kind, level + 1)
        aliases = below.aliases + (node.alias is not None)
        if name in INTROSPECTION:  # aliases would repeat parts of it, in each other even
            return Weight(INTROSPECTION[name] * (1 + below.aliases), depth=1, fields=1, aliases=aliases)
        page = self._page(node) if field and "first" in field.args else USUAL_LENGTH
        cost = 1 + self._times(node, field) * below.cost + page * below.item_cost
        if name == "timeline":  # which has columns, so that a day is no object
            cost += self._days(node)
        is_item = parent is not None and parent.name.endswith("Connection") and name in ("nodes", "edges")
        is_of_itself = kind is not None and kind is parent
        return Weight(
            0 if is_item else cost,
            cost if is_item else 0,
            below.depth + 1,
            1,
            aliases,
            below.windows + (is_of_itself and name == "windows"),
            below.breakdowns + (is_of_itself and name == "breakdown"),
        )

    def _times(self, node: FieldNode, field: GraphQLField | None) -> int:
        """How many objects a field leads to, a page apart."""
        if field is None or not isinstance(get_nullable_type(field.type), GraphQLList) or node.selection_set is None:
            return 1
        match node.name.value:
            case "nodes" | "edges" if not field.args:
                return 1  # of a page, whose size stands with the page
            case "nodes":
                return _length(self._argument(node, "ids"))
            case "metricResults":
                return _length(self._argument(node, "keys"))
            case "history":
                return self._days(node)
            case "forecast":
                days = self._argument(node, "days")
                return min(max(days, 1), 366) if isinstance(days, int) else 30
        return USUAL_LENGTH

    def _page(self, node: FieldNode) -> int:
        sizes: Iterable[Any] = (self._argument(node, name) for name in ("first", "last"))
        given = next((size for size in sizes if size is not None), DEFAULT_SIZE)
        return min(max(given, 1), MOST) if isinstance(given, int) else MOST

    def _days(self, node: FieldNode) -> int:
        """From `from` to `to`, or to today."""
        try:
            first, last = self._argument(node, "from"), self._argument(node, "to")
            days = ((dt.date.fromisoformat(last) if last else self._today) - dt.date.fromisoformat(first)).days + 1
        except (TypeError, ValueError):  # no days at all, as the field itself will say
            return LONGEST_HISTORY
        return min(max(days, 1), LONGEST_HISTORY)

    def _argument(self, node: FieldNode, name: str) -> Any:
        """What is given for an argument. None for what is left out."""
        given = next((each.value for each in node.arguments or () if each.name.value == name), None)
        return None if given is None else value_from_ast_untyped(given, self._variables)


def _length(words: Any) -> int:
    """How many words are given for an argument that takes a list, or a single one."""
    if words is None:
        return USUAL_LENGTH
    return min(len(words), MOST) if isinstance(words, list) else 1
