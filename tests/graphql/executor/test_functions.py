"""The generated functions read what they expect, and refuse everything else."""

import datetime as dt
import enum
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import strawberry
from graphql import GraphQLObjectType, get_named_type

from sellerhealth.graphql.declared import class_of
from sellerhealth.graphql.executor import functions as generated
from sellerhealth.graphql.executor.functions import Functions, Unexpected, attribute_of
from sellerhealth.graphql.reading import Loader


@strawberry.enum
class Colour(enum.Enum):
    RED = "RED"


@strawberry.enum
class Size(enum.Enum):
    SMALL = "s"


@strawberry.type
class Inner:
    text: str


@strawberry.type
class Thing:
    text: str = "a"
    whole: int = 1
    number: float = 0.5
    flag: bool = True
    name: strawberry.ID = strawberry.ID("x")
    day: dt.date = dt.date(2026, 3, 31)
    colour: Colour = Colour.RED
    size: Size = Size.SMALL
    maybe: str | None = None
    inner: Inner | None = None
    inners: list[Inner] = strawberry.field(default_factory=list)
    numbers: list[list[float | None]] = strawberry.field(default_factory=list)

    @strawberry.field
    def computed(self) -> str:
        return "b"


@strawberry.type
class Query:
    thing: Thing


SCHEMA = strawberry.Schema(Query)._schema


def function(name: str) -> Any:
    """A function that reads one field of a Thing, and all of an Inner."""
    functions = Functions()
    inner = SCHEMA.type_map["Inner"]
    assert isinstance(inner, GraphQLObjectType)
    read_inner = functions.of_object(
        inner, {"text": functions.expression(inner.fields["text"].type, "source.text", lambda kind: None) or ""}
    )
    kind = SCHEMA.type_map["Thing"]
    assert isinstance(kind, GraphQLObjectType)
    expression = functions.expression(kind.fields[name].type, f"source.{attribute_of(kind.fields[name])}", lambda kind: read_inner.__name__)
    assert expression
    return functions.of_object(kind, {"it": expression})


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("text", "é", "é"),
        ("whole", -(2**31), -(2**31)),
        ("whole", True, 1),
        ("number", 2, 2),
        ("flag", False, False),
        ("name", 7, "7"),
        ("day", dt.date(2026, 1, 2), "2026-01-02"),
        ("colour", Colour.RED, "RED"),
        ("maybe", None, None),
        ("inner", None, None),
        ("inner", Inner(text="b"), {"text": "b"}),
        ("inners", [Inner(text="b"), Inner(text="c")], [{"text": "b"}, {"text": "c"}]),
        ("numbers", [[1.0, None], []], [[1.0, None], []]),
    ],
)
def test_a_value_is_completed(field: str, value: Any, expected: Any) -> None:
    assert function(field)(Thing(**{field: value}), {}) == {"it": expected}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", None),
        ("text", ValueError("x")),
        ("text", object()),
        ("text", Loader[str, str](lambda keys: {}).reading("key", str)),
        ("whole", 2**31),
        ("whole", 0.5),
        ("number", float("nan")),
        ("number", float("-inf")),
        ("flag", "yes"),
        ("day", "2026-01-02"),
        ("colour", "BLUE"),
        ("maybe", ValueError("x")),
        ("inner", Thing()),
        ("inners", (Inner(text="b"),)),
        ("inners", [None]),
        ("numbers", [None]),
    ],
)
def test_anything_else_is_refused(field: str, value: Any) -> None:
    thing = Thing()
    setattr(thing, field, value)
    with pytest.raises(Exception):  # noqa: B017, PT011 - after any error graphql-core completes the value again
        function(field)(thing, {})


def test_an_object_of_another_class_is_refused() -> None:
    with pytest.raises(Unexpected):
        function("text")(Inner(text="b"), {})


def test_what_is_plain_has_an_attribute_and_a_class() -> None:
    kind = get_named_type(SCHEMA.type_map["Thing"])
    assert isinstance(kind, GraphQLObjectType)
    assert class_of(kind) is Thing
    assert (attribute_of(kind.fields["text"]), attribute_of(kind.fields["computed"])) == ("text", None)
    assert class_of(SCHEMA.type_map["__Type"]) is None  # type: ignore[arg-type]  # it is an object type


def test_threads_that_generate_functions_at_once_each_get_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    functions, both = Functions(), Barrier(2, timeout=5)

    def compile_together(*arguments: Any) -> Any:
        both.wait()
        return compile(*arguments)

    def define(number: str) -> Any:
        inner = SCHEMA.type_map["Inner"]
        assert isinstance(inner, GraphQLObjectType)
        return functions.of_object(inner, {"it": number})

    monkeypatch.setattr(generated, "compile", compile_together, raising=False)
    with ThreadPoolExecutor(2) as threads:
        functions_of = list(threads.map(define, ("1", "2")))
    assert [read(Inner(text="b"), {}) for read in functions_of] == [{"it": 1}, {"it": 2}]
