"""The plan of an operation: the fields of each object as graphql-core collects them, and functions that read the plain ones.

A plan is made for certain values of the variables that @skip and @include name, and as far as answers need it: what is below an interface
depends on the types of the objects.
"""

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any, NamedTuple

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    print_ast,
)
from graphql.execution.collect_fields import FieldDetailsList, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import Path

from sellerhealth.graphql.context import selected_names
from sellerhealth.graphql.declared import class_of, executed_declaration, types_by_class
from sellerhealth.graphql.displayed_field import DisplayedField
from sellerhealth.graphql.executor.execution import Execution
from sellerhealth.graphql.executor.functions import Function, Functions, attribute_of
from sellerhealth.graphql.executor.resolvers import ArgumentValues, binder_of
from sellerhealth.graphql.remembered_answers import Answers

PLAN, FIELD = 3_500, 1_500  # bytes of a plan without functions, and of a field with a resolver


class Shape:
    """How a value of a type is completed, for the field that returns it.

    `read`: the function that completes it. None where a field with a resolver is below it, or an interface. `object`: the plan of the object
    type, where it is one.
    """

    def __init__(self, field: "ResolvedField", kind: GraphQLOutputType, plan: "Plan") -> None:
        self._nullable: Any = get_nullable_type(kind)
        self.field, self.kind, self.is_nullable, self._plan = field, kind, not is_non_null_type(kind), plan
        self.read = plan.function(kind, field.details)
        self.object = plan.of_object(self._nullable, field.details) if is_object_type(self._nullable) else None

    @cached_property
    def item(self) -> "Shape | None":
        """The shape of the items, of a list. Made when it is needed: a function that reads a list does not."""
        return Shape(self.field, self._nullable.of_type, self._plan) if is_list_type(self._nullable) else None

    @cached_property
    def answers(self) -> Answers | None:
        """The answers that are remembered by what was read for them. None where any field may not follow from that, or takes a variable."""
        selecting = [*(each.selection_set for each in self.field.nodes), *self._plan.definitions.values()]
        return self._plan.answers if self.follows and not any("$" in print_ast(each) for each in selecting if each) else None

    @cached_property
    def follows(self) -> bool:
        """Whether a value, and all that is selected of it, follows from what is read for it."""
        if self.object is None:
            return self.item.follows if self.item else is_leaf_type(self._nullable)
        # What a leaf with a resolver needs is read with the object only if the leaf is selected without a condition.
        below = self.object.resolved if self.object.may_follow else ()
        return self.object.may_follow and all(
            each.shape.follows and (each.shape.object or each.name in self.field.selected) for each in below
        )


class ResolvedField:
    """A field with arguments or a resolver, or below which one is. `details`: its nodes, as graphql-core collects them."""

    def __init__(self, plan: "Plan", parent: GraphQLObjectType, key: str, details: FieldDetailsList, definition: GraphQLField) -> None:
        self.parent, self.key, self.details, self.definition, self._plan = parent, key, details, definition, plan
        self.nodes, self.bind = [each.node for each in details], binder_of(plan.schema, definition)
        self.name = self.nodes[0].name.value
        self.takes_variables = any("$" in print_ast(each) for each in self.nodes[0].arguments or ())
        self._constant = None if self.takes_variables else get_argument_values(definition, self.nodes[0])

    def arguments(self, variables: VariableValues) -> ArgumentValues:
        """The values of its arguments. Raises GraphQLError."""
        return get_argument_values(self.definition, self.nodes[0], variables) if self._constant is None else self._constant

    @cached_property
    def selected(self) -> frozenset[str]:
        """The fields that are selected of the object that it returns, without those that `@skip` or `@include` may leave out."""
        return selected_names(self.nodes, self._plan.definitions)

    @cached_property
    def shape(self) -> Shape:
        """How its value is completed. Made when the field has its first value."""
        return Shape(self, self.definition.type, self._plan)

    def described(self, executed: Any, above: Path | None) -> GraphQLResolveInfo[Any]:
        """Its description for a resolver, as Strawberry makes it of the arguments of an execution. `above`: the path of the object."""
        path = Path(above, self.key, self.parent.name)
        description: GraphQLResolveInfo[Any] = Execution.build_resolve_info(executed, self.definition, self.nodes, self.parent, path)
        return description


class ObjectPlan(NamedTuple):
    """How an object of a type is completed: `read` makes all of it but for the fields with a resolver, whose places are empty.

    `details`: the field that returns it, which is kept because its id is part of a key. `may_follow`: whether the type says so of all
    fields that are selected, see `Shape.follows`.
    """

    kind: GraphQLObjectType
    details: FieldDetailsList | None
    read: Function
    resolved: list[ResolvedField]
    may_follow: bool = False


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
        self.schema, self._operation, self.fragments, self._variables = schema, operation, dict(fragments), variables
        self.definitions = {name: each.definition for name, each in fragments.items()}  # as they were parsed
        self._objects: dict[tuple[str, int], ObjectPlan | None] = {}
        self._functions, self.answers, self._fields = Functions(), Answers(), 0
        self._types = types_by_class(schema)

    @property
    def text(self) -> str:
        """The functions that were generated so far."""
        return "\n\n".join(self._functions.texts)

    @property
    def bytes(self) -> int:
        """How much memory it takes, about."""
        return PLAN + FIELD * self._fields + self._functions.bytes + self.answers.bytes

    @cached_property
    def root(self) -> ObjectPlan:
        """How the answer is made. There is no object behind it, so all of its fields have resolvers, but for `__typename`."""
        kind = self.schema.query_type
        if kind is None:
            raise TypeError("a plan is that of a query")
        fields = collect_fields(self.schema, self.fragments, self._variables, kind, self._operation).grouped_field_set
        empty = {key: kind.name if each[0].node.name.value == "__typename" else None for key, each in fields.items()}
        resolved = [
            ResolvedField(self, kind, key, each, definition)
            for key, each in fields.items()
            if empty[key] is None and (definition := self.schema.get_field(kind, each[0].node.name.value))
        ]
        self._fields += len(resolved)
        return ObjectPlan(kind, None, lambda source, write: dict(empty), resolved)

    def of_object(self, kind: GraphQLObjectType, details: FieldDetailsList) -> ObjectPlan | None:
        """How an object of a type is completed, for the field that returns it. None for a type that no class declares."""
        key = kind.name, id(details)
        if key not in self._objects:
            self._objects[key] = self._make_object(kind, details)
        return self._objects[key]

    def of_value(self, shape: Shape, value: object) -> ObjectPlan | None:
        """How an object is completed. None where that is not known from the type or its class."""
        if shape.object is not None:
            return shape.object
        found, kind = self._types.get(value.__class__), get_nullable_type(shape.kind)
        is_one = found is not None and is_abstract_type(kind) and self.schema.is_sub_type(kind, found)
        return self.of_object(found, shape.field.details) if found and is_one else None

    def function(self, kind: GraphQLOutputType, details: FieldDetailsList) -> Function | None:
        """What completes a value of a type, for the field that returns it. None where a field with a resolver is below it, or an interface."""
        expression = self._functions.expression(kind, "value", partial(self._name_of, details))
        return None if expression is None else self._functions.of_value(expression)

    def _name_of(self, details: FieldDetailsList, kind: GraphQLObjectType) -> str | None:
        """The name of the function that reads all of an object. None where a field with a resolver is left."""
        found = self.of_object(kind, details)
        return None if found is None or found.resolved else found.read.__name__

    def _make_object(self, kind: GraphQLObjectType, details: FieldDetailsList) -> ObjectPlan | None:
        if (of_class := class_of(kind)) is None:
            return None
        entries, resolved, may_follow = dict[str, str](), list[ResolvedField](), True
        follows: Callable[[str], bool] = getattr(of_class, "_follows", lambda name: False)
        collected = collect_subfields(self.schema, self.fragments, self._variables, self._operation, kind, details)
        for key, selected in collected.grouped_field_set.items():
            name = selected[0].node.name.value
            if name == "__typename":
                entries[key] = f'"{kind.name}"'
            elif definition := self.schema.get_field(kind, name):
                make_field, declared = partial(ResolvedField, self, kind, key, selected, definition), executed_declaration(definition)
                expression = self._expression(definition, selected, make_field)
                entries[key] = expression or "None"
                if expression is None:
                    resolved.append(make_field())
                may_follow = may_follow and declared is not None and follows(declared.python_name)
        self._fields += len(resolved)
        return ObjectPlan(kind, details, self._functions.of_object(kind, entries), resolved, may_follow)

    def _expression(self, definition: GraphQLField, details: FieldDetailsList, make_field: Callable[[], ResolvedField]) -> str | None:
        """The expression that reads a plain field of `source`. None for a field with a resolver, or below which one is."""
        if (attribute := attribute_of(definition)) is None:
            return None
        value = f"source.{attribute}"
        if isinstance(executed_declaration(definition), DisplayedField):
            value = self._functions.displayed(value, make_field())
        return self._functions.expression(definition.type, value, partial(self._name_of, details))
