"""Execution by graphql-core that looks at the deadline of the operation before each object and each list. Each field reads by itself."""

import asyncio
from typing import Any, NamedTuple

from graphql import (
    FragmentDefinitionNode,
    GraphQLFieldResolver,
    GraphQLOutputType,
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
from sellerhealth.graphql.reading import Reading


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

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments, is_awaitable=nothing_is_awaited)

    def complete_value(self, return_type: GraphQLOutputType, details: Any, info: Any, path: Any, result: Any, position: Any) -> Any:
        value = result.now() if isinstance(result, Reading) else result
        return super().complete_value(return_type, details, info, path, value, position)

    def complete_object_value(self, *args: Any, **kwargs: Any) -> Any:
        check_deadline(self.context_value)
        return super().complete_object_value(*args, **kwargs)

    def complete_list_value(self, *args: Any, **kwargs: Any) -> Any:
        check_deadline(self.context_value)
        return super().complete_list_value(*args, **kwargs)


def nothing_is_awaited(value: object) -> Any:
    """Whether a value is awaited. None is: an operation has a thread of its own, and what its fields read is declared."""
    return False


def check_deadline(context: object) -> None:
    """Raises CancelledError when the deadline of the operation has passed."""
    if isinstance(context, Context) and context.deadline.has_passed:
        raise asyncio.CancelledError
