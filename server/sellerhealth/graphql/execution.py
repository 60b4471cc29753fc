"""How a document is run: which of its operations."""

from collections.abc import Iterator

from graphql import GraphQLError, OperationDefinitionNode
from strawberry.extensions import SchemaExtension

from sellerhealth.graphql.context import Context


class AmbiguousOperation(GraphQLError):
    """Which of several operations to run is not clear. Strawberry would run the first."""


class OneOperation(SchemaExtension):
    """Refuses a document with several operations unless one is named."""

    def on_parse(self) -> Iterator[None]:
        yield
        document, context = self.execution_context.graphql_document, self.execution_context.context
        if document is None or (isinstance(context, Context) and context.operation_name is not None):
            return
        names = [each.name.value if each.name else "" for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        if len(names) > 1:
            raise AmbiguousOperation(f"The document has several operations. Name one in `operationName`: {', '.join(filter(None, names))}.")
