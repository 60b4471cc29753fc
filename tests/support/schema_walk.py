"""Documents made from a schema: each field on a path from the root, with each of some values for each of its arguments."""

import heapq
import itertools
import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from graphql import (
    GraphQLField,
    GraphQLSchema,
    Undefined,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)

Values = Callable[[str, Any], Sequence[Any]]  # the values of an argument by its name and its scalar type, the usual one first
MAX_ROOTS = 20  # in one document: it stays far below the limits of an operation
ONCE = ("windows", "breakdown")  # fields that a path may have once


class Step(NamedTuple):
    """A selection on the way to a type: a field with its arguments, or a fragment."""

    text: str
    field: str


Path = tuple[Step, ...]


class SchemaWalk:
    """Walks a schema. A field that is new is on the walk, and so is an argument that is new."""

    def __init__(self, schema: GraphQLSchema, values: Values) -> None:
        self._schema, self._values = schema, values
        self._paths = dict(self._shortest_paths())

    @property
    def types(self) -> frozenset[str]:
        """The names of the object types and interfaces that the walk reaches."""
        return frozenset(self._paths)

    def documents(self) -> Iterator[str]:
        """Every field of every type on the shortest path to it, with each value of each argument.

        A field of an interface takes the other values in the first of its types alone.
        """
        inherited = set[tuple[str, str]]()
        return self._batched(path for kind in self._paths for path in self._edges(kind, inherited))

    def plain_documents(self) -> Iterator[str]:
        """Every type on the shortest path to it, with the usual values."""
        return self._batched(path for path in self._paths.values() if path)

    def _edges(self, kind: str, inherited: set[tuple[str, str]]) -> Iterator[Path]:
        path, interfaces = self._paths[kind], getattr(self._schema.type_map[kind], "interfaces", ())
        for name, field in self._fields(kind).items():
            if name in ONCE and any(step.field == name for step in path):
                continue
            declared = {(interface.name, name) for interface in interfaces if name in interface.fields}
            is_known = not declared.isdisjoint(inherited)
            inherited |= declared
            for step in itertools.islice(self._steps(name, field), 1 if is_known else None):
                # An object of any type is selected as each of them: which one it is depends on the value.
                fragments = (
                    [more for _, more in self._reached(get_named_type(field.type))] if not path and not is_list_type(field.type) else []
                )
                yield from ((*path, step, *more) for more in fragments or [()])

    def longer_documents(self, number: int, depth: int) -> Iterator[str]:
        """Random paths of up to this many fields, always the same ones."""
        chance = random.Random(number)
        return self._batched([self._random_path(chance, depth) for _ in range(number)])

    def _shortest_paths(self) -> Iterator[tuple[str, Path]]:
        """A path to every type, by fields of that very type where there are any, so that it does not depend on a value, and by few lists."""
        assert self._schema.query_type is not None
        waiting: list[tuple[int, int, int, str, Path]] = [(0, 0, 0, self._schema.query_type.name, ())]
        seen = set[str]()
        while waiting:
            fragments, lists, length, kind, path = heapq.heappop(waiting)
            if kind in seen:
                continue
            seen.add(kind)
            yield kind, path
            for name, field in self._fields(kind).items():
                step = next(iter(self._steps(name, field)))
                for reached, more in self._reached(get_named_type(field.type)):
                    longer = (fragments + len(more), lists + is_list_type(get_nullable_type(field.type)), length + 1)
                    heapq.heappush(waiting, (*longer, reached, (*path, step, *more)))

    def _reached(self, target: Any) -> Iterator[tuple[str, Path]]:
        """The types of the objects that a field returns, each with the fragment that selects it."""
        if is_abstract_type(target):
            yield target.name, ()
            for each in self._schema.get_possible_types(target):
                yield each.name, (Step(f"... on {each.name}", ""),)
        elif is_composite_type(target):
            yield target.name, ()

    def _random_path(self, chance: random.Random, depth: int) -> Path:
        assert self._schema.query_type is not None
        kind, path = self._schema.query_type.name, tuple[Step, ...]()
        for _ in range(depth):
            used = {step.field for step in path}
            fields = {
                name: field
                for name, field in self._fields(kind).items()
                if is_composite_type(get_named_type(field.type)) and not (name in ONCE and name in used)
            }
            if not fields:
                break
            name = chance.choice(sorted(fields))
            step = chance.choice(list(self._steps(name, fields[name])))
            kind, more = chance.choice(list(self._reached(get_named_type(fields[name].type))))
            path = (*path, step, *more)
        return path

    def _fields(self, kind: str) -> Mapping[str, GraphQLField]:
        fields: Mapping[str, GraphQLField] = self._schema.type_map[kind].fields  # type: ignore[attr-defined]  # it has fields
        return fields

    def _steps(self, name: str, field: GraphQLField) -> Iterator[Step]:
        """A field with its usual arguments, then with each other value of each argument."""
        choices = {argument: list(self._literals(argument, value.type)) for argument, value in field.args.items()}
        usual = {
            argument: choices[argument][0]
            for argument, value in field.args.items()
            if is_non_null_type(value.type) and value.default_value is Undefined
        }
        variants = [usual, *({**usual, argument: literal} for argument, literals in choices.items() for literal in literals)]
        for arguments in {json.dumps(each, sort_keys=True): each for each in variants}.values():
            written = ", ".join(f"{argument}: {literal}" for argument, literal in arguments.items())
            yield Step(f"{name}({written})" if written else name, name)

    def _literals(self, name: str, kind: Any) -> Iterator[str]:
        """The values of an argument as GraphQL writes them."""
        kind = get_nullable_type(kind)
        if is_list_type(kind):
            yield from (f"[{literal}]" for literal in self._literals(name, kind.of_type))
        elif is_enum_type(kind):
            yield from kind.values
        elif is_input_object_type(kind):
            choices = {field: list(self._literals(field, value.type)) for field, value in kind.fields.items()}
            usual = {field: choices[field][0] for field, value in kind.fields.items() if is_non_null_type(value.type)}
            variants = [usual, *({**usual, field: literal} for field, literals in choices.items() for literal in literals)]
            yield from ("{" + ", ".join(f"{field}: {literal}" for field, literal in each.items()) + "}" for each in variants)
        else:
            yield from (json.dumps(value) for value in self._values(name, kind.name))

    def _leaves(self, kind: str) -> str:
        """The selection of the plain fields of a type, and of those of the types that implement it."""
        own = [
            next(iter(self._steps(name, field))).text
            for name, field in self._fields(kind).items()
            if not is_composite_type(get_named_type(field.type))
        ]
        return " ".join(("__typename", *own))

    def _text(self, path: Path) -> str:
        """The selection along a path, down to the plain fields of its end."""
        kind: Any = self._schema.query_type
        for step in path:
            kind = (
                get_named_type(self._fields(kind.name)[step.field].type)
                if step.field
                else self._schema.type_map[step.text.removeprefix("... on ")]
            )
        inner = f" {{ {self._leaves(kind.name)} }}" if is_composite_type(kind) else ""
        for step in reversed(path):
            inner = f"{step.text}{inner}" if step is path[0] else f" {{ {step.text}{inner} }}"
        return inner

    def _batched(self, paths: Iterable[Path]) -> Iterator[str]:
        texts = iter(dict.fromkeys(map(self._text, paths)))
        while batch := list(itertools.islice(texts, MAX_ROOTS)):
            yield "{ " + " ".join(f"f{number}: {text}" for number, text in enumerate(batch)) + " }"
