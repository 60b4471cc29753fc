"""Writes the reference of the API, reference.md, from schema.graphql: every field, argument and value with its description."""

from collections.abc import Iterator
from pathlib import Path

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    Undefined,
    build_schema,
    is_specified_scalar_type,
    print_ast,
)

HERE = Path(__file__).parent
SCHEMA = HERE.parent.parent / "schema.graphql"

_KINDS = (
    (GraphQLObjectType, "Objects"),
    (GraphQLInterfaceType, "Interfaces"),
    (GraphQLInputObjectType, "Inputs"),
    (GraphQLEnumType, "Enums"),
    (GraphQLScalarType, "Scalars"),
)


def reference(schema: GraphQLSchema) -> str:
    """One page: `Query` first, then the other types by kind and name."""
    types = [kind for kind in schema.type_map.values() if not kind.name.startswith("__") and not is_specified_scalar_type(kind)]
    lines = ["# Reference", "", "Made from `schema.graphql` by `make reference`. A `!` means never null.", ""]
    if schema.query_type is not None:
        lines += [f"## {schema.query_type.name}", "", *_type(schema.query_type)]
    for kind, title in _KINDS:
        these = sorted((each for each in types if isinstance(each, kind) and each is not schema.query_type), key=lambda each: each.name)
        if these:
            lines += [f"## {title}", ""]
        for each in these:
            lines += [f"### {each.name}", "", *_type(each)]
    return "\n".join(lines).rstrip() + "\n"


def _type(kind: GraphQLNamedType) -> Iterator[str]:
    yield from (_sentence(kind.description), "")
    match kind:
        case GraphQLObjectType() | GraphQLInterfaceType():
            if kind.interfaces:
                yield from (f"Implements {', '.join(f'`{interface.name}`' for interface in kind.interfaces)}.", "")
            yield from ("| field | type | meaning |", "| --- | --- | --- |")
            for name, field in kind.fields.items():
                yield f"| `{name}`{_arguments(field)} | `{field.type}` | {_sentence(field.description)}{_requires(field)}{_deprecated(field)} |"
            yield ""
        case GraphQLInputObjectType():
            yield from ("| field | type | meaning |", "| --- | --- | --- |")
            yield from (f"| `{name}` | `{field.type}` | {_sentence(field.description)} |" for name, field in kind.fields.items())
            yield ""
        case GraphQLEnumType():
            yield from ("| value | meaning |", "| --- | --- |")
            yield from (f"| `{name}` | {_sentence(value.description)} |" for name, value in kind.values.items())
            yield ""


def _arguments(field: GraphQLField) -> str:
    return "".join(
        f"<br>`{name}: {argument.type}{_default(argument)}` {_sentence(argument.description)}" for name, argument in field.args.items()
    )


def _default(argument: GraphQLArgument) -> str:
    return "" if argument.default_value is Undefined else f" = {argument.default_value}"


def _requires(field: GraphQLField) -> str:
    """The permission that a field needs, by its directive."""
    directives = (field.ast_node and field.ast_node.directives) or ()
    needed = [print_ast(argument.value) for each in directives if each.name.value == "requires" for argument in each.arguments or ()]
    return "".join(f" Needs the permission `{permission}`." for permission in needed)


def _deprecated(field: GraphQLField) -> str:
    return f" *Deprecated: {_sentence(field.deprecation_reason)}*" if field.deprecation_reason else ""


def _sentence(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    HERE.joinpath("reference.md").write_text(reference(build_schema(SCHEMA.read_text())))
