"""Execution by graphql-core that looks at the deadline of the operation before each object and each list."""

import asyncio
from collections.abc import Awaitable
from typing import Any, NamedTuple, TypeVar

from graphql import (
    FragmentDefinitionNode,
    GraphQLFieldResolver,
    GraphQLSchema,
    GraphQLTypeResolver,
    OperationDefinitionNode,
    default_field_resolver,
    default_type_resolver,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from sellerhealth.graphql.context import Context

T = TypeVar("T")


class Arguments(NamedTuple):
    """What is executed: the first arguments of `Execution`, in their order. There is no root value."""

    schema: GraphQLSchema
    fragment_definitions: dict[str, FragmentDefinitionNode]
    fragments: dict[str, FragmentDetails]
    root_value: None
    context_value: Any
    operation: OperationDefinitionNode
    variable_values: VariableValues
    field_resolver: GraphQLFieldResolver = default_field_resolver
    type_resolver: GraphQLTypeResolver = default_type_resolver
    subscribe_field_resolver: GraphQLFieldResolver = default_field_resolver


class Execution(StrawberryGraphQLCoreExecutionContext):
    """Ends with CancelledError when the deadline has passed: any other error would only leave one field null."""

    def complete_object_value(self, *args: Any, **kwargs: Any) -> Any:
        check_deadline(self.context_value)
        return super().complete_object_value(*args, **kwargs)

    def complete_list_value(self, *args: Any, **kwargs: Any) -> Any:
        check_deadline(self.context_value)
        return super().complete_list_value(*args, **kwargs)

    async def with_abort_signal(self, awaitable: Awaitable[T]) -> T:
        """The value that a resolver promised. If a field beside it fails, graphql-core cancels the resolver, but not what others wait for too."""
        return await asyncio.shield(asyncio.ensure_future(awaitable))


def check_deadline(context: object) -> None:
    """Raises CancelledError when the deadline of the operation has passed."""
    if isinstance(context, Context) and context.deadline.has_passed:
        raise asyncio.CancelledError
