"""Execution by graphql-core that looks at the deadline of the operation before each value. Each field reads by itself."""

import asyncio
from typing import Any, NamedTuple

from graphql import (
    FragmentDefinitionNode,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    default_field_resolver,
    default_type_resolver,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from sellerhealth.graphql.context import Context
from sellerhealth.graphql.reading import Reading


class _Arguments(NamedTuple):
    schema: GraphQLSchema
    fragment_definitions: dict[str, FragmentDefinitionNode]
    fragments: dict[str, FragmentDetails]
    root_value: None
    context_value: Any
    operation: OperationDefinitionNode
    variable_values: VariableValues


class ExecutionArguments(_Arguments):
    """What is executed, in the order of graphql-core. There is no root value. And what Strawberry's description of a field has besides."""

    abort_signal = async_helpers = operation_extensions = None

    @staticmethod
    def is_awaitable(value: object) -> Any:
        """Whether a value is awaited. None is: an operation has a thread of its own, and what its fields read is declared."""
        return False


class Execution(StrawberryGraphQLCoreExecutionContext):
    """Ends with CancelledError when the deadline has passed: any other error would only leave one field null."""

    def __init__(self, arguments: ExecutionArguments) -> None:
        defaults = default_field_resolver, default_type_resolver, default_field_resolver
        super().__init__(*arguments, *defaults, is_awaitable=arguments.is_awaitable)

    def complete_value(self, return_type: GraphQLOutputType, details: Any, info: Any, path: Any, result: Any, position: Any) -> Any:
        check_deadline(self.context_value)
        value = result.now() if isinstance(result, Reading) else result
        return super().complete_value(return_type, details, info, path, value, position)


def check_deadline(context: object) -> None:
    """Raises CancelledError when the deadline of the operation has passed."""
    if isinstance(context, Context) and context.deadline.has_passed:
        raise asyncio.CancelledError
