"""Parses and validates each document once, for all viewers unless it quotes a text.

A quoted text may be the key of an account. If such documents were shared, whoever guesses one could see by the time that it takes whether
another viewer has sent it. Documents with their keys in variables are shared.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, parse
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from sellerhealth.graphql.context import Context

MAX_DOCUMENTS = 128


class DocumentCache(SchemaExtension):
    """Strawberry's ParserCache and ValidationCache would share all documents."""

    def on_parse(self) -> Iterator[None]:
        execution = self.execution_context
        execution.graphql_document = _parse(self._owner, execution.query, **execution.parse_options)
        yield

    def on_validate(self) -> Iterator[None]:
        execution = self.execution_context
        execution.pre_execution_errors = _validate(
            self._owner, execution.schema._schema, execution.graphql_document, execution.validation_rules
        )
        yield

    @property
    def _owner(self) -> str | None:
        """The id of the viewer to whom the document belongs, None if it is shared."""
        execution = self.execution_context
        return execution.context.viewer.id if '"' in (execution.query or "") and isinstance(execution.context, Context) else None


@lru_cache(MAX_DOCUMENTS)
def _parse(owner: str | None, text: str, **options: Any) -> DocumentNode:
    return parse(text, **options)


@lru_cache(MAX_DOCUMENTS)
def _validate(owner: str | None, schema: GraphQLSchema, document: DocumentNode, rules: Any) -> list[GraphQLError]:
    return validate_document(schema, document, rules)
