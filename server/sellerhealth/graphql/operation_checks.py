"""Chooses the operation of a document and checks it against the limits before it is validated and run."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from graphql import DocumentNode, GraphQLError, Node, OperationDefinitionNode, StringValueNode, Visitor, visit
from strawberry.extensions import SchemaExtension

from sellerhealth.graphql.context import Context
from sellerhealth.graphql.limits import estimate
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


class Throttled(RequestError):
    """The viewer has used up a budget."""

    code = "THROTTLED"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds  # after which it is worth another try
        super().__init__(f"Too much was requested in too short a time. Try again in {seconds} {'second' if seconds == 1 else 'seconds'}.")


class OperationChecks(SchemaExtension):
    """Chooses the operation and estimates its cost before validation, which a large document would keep busy.

    A document with several operations is refused unless the request names one. The cost is in `extensions.cost` of the response.
    """

    _cost: int | None = None
    _most: int

    def on_parse(self) -> Iterator[None]:
        yield
        execution = self.execution_context
        document, context = execution.graphql_document, execution.context
        if document is None or not isinstance(context, Context):
            return
        operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        names = [each.name.value if each.name else "" for each in operations]
        if context.operation_name is not None:
            operations = [each for each, name in zip(operations, names, strict=True) if name == context.operation_name]
        if len(operations) > 1:
            raise AmbiguousOperation(f"The document has several operations. Name one in `operationName`: {', '.join(filter(None, names))}.")
        if not operations:
            return  # Strawberry reports it
        variables = execution.variables or {}
        _refuse_nul(execution.query or "", document, variables)
        estimated = estimate(execution.schema._schema, document, operations[0], variables, context.today, context.metrics, context.limits)
        self._cost, self._most = estimated.cost, context.limits.cost
        if record := current_record():
            name = operations[0].name
            record.note_operation(name.value if name else None, estimated.cost)
        if estimated.exceeded:
            raise TooComplex(f"The document exceeds a limit: {'; '.join(estimated.exceeded)}.", extensions=self.get_results())
        context.spend(estimated.cost)

    def get_results(self) -> dict[str, Any]:
        """The `extensions` of the response."""
        return {} if self._cost is None else {"cost": {"requestedQueryCost": self._cost, "maximumAvailable": self._most}}


def _refuse_nul(text: str, document: DocumentNode, variables: Mapping[str, Any]) -> None:
    """Raises NulCharacter where an argument could be, or contain, a text with a NUL character."""
    for name, value in variables.items():
        if _has_nul(value):
            raise NulCharacter(f"The variable `${name}`")
    if "\0" in text or "\\u" in text:  # without either no text of the document has one, and they are rare
        visit(document, _RefuseNul())


class _RefuseNul(Visitor):
    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        if "\0" in node.value:
            raise NulCharacter("The document", node)


def _has_nul(value: Any) -> bool:
    """Whether a text in a value has a NUL character. A variable may be nested more deeply than functions may call each other."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str) and "\0" in each:
            return True
        if isinstance(each, Mapping | list):
            waiting += each.values() if isinstance(each, Mapping) else each
    return False
