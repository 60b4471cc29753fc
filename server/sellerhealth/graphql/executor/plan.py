"""The plan of an operation: the fields of each object as graphql-core collects them, and functions that read the plain ones.

A plan is made for certain values of the variables that @skip and @include name, and as far as answers need it: what is below an interface
depends on the types of the objects.
"""

import itertools
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    get_nullable_type,
    is_abstract_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    print_ast,
    visit,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetailsList,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues, get_argument_values

from sellerhealth.graphql.executor.reader import Functions, Read, attribute_of, class_of, is_displayed, written
from sellerhealth.graphql.executor.resolvers import Arguments, binder_of

CONDITIONS = ("skip", "include")


class Shape:
    """How a value of a type is completed, for the field that returns it.

    `read` does it, unless a field with a resolver is below it, or an interface. `object`: of an object, how it is completed.
    """

    def __init__(self, field: "ResolvedField", kind: GraphQLOutputType, plan: "Plan") -> None:
        of_value = get_nullable_type(kind)
        self.field, self.kind, self.is_nullable, self._plan = field, kind, not is_non_null_type(kind), plan
        self.read = plan.reader(kind, field.details)
        self.object = plan.of_object(of_value, field.details) if is_object_type(of_value) else None

    @cached_property
    def item(self) -> "Shape | None":
        """The shape of the items, of a list."""
        of_value: Any = get_nullable_type(self.kind)
        return Shape(self.field, of_value.of_type, self._plan) if is_list_type(of_value) else None


class ResolvedField:
    """A field with arguments or a resolver, or below which one is."""

    def __init__(self, plan: "Plan", parent: GraphQLObjectType, key: str, details: FieldDetailsList, definition: GraphQLField) -> None:
        self.parent, self.key, self.details, self.definition = parent, key, details, definition
        self.nodes = [each.node for each in details]
        self.bind = binder_of(plan.schema, definition)
        self._plan = plan
        self._constant = None if any("$" in print_ast(each) for each in self.nodes[0].arguments or ()) else self._arguments(None)
        self._of_variables = _variables_of(definition, self.nodes[0])

    @cached_property
    def shape(self) -> Shape:
        """How its value is completed. Made when the field has its first value."""
        return Shape(self, self.definition.type, self._plan)

    def arguments(self, variables: VariableValues) -> Arguments:
        """The values of its arguments. Raises GraphQLError."""
        if self._constant is not None:
            return self._constant
        if self._of_variables:
            values = {name: variables.coerced.get(variable) for name, variable in self._of_variables}
            if None not in values.values():  # else graphql-core knows what null, and no value, stand for
                return values
        return self._arguments(variables)

    def _arguments(self, variables: VariableValues | None) -> Arguments:
        return get_argument_values(self.definition, self.nodes[0], variables) if self.definition.args else {}


def _variables_of(definition: GraphQLField, node: FieldNode) -> list[tuple[str, str]]:
    """The variables that are the arguments of a field, each with the name of its argument. None of them where not all arguments are variables."""
    nodes = {each.name.value: each.value for each in node.arguments or ()}
    found = [
        (argument.out_name or name, value.name.value)
        for name, argument in definition.args.items()
        if isinstance(value := nodes.get(name), VariableNode)
    ]
    return found if len(found) == len(definition.args) else []


class ObjectPlan(NamedTuple):
    """How an object of a type is completed: `read` makes all of it but for the fields with a resolver, whose places are empty."""

    kind: GraphQLObjectType
    read: Read
    resolved: list[ResolvedField]


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
        self.schema, self._operation, self._fragments, self._variables = schema, operation, dict(fragments), variables
        self._collected: dict[tuple[str, int], tuple[FieldDetailsList, CollectedFields]] = {}  # the list is kept, so that its id is its own
        self._objects: dict[tuple[str, int], ObjectPlan | None] = {}
        self._names: dict[tuple[str, int], str | None] = {}
        self._functions = Functions()
        self._displayed: dict[int, ResolvedField] = {}
        self._numbers = itertools.count()  # its next is that of one thread alone
        self._types = types_by_class(schema)

    @property
    def text(self) -> str:
        """The functions that were generated so far."""
        return "\n\n".join(self._functions.texts)

    @property
    def bytes(self) -> int:
        """How much memory it takes, about."""
        return self._functions.bytes

    def displayed(self, number: int) -> "ResolvedField":
        """A field with a text for people, by the number that functions have of it."""
        return self._displayed[number]

    @cached_property
    def root(self) -> ObjectPlan:
        """How the answer is made. There is no object behind it, so all of its fields have resolvers, but for `__typename`."""
        kind = self.schema.query_type
        if kind is None:
            raise TypeError("a plan is that of a query")
        fields = collect_fields(self.schema, self._fragments, self._variables, kind, self._operation).grouped_field_set
        empty = {key: kind.name if each[0].node.name.value == "__typename" else None for key, each in fields.items()}
        resolved = [
            ResolvedField(self, kind, key, each, definition)
            for key, each in fields.items()
            if empty[key] is None and (definition := self.schema.get_field(kind, each[0].node.name.value))
        ]
        return ObjectPlan(kind, lambda source, write: dict(empty), resolved)

    def fields(self, kind: GraphQLObjectType, details: FieldDetailsList) -> CollectedFields:
        """The fields that are selected on an object of a type, for the field that returns it."""
        key = kind.name, id(details)
        found = self._collected.get(key)
        if found is None:
            collected = collect_subfields(self.schema, self._fragments, self._variables, self._operation, kind, details)
            found = self._collected.setdefault(key, (details, collected))
        return found[1]

    def of_object(self, kind: GraphQLObjectType, details: FieldDetailsList) -> ObjectPlan | None:
        """How an object of a type is completed, for the field that returns it. None for a type that no class declares."""
        key = kind.name, id(details)
        if key not in self._objects:
            self._objects[key] = self._object(kind, details)
        return self._objects[key]

    def of_value(self, shape: Shape, value: object) -> ObjectPlan | None:
        """How an object is completed. None where that is not known from the type or its class."""
        if shape.object is not None:
            return shape.object
        found, kind = self._types.get(value.__class__), get_nullable_type(shape.kind)
        if found is None or not is_abstract_type(kind) or not self.schema.is_sub_type(kind, found):
            return None
        return self.of_object(found, shape.field.details)

    def reader(self, kind: GraphQLOutputType, details: FieldDetailsList) -> Read | None:
        """What completes a value of a type, for the field that returns it. None where a field with a resolver is below it, or an interface."""
        expression = self._functions.expression(kind, "value", self._read_below(details))
        return None if expression is None else self._functions.of_value(expression)

    def _read_below(self, details: FieldDetailsList) -> Callable[[GraphQLObjectType], str | None]:
        def name_of(kind: GraphQLObjectType) -> str | None:
            found = self.of_object(kind, details)
            return None if found is None or found.resolved else self._names[kind.name, id(details)]

        return name_of

    def _object(self, kind: GraphQLObjectType, details: FieldDetailsList) -> ObjectPlan | None:
        if class_of(kind) is None:
            return None
        entries: dict[str, str] = {}
        resolved: list[ResolvedField] = []
        for key, selected in self.fields(kind, details).grouped_field_set.items():
            name = selected[0].node.name.value
            field = self.schema.get_field(kind, name)
            if name == "__typename":
                entries[key] = f'"{kind.name}"'
            elif field is not None:
                attribute = attribute_of(field)
                value = f"source.{attribute}"
                if is_displayed(field):
                    self._displayed[number := next(self._numbers)] = ResolvedField(self, kind, key, selected, field)
                    value = written(value, number)
                entry = attribute and self._functions.expression(field.type, value, self._read_below(selected))
                entries[key] = entry or "None"
                if not entry:
                    resolved.append(ResolvedField(self, kind, key, selected, field))
        self._names[kind.name, id(details)] = name = self._functions.of_object(kind, entries)
        return ObjectPlan(kind, self._functions.get(name), resolved)


@lru_cache(maxsize=8)
def types_by_class(schema: GraphQLSchema) -> Mapping[type, GraphQLObjectType]:
    """The object types of a schema by the classes that declare them."""
    kinds = [kind for kind in schema.type_map.values() if is_object_type(kind)]
    return {found: kind for kind in kinds if (found := class_of(kind)) is not None}


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
