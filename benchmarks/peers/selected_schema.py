"""The part of a schema that documents select, in the schema definition language: what another server has to have to answer them."""

from collections import defaultdict
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLSchema,
    GraphQLUnionType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_leaf_type,
    is_object_type,
    is_specified_scalar_type,
    parse,
    validate,
    visit,
)


def selected_schema(schema: GraphQLSchema, documents: list[str]) -> str:
    """The types, fields and arguments that the documents name. Their selections must be on objects, their arguments of built-in scalars."""
    types = TypeInfo(schema)
    selected = _Selected(types)
    for document in documents:
        node = parse(document)
        if errors := validate(schema, node):
            raise ValueError(errors)
        visit(node, TypeInfoVisitor(types, selected))
    return "\n".join([*map(str.strip, selected.leaves.values()), *map(_object, selected.objects.items())]) + "\n"


def _object(item: tuple[str, dict[str, str]]) -> str:
    name, fields = item
    return "\n".join([f"type {name} {{", *(f"  {field}" for field in fields.values()), "}"])


class _Selected(Visitor):
    """Notes the fields of each object, and the enums and scalars, as they are written in the language."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types = types
        self.objects: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.leaves: dict[str, str] = {}

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent, field = self._types.get_parent_type(), self._types.get_field_def()
        if field is None or not is_object_type(parent):
            raise ValueError(f"{node.name.value} is not selected on an object")
        arguments = {each.name.value: field.args[each.name.value].type for each in node.arguments or ()}
        if any(not is_specified_scalar_type(get_named_type(kind)) for kind in arguments.values()):
            raise ValueError(f"an argument of {node.name.value} is of no built-in scalar")
        listed = ", ".join(f"{name}: {kind}" for name, kind in arguments.items())
        self.objects[parent.name][node.name.value] = f"{node.name.value}{f'({listed})' if listed else ''}: {field.type}"
        self._note_leaf(get_named_type(field.type))

    def _note_leaf(self, kind: Any) -> None:
        if isinstance(kind, GraphQLUnionType):
            raise TypeError(f"{kind} is a union")
        if isinstance(kind, GraphQLEnumType):
            self.leaves[kind.name] = f"enum {kind.name} {{ {' '.join(kind.values)} }}"
        elif is_leaf_type(kind) and not is_specified_scalar_type(kind):
            self.leaves[kind.name] = f"scalar {kind.name}"
