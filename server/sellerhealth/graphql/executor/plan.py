"""The plan of an operation: the fields of each object as graphql-core collects them, and functions that read the plain ones.

A plan is made for certain values of the variables that @skip and @include name, and as far as answers need it: what is below an interface
depends on the types of the objects.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues

from sellerhealth.graphql.executor.reader import Functions, Read, attribute_of, class_of

CONDITIONS = ("skip", "include")


class ObjectPlan(NamedTuple):
    """How an object of a type is completed: `read` makes all of it but for the fields with a resolver, whose places are empty."""

    read: Read
    resolved: GroupedFieldSet


class Plan:
    """The plan of an operation of a document for a schema. Threads may share it."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDetails],
        variables: VariableValues,
    ) -> None:
        """`variables` are looked at for @skip and @include alone."""
        self._schema, self._operation, self._fragments, self._variables = schema, operation, dict(fragments), variables
        self._collected: dict[tuple[str, int], tuple[FieldDetailsList, CollectedFields]] = {}  # the list is kept, so that its id is its own
        self._objects: dict[tuple[str, int], ObjectPlan | None] = {}
        self._names: dict[tuple[str, int], str | None] = {}
        self._readers: dict[tuple[int, int], Read | None] = {}
        self._functions = Functions()

    @property
    def text(self) -> str:
        """The functions that were generated so far."""
        return "\n\n".join(self._functions.texts)

    @property
    def bytes(self) -> int:
        """How much memory it takes, about."""
        return self._functions.bytes

    def root(self, kind: GraphQLObjectType) -> CollectedFields:
        """The fields of the operation."""
        found = self._collected.get(("", 0))
        if found is None:
            found = [], collect_fields(self._schema, self._fragments, self._variables, kind, self._operation)
            self._collected["", 0] = found
        return found[1]

    def fields(self, kind: GraphQLObjectType, details: FieldDetailsList) -> CollectedFields:
        """The fields that are selected on an object of a type, for the field that returns it."""
        key = kind.name, id(details)
        found = self._collected.get(key)
        if found is None:
            collected = collect_subfields(self._schema, self._fragments, self._variables, self._operation, kind, details)
            found = self._collected.setdefault(key, (details, collected))
        return found[1]

    def of_object(self, kind: GraphQLObjectType, details: FieldDetailsList) -> ObjectPlan | None:
        """How an object of a type is completed, for the field that returns it. None for a type that no class declares."""
        key = kind.name, id(details)
        if key not in self._objects:
            self._objects[key] = self._object(kind, details)
        return self._objects[key]

    def reader(self, kind: GraphQLOutputType, details: FieldDetailsList) -> Read | None:
        """What completes a value of a type, for the field that returns it. None where a field with a resolver is below it, or an interface."""
        key = id(kind), id(details)  # types live as long as their schema, and wrapped ones have no other name
        if key not in self._readers:
            expression = self._functions.expression(kind, "value", self._read_below(details))
            self._readers[key] = None if expression is None else self._functions.of_value(expression)
        return self._readers[key]

    def _read_below(self, details: FieldDetailsList) -> Callable[[GraphQLObjectType], str | None]:
        def name_of(kind: GraphQLObjectType) -> str | None:
            found = self.of_object(kind, details)
            return None if found is None or found.resolved else self._names[kind.name, id(details)]

        return name_of

    def _object(self, kind: GraphQLObjectType, details: FieldDetailsList) -> ObjectPlan | None:
        if class_of(kind) is None:
            return None
        entries: dict[str, str] = {}
        resolved: GroupedFieldSet = {}
        for key, selected in self.fields(kind, details).grouped_field_set.items():
            name = selected[0].node.name.value
            field = self._schema.get_field(kind, name)
            if name == "__typename":
                entries[key] = f'"{kind.name}"'
            elif field is not None:
                attribute = attribute_of(field)
                entry = attribute and self._functions.expression(field.type, f"source.{attribute}", self._read_below(selected))
                entries[key] = entry or "None"
                if not entry:
                    resolved[key] = selected
        self._names[kind.name, id(details)] = name = self._functions.of_object(kind, entries)
        return ObjectPlan(self._functions.get(name), resolved)


def conditional_variables(document: DocumentNode) -> tuple[str, ...]:
    """The variables that decide which fields of a document are selected."""
    found = _ConditionalVariables()
    visit(document, found)
    return tuple(sorted(found.names))


class _ConditionalVariables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        if node.name.value in CONDITIONS:
            self.names |= {each.value.name.value for each in node.arguments or () if isinstance(each.value, VariableNode)}
