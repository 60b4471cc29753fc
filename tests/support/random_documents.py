"""Random documents over a schema, always valid: with aliases, variables, fragments, @skip, @include and __typename."""

import json
import random
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)

ONCE = ("windows", "breakdown")  # fields that a path may have once
DEPTH = 6
MAX_FIELDS = 60  # of a document


class RandomDocument(NamedTuple):
    """A document and its variables, and other values for all of these."""

    text: str
    variables: dict[str, Any]
    others: dict[str, Any]


class RandomDocuments:
    """Makes documents. `values` are those of arguments, by `name Type` or `Type`; an argument that is in neither is left out.

    `only`: the fields that may be selected of a type, or of those that implement an interface. Without them all.
    """

    def __init__(
        self, schema: GraphQLSchema, values: Mapping[str, Sequence[Any]], only: Mapping[str, Collection[str]] | None = None
    ) -> None:
        self._schema, self._values, self._only = schema, values, only or {}

    def document(self, seed: int) -> RandomDocument:
        """A document for a seed, always the same."""
        return _Writer(self._schema, self._values, self._only, random.Random(seed)).document()


class _Writer:
    def __init__(
        self, schema: GraphQLSchema, values: Mapping[str, Sequence[Any]], only: Mapping[str, Collection[str]], chance: random.Random
    ) -> None:
        self._schema, self._values, self._only, self._chance = schema, values, only, chance
        self._declared: list[str] = []
        self._variables: dict[str, Any] = {}
        self._others: dict[str, Any] = {}
        self._fragments: list[str] = []
        self._left, self._aliases = MAX_FIELDS, 0

    def document(self) -> RandomDocument:
        assert self._schema.query_type is not None
        selections = self._selections(self._schema.query_type, ())
        declared = f"({', '.join(self._declared)})" if self._declared else ""
        return RandomDocument("\n".join((f"query Random{declared} {selections}", *self._fragments)), self._variables, self._others)

    def _selections(self, kind: Any, path: tuple[str, ...]) -> str:
        only = next((self._only[each.name] for each in (kind, *getattr(kind, "interfaces", ())) if each.name in self._only), kind.fields)
        possible = [
            name
            for name, field in kind.fields.items()
            if name in only
            if (len(path) < DEPTH or not is_composite_type(get_named_type(field.type))) and not (name in ONCE and name in path)
        ]
        deeper = [name for name in possible if is_composite_type(get_named_type(kind.fields[name].type))]
        number = self._chance.randint(1, 6)
        chosen = (
            [self._chance.choice(deeper if deeper and self._chance.random() < 0.5 else possible) for _ in range(number)] if possible else []
        )
        parts = [self._field(name, kind.fields[name], path) for name in chosen if self._left > 0]
        if self._chance.random() < 0.15 or not parts:
            parts.insert(self._chance.randint(0, len(parts)), "__typename")
        if is_abstract_type(kind):
            some = self._chance.sample(list(self._schema.get_possible_types(kind)), 2)
            parts += [self._fragment(each, path) for each in some if self._left > 0]
        elif self._chance.random() < 0.2:
            parts.append(self._fragment(self._chance.choice([kind, *kind.interfaces]), path))
        self._chance.shuffle(parts)
        return "{ " + " ".join(parts) + " }"

    def _fragment(self, kind: Any, path: tuple[str, ...]) -> str:
        selections = self._selections(kind, (*path, "..."))
        if self._chance.random() < 0.5:
            return f"... on {kind.name}{self._condition()} {selections}"
        name = f"Part{len(self._fragments)}"
        self._fragments.append(f"fragment {name} on {kind.name} {selections}")
        return f"...{name}{self._condition()}"

    def _field(self, name: str, field: GraphQLField, path: tuple[str, ...]) -> str:
        self._left -= 1
        arguments = [
            f"{key}: {text}"
            for key, argument in field.args.items()
            if is_required_argument(argument) or self._chance.random() < 0.3
            if (text := self._argument(key, argument)) is not None
        ]
        written = f"({', '.join(arguments)})" if arguments else ""
        alias = ""
        if is_composite_type(get_named_type(field.type)) or arguments or self._chance.random() < 0.2:
            self._aliases += 1
            # Fields of the same key must be alike, wherever fragments bring them together. Some are the same, and are merged.
            alias = f"a{self._aliases}: " if arguments or self._chance.random() < 0.7 or name in ONCE else ""
        kind = get_named_type(field.type)
        below = f" {self._selections(kind, (*path, name))}" if is_composite_type(kind) else ""
        return f"{alias}{name}{written}{self._condition()}{below}"

    def _condition(self) -> str:
        if self._chance.random() > 0.08:
            return ""
        which, value = self._chance.choice(("skip", "include")), self._chance.random() < 0.5
        if self._chance.random() < 0.5:
            return f" @{which}(if: {json.dumps(value)})"
        other = self._chance.random()
        if other > 0.9:  # with a default, a variable may be null, and null is no condition
            return f" @{which}(if: ${self._variable('Boolean = true', value, None)})"
        return f" @{which}(if: ${self._variable('Boolean!', value, other < 0.5)})"

    def _variable(self, kind: str, value: Any, other: Any) -> str:
        name = f"v{len(self._declared)}"
        self._declared.append(f"${name}: {kind}")
        self._variables[name], self._others[name] = value, other
        return name

    def _argument(self, name: str, argument: GraphQLArgument) -> str | None:
        value = self._value(name, argument.type)
        if value is None:
            return None
        if self._chance.random() < 0.3:
            variable = self._variable(str(argument.type), value, self._value(name, argument.type))
            if not is_non_null_type(argument.type) and self._chance.random() < 0.2:
                if self._chance.random() < 0.5:
                    del self._variables[variable]
                else:
                    self._variables[variable] = None
            return f"${variable}"
        return _literal(value, argument.type)

    def _value(self, name: str, kind: Any) -> Any:
        kind = get_nullable_type(kind)
        if is_list_type(kind):
            items = [self._value(name, kind.of_type) for _ in range(self._chance.randint(0, 2))]
            return None if None in items else items
        if is_enum_type(kind):
            return self._chance.choice(list(kind.values))
        if is_input_object_type(kind):
            chosen = {key: each for key, each in kind.fields.items() if is_required_input_field(each) or self._chance.random() < 0.3}
            fields = {key: self._value(key, each.type) for key, each in chosen.items()}
            return {key: value for key, value in fields.items() if value is not None}
        values = self._values.get(f"{name} {kind.name}") or self._values.get(kind.name)
        return self._chance.choice(values) if values else None


def _literal(value: Any, kind: Any) -> str:
    """A value as GraphQL writes it."""
    kind = get_nullable_type(kind)
    if is_list_type(kind):
        return "[" + ", ".join(_literal(each, kind.of_type) for each in value) + "]"
    if is_input_object_type(kind):
        return "{" + ", ".join(f"{key}: {_literal(each, kind.fields[key].type)}" for key, each in value.items()) + "}"
    return str(value) if is_enum_type(kind) else json.dumps(value)
