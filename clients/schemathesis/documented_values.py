"""A hook of schemathesis: gives the arguments of generated documents values that their descriptions allow.

Types cannot say that a rating is 1 to 5, or that a metric has one of certain keys. The API refuses other values with BAD_USER_INPUT and
says which are allowed, which is better for clients than null. Here they would hide what is refused though it is documented.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import schemathesis
from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    StringValueNode,
    Visitor,
    print_ast,
    validate,
    visit,
)

METRICS = ("cancellation_rate", "customer_feedback", "late_shipment_rate", "order_defect_rate", "seller_rating", "policy_violations")
JANUARY, MARCH = ([f"2026-{month}-{day:02}" for day in range(1, 31)] for month in ("01", "03"))
VALUES: Mapping[str, Sequence[int | str]] = {  # of arguments and fields of inputs, by name
    "asOf": ("2026-03-30", "2026-03-31"),
    "by": ("marketplace",),
    "days": range(1, 3651),
    "first": range(1, 101),
    "from": JANUARY,
    "last": range(1, 101),
    "marketplace": ("ATVPDKIKX0DER", "A1PA6795UKMFR9"),
    "metric": METRICS,
    "rating": range(1, 6),
    "section": ("account_health",),
    "to": MARCH,
    "withinHours": range(1, 721),
}
METRIC_KEYS = {"metricResults", "timeline"}  # fields whose `keys` are those of metrics
CURSORS = {"after", "before"}


ONCE_ON_A_PATH = {"breakdown", "windows"}


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: DocumentNode) -> DocumentNode:
    """A generated document with documented values. One that is made to be refused stays as it is."""
    return body if validate(context.operation.schema.client_schema, body) else visit(body, _DocumentedValues())


@schemathesis.hook
def filter_body(context: schemathesis.HookContext, body: DocumentNode) -> bool:
    """Whether no field is nested in itself that may not be, by docs/errors.md."""
    nesting = _Nesting()
    visit(body, nesting)
    return not nesting.found


class _DocumentedValues(Visitor):
    """Replaces values by documented ones of their type, and leaves cursors out, which only the API can give."""

    def leave_field(self, node: FieldNode, *_: Any) -> FieldNode:
        arguments = {each.name.value: each for each in node.arguments if each.name.value not in CURSORS}
        if {"first", "last"} <= arguments.keys():
            del arguments["first" if _number_of(node) % 2 else "last"]
        if node.name.value in METRIC_KEYS and isinstance(keys := getattr(arguments.get("keys"), "value", None), ListValueNode):
            each_key = tuple(_documented(METRICS, key) for key in keys.values)
            arguments["keys"] = _copy(arguments["keys"], value=_copy(keys, values=each_key))
        return _copy(node, arguments=tuple(arguments.values()))

    def leave_argument(self, node: ArgumentNode, *_: Any) -> ArgumentNode:
        return _copy(node, value=_documented(VALUES.get(node.name.value), node.value))

    def leave_object_field(self, node: ObjectFieldNode, *_: Any) -> ObjectFieldNode:
        return _copy(node, value=_documented(VALUES.get(node.name.value), node.value))

    def leave_string_value(self, node: StringValueNode, *_: Any) -> StringValueNode:
        """A document with the character NUL is refused as a whole."""
        return _copy(node, value=node.value.replace("\0", ""))

    def leave_object_value(self, node: ObjectValueNode, *_: Any) -> ObjectValueNode:
        """The order by the value of a metric needs the metric."""
        fields = {each.name.value: each for each in node.fields}
        by = getattr(fields.get("field"), "value", None)
        if getattr(by, "value", None) == "VALUE" and isinstance(getattr(fields.get("metric"), "value", NullValueNode()), NullValueNode):
            name = _copy(fields["field"].name, value="metric")
            fields["metric"] = ObjectFieldNode(name=name, value=StringValueNode(value=METRICS[0]))
        return _copy(node, fields=tuple(fields.values()))


class _Nesting(Visitor):
    """Finds a field that may be on a path once, below itself."""

    def __init__(self) -> None:
        super().__init__()
        self.path: list[str] = []
        self.found = False

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self.found = self.found or (node.name.value in ONCE_ON_A_PATH and node.name.value in self.path)
        self.path.append(node.name.value)

    def leave_field(self, node: FieldNode, *_: Any) -> None:
        self.path.pop()


def _documented(choices: Sequence[int | str] | None, generated: Any) -> Any:
    """One of the choices in place of a generated value of their type: the same for the same value, so that a failure can be shrunk."""
    if choices is None or not isinstance(generated, IntValueNode if isinstance(choices[0], int) else StringValueNode):
        return generated
    return _copy(generated, value=str(choices[_number_of(generated) % len(choices)]))


def _number_of(node: Any) -> int:
    return sum(print_ast(node).encode("utf-8", "surrogatepass"))


def _copy(node: Any, **changes: Any) -> Any:
    return type(node)(**{name: getattr(node, name) for name in node.keys} | changes)
