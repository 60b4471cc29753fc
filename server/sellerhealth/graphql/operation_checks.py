"""Chooses the operation of a document and checks it against the limits before it is validated and run."""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from graphql import GraphQLError, GraphQLSchema, Node, OperationDefinitionNode, StringValueNode, Visitor, visit

from sellerhealth.engine.work import MetricWork
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.document_cache import PreparedDocument
from sellerhealth.graphql.limits import Estimate, estimate, number_of_values
from sellerhealth.request_record import current_record


class RequestError(GraphQLError):
    """The reason why a document with correct syntax is not run. docs/errors.md lists the `code`."""

    code: ClassVar[str]


class AmbiguousOperation(RequestError):
    """The document has several operations and the request names none. Strawberry would run the first."""

    code = "OPERATION_RESOLUTION_FAILURE"


class UnknownOperation(RequestError):
    """The document has no operation of the requested name, or none at all."""

    code = "OPERATION_RESOLUTION_FAILURE"


class NulCharacter(RequestError):
    """A text in the document or the variables has the character NUL, which databases do not store: nothing is found by it."""

    code = "BAD_USER_INPUT"

    def __init__(self, where: str, *nodes: Node) -> None:
        super().__init__(f"{where} has a text with the character NUL, which no name or key has.", list(nodes))


class TooComplex(RequestError):
    """The operation exceeds a limit."""

    code = "QUERY_TOO_COMPLEX"

    def __init__(self, checked: "CheckedOperation") -> None:
        super().__init__(f"The document exceeds a limit: {'; '.join(checked.exceeded)}.", extensions=checked.extensions)


class Throttled(RequestError):
    """The viewer has used up a budget."""

    code = "THROTTLED"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds  # after which it is worth another try
        super().__init__(f"Too much was requested in too short a time. Try again in {seconds} {'second' if seconds == 1 else 'seconds'}.")


class CheckedOperation(NamedTuple):
    """The operation that was chosen, its cost, and a message for each limit that it exceeds."""

    operation: OperationDefinitionNode
    cost: int
    maximum: int
    exceeded: list[str]

    @property
    def extensions(self) -> dict[str, Any]:
        """The `extensions` of the response."""
        return {"cost": {"requestedQueryCost": self.cost, "maximumAvailable": self.maximum}}


def check_operation(
    schema: GraphQLSchema, document: PreparedDocument, name: str | None, variables: Mapping[str, Any], context: Context
) -> CheckedOperation:
    """Chooses the operation and estimates its cost before validation, which a large document would keep busy.

    A document with several operations is refused unless the request names one. Raises RequestError.
    """
    operation = _chosen(document, name)
    _refuse_nul(document, variables)
    estimated = _estimated(schema, document, operation, variables, context)
    checked = CheckedOperation(operation, estimated.cost, context.limits.cost, estimated.exceeded)
    if record := current_record():
        record.note_operation(operation.name.value if operation.name else None, estimated.cost)
    return checked


def _chosen(document: PreparedDocument, name: str | None) -> OperationDefinitionNode:
    found = [each for each in document.operations if name in (None, each.name and each.name.value)]
    if len(found) > 1:
        names = ", ".join(each.name.value for each in document.operations if each.name)
        raise AmbiguousOperation(f"The document has several operations. Name one in `operationName`: {names}.")
    if not found:
        raise UnknownOperation(f"There is {f'no operation {name!r}' if name else 'no operation'} in the document.")
    return found[0]


def _estimated(
    schema: GraphQLSchema, document: PreparedDocument, operation: OperationDefinitionNode, variables: Mapping[str, Any], context: Context
) -> Estimate:
    def new() -> Estimate:
        context.deadline.check_may_wait()
        work = MetricWork(context.batch.rollups)
        return estimate(schema, document.parsed, operation, variables, context.today, context.metrics, context.limits, work)

    too_many = number_of_values(variables) > context.limits.variable_values  # which has a message of its own
    return new() if too_many else document.estimate(operation, variables, (context.today, context.batch.rollups), new)


def _refuse_nul(document: PreparedDocument, variables: Mapping[str, Any]) -> None:
    """Raises NulCharacter where an argument could be, or contain, a text with a NUL character."""
    for name, value in variables.items():
        if _has_nul(value):
            raise NulCharacter(f"The variable `${name}`")
    if document.may_have_nul:
        visit(document.parsed, _RefuseNul())


class _RefuseNul(Visitor):
    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        if "\0" in node.value:
            raise NulCharacter("The document", node)


def _has_nul(value: Any) -> bool:
    """Whether a text in a value has a NUL character. A variable may be nested more deeply than functions may call each other."""
    if isinstance(value, str):
        return "\0" in value
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str) and "\0" in each:
            return True
        if isinstance(each, Mapping | list):
            waiting += each.values() if isinstance(each, Mapping) else each
    return False
