"""How a document is run: which of its operations, and whether that asks for too much."""

from collections.abc import Iterator
from typing import Any, ClassVar

from graphql import GraphQLError, OperationDefinitionNode
from strawberry.extensions import SchemaExtension

from sellerhealth.graphql.context import Context
from sellerhealth.graphql.limits import MAX_COST, estimate


class NotRun(GraphQLError):
    """Why a document that can be read is not run. `code` is that of docs/errors.md."""

    code: ClassVar[str]


class AmbiguousOperation(NotRun):
    """Which of several operations to run is not clear. Strawberry would run the first."""

    code = "OPERATION_RESOLUTION_FAILURE"


class UnknownOperation(NotRun):
    """The document has no operation of the name asked for, or none at all."""

    code = "OPERATION_RESOLUTION_FAILURE"


class TooComplex(NotRun):
    """The operation asks for more than is allowed."""

    code = "QUERY_TOO_COMPLEX"


class OneOperation(SchemaExtension):
    """Chooses the operation of a document, and weighs it before validation, which a bomb would keep busy, and before execution.

    A document with several operations is refused unless one is named. `extensions.cost` of the answer tells the weight.
    """

    _cost: int | None = None

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
            return  # Strawberry says so
        estimated = estimate(execution.schema._schema, document, operations[0], execution.variables or {}, context.today)
        self._cost = estimated.cost
        if estimated.exceeded:
            raise TooComplex(f"The document asks for too much: {'; '.join(estimated.exceeded)}.", extensions=self.get_results())

    def get_results(self) -> dict[str, Any]:
        """What stands in `extensions` of the answer."""
        return {} if self._cost is None else {"cost": {"requestedQueryCost": self._cost, "maximumAvailable": MAX_COST}}
