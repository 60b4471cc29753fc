"""Limits of an operation: its cost and shape are estimated before validation.

Each fragment is estimated once, so a small document that expands to a huge one is refused quickly.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    Undefined,
    get_named_type,
    is_interface_type,
    is_object_type,
    value_from_ast_untyped,
)

from sellerhealth.engine.work import WITHOUT_ROLLUPS, MetricWork
from sellerhealth.graphql.cost import Cost, FieldArguments, Measured, cost_of, size_of, work_of
from sellerhealth.metrics.metric import Metric
from sellerhealth.settings import DOCUMENT_LIMITS, DocumentLimits

MAX_NESTING = 60  # of fields and fragments in each other, which bounds the recursion here

LARGEST_INT = 2**31 - 1  # the largest integer that every client can read; larger costs are reported as this

# Introspection of the whole schema, and of one type. Its depth is bounded by validation, and its size depends on no argument.
INTROSPECTION = {"__schema": 20_000, "__type": 1_000}

_NO_COST = Cost()


class Complexity(NamedTuple):
    """The cost and shape of a part of an operation, with all its fragments."""

    cost: int = 0  # fields of the response and other work, for each object that the part is selected on
    item_cost: int = 0  # the part of the cost that is multiplied by the page size: what is selected in `nodes` and `edges`
    once: int = 0  # the part that is multiplied by no page size: what one statement does for all objects of a page
    depth: int = 0
    fields: int = 0  # side by side
    aliases: int = 0
    on_path: Mapping[str, int] = {}  # how often each field occurs on a path that may have it once

    def beside(self, other: "Complexity") -> "Complexity":
        """The sum of two parts that are selected on the same object."""
        names = self.on_path.keys() | other.on_path.keys()
        return Complexity(
            self.cost + other.cost,
            self.item_cost + other.item_cost,
            self.once + other.once,
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.aliases + other.aliases,
            {name: max(self.on_path.get(name, 0), other.on_path.get(name, 0)) for name in names},
        )


class Estimate(NamedTuple):
    """The cost of an operation, and a message for each limit that it exceeds."""

    cost: int
    exceeded: list[str]
    read: Mapping[str, Any]  # the variables that it depends on, with their values; Undefined where there is none


class _TooNested(Exception):
    """Stops the recursion."""


def estimate(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    today: dt.date,
    metrics: Mapping[str, Metric],
    limits: DocumentLimits = DOCUMENT_LIMITS,
    work: MetricWork = WITHOUT_ROLLUPS,
) -> Estimate:
    """Estimates an operation of a document that need not be valid.

    The cost is the number of fields of the response with full pages, and the work for metrics and rows.
    """
    estimator = _Estimator(schema, document, operation, variables, today, metrics, limits, work)
    try:
        whole = estimator.selections(operation.selection_set, schema.get_root_type(operation.operation), 0, ())
    except _TooNested:
        return Estimate(limits.cost + 1, [f"fields and fragments in each other more than {MAX_NESTING} times"], {})
    counts = {
        "cost": (cost := whole.cost + whole.once, limits.cost),
        "depth": (whole.depth, limits.depth),
        "root fields": (whole.fields, limits.root_fields),
        "fields and fragments": (estimator.selections_written, limits.fields),
        "aliases": (estimator.aliases_written, limits.aliases),
        "directives": (estimator.directives_written, limits.directives),
        "values in variables": (number_of_values(variables), limits.variable_values),
        **{f"`{name}` on one path": (count, 1) for name, count in sorted(whole.on_path.items())},
    }
    exceeded = [
        f"{what} {min(count, LARGEST_INT):,}, where {limit:,} is the most" for what, (count, limit) in counts.items() if count > limit
    ]
    return Estimate(min(cost, LARGEST_INT), exceeded, estimator.variables.read)


def number_of_values(value: Any) -> int:
    """How many values a JSON value has in it, however deep. Without recursion: a client decides how deep."""
    found, rest = 0, [value]
    while rest:
        each = rest.pop()
        if isinstance(each, dict):
            found += len(each)
            rest += each.values()
        elif isinstance(each, list):
            found += len(each)
            rest += each
    return found


class _NotingVariables(dict[str, Any]):
    """The variables of a request, else their defaults. Notes which are looked at, also those that are in neither."""

    def __init__(self, defaults: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
        super().__init__({**defaults, **variables})
        self._variables, self.read = variables, dict[str, Any]()

    def __bool__(self) -> bool:
        return True  # what is empty would not be looked at

    def get(self, name: str, default: Any = None) -> Any:
        self.read[name] = self._variables.get(name, Undefined)
        return super().get(name, default)


class _Estimator:
    """Estimates each fragment once for each set of metrics that it is selected on, however often it is spread."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
        today: dt.date,
        metrics: Mapping[str, Metric],
        limits: DocumentLimits,
        work: MetricWork,
    ) -> None:
        self._schema, self._today, self._metrics, self._limits, self._work = schema, today, metrics, limits, work
        self._fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        defaults = {
            each.variable.name.value: value_from_ast_untyped(each.default_value)
            for each in operation.variable_definitions or ()
            if each.default_value
        }
        self.variables = _NotingVariables(defaults, variables)
        self._estimated: dict[tuple[str, Measured], Complexity] = {}
        self._written: set[int] = set()  # the selection sets that are counted
        self.selections_written = self.aliases_written = 0
        self.directives_written = len(operation.directives or ())

    def selections(
        self, selection_set: SelectionSetNode | None, parent: GraphQLNamedType | None, level: int, measured: Measured
    ) -> Complexity:
        """A selection set on an object of a type; the type is None where the document is invalid."""
        if level > MAX_NESTING:
            raise _TooNested
        whole = Complexity()
        if selection_set is None:
            return whole
        self._count(selection_set)
        for each in selection_set.selections:
            whole = whole.beside(self._selection(each, parent, level, measured))
        return whole

    def _count(self, selection_set: SelectionSetNode) -> None:
        if id(selection_set) not in self._written:
            self._written.add(id(selection_set))
            self.selections_written += len(selection_set.selections)
            self.directives_written += sum(len(each.directives or ()) for each in selection_set.selections)
            self.aliases_written += sum(isinstance(each, FieldNode) and each.alias is not None for each in selection_set.selections)

    def _selection(self, node: SelectionNode, parent: GraphQLNamedType | None, level: int, measured: Measured) -> Complexity:
        match node:
            case FieldNode():
                return self._field(node, parent, level, measured)
            case InlineFragmentNode(type_condition=condition):
                kind = self._schema.get_type(condition.name.value) if condition else parent
                return self.selections(node.selection_set, kind, level + 1, measured)
            case FragmentSpreadNode():
                return self._fragment(node.name.value, level, measured)
        raise TypeError(node)

    def _fragment(self, name: str, level: int, measured: Measured) -> Complexity:
        key = name, measured
        if key not in self._estimated:
            self._estimated[key] = Complexity()  # ends the recursion of a fragment that spreads itself, which validation refuses
            if fragment := self._fragments.get(name):
                kind = self._schema.get_type(fragment.type_condition.name.value)
                self._estimated[key] = self.selections(fragment.selection_set, kind, level + 1, measured)
        return self._estimated[key]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, level: int, measured: Measured) -> Complexity:
        name = node.name.value
        field = parent.fields.get(name) if is_object_type(parent) or is_interface_type(parent) else None
        declared = (field and cost_of(field)) or _NO_COST
        arguments = self._arguments(node, measured)
        measured = measured if declared.measures is None else declared.measures(arguments)
        below = self.selections(node.selection_set, get_named_type(field.type) if field else None, level + 1, measured)
        aliases = below.aliases + (node.alias is not None)
        if name in INTROSPECTION:  # aliases could repeat parts of it, even nested
            return Complexity(INTROSPECTION[name] * (1 + below.aliases), depth=1, fields=1, aliases=aliases)
        items, page, work = size_of(declared.items, arguments), size_of(declared.page, arguments), work_of(declared.work, arguments)
        cost = 1 + work.each + items * below.cost + page * below.item_cost
        return Complexity(
            0 if declared.is_item else cost,
            cost if declared.is_item else 0,
            work.once + items * below.once,
            below.depth + 1,
            1,
            aliases,
            {**below.on_path, name: below.on_path.get(name, 0) + 1} if declared.once_per_path else below.on_path,
        )

    def _arguments(self, node: FieldNode, measured: Measured) -> FieldArguments:
        nodes = {each.name.value: each.value for each in reversed(node.arguments or ())}  # the first of each name
        return FieldArguments(nodes, self.variables, self._today, self._metrics, self._limits, self._work, measured)
