"""Runs an operation: prepares its document, checks and validates it, and executes it by its plan or by graphql-core alone.

It takes the place of Strawberry's pipeline, which parses, validates and calls its extensions anew for each request.
"""

from collections.abc import Collection
from typing import Any, NamedTuple

from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode
from graphql import OperationType as Operation
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from sellerhealth.graphql.context import Context
from sellerhealth.graphql.document_cache import DocumentCache, PreparedDocument
from sellerhealth.graphql.executor.execution import Execution, ExecutionArguments
from sellerhealth.graphql.executor.planned import PlannedExecution
from sellerhealth.graphql.operation_checks import TooComplex, check_operation
from sellerhealth.request_record import current_record

SMALL = 3_000  # the cost of an operation that takes a few milliseconds: two dashboards of an account
_KINDS = {kind: OperationType(kind.value) for kind in Operation}  # of graphql-core, as Strawberry has them


class Request(NamedTuple):
    """What is requested of a schema."""

    text: str
    operation_name: str | None
    variables: dict[str, Any]
    context: Context
    allowed: Collection[OperationType]


def execute(schema: GraphQLSchema, documents: DocumentCache, request: Request, *, plans: bool) -> ExecutionResult:
    """The result of a request. Raises InvalidOperationTypeError for an operation that is not allowed.

    The deadline passes where the operation may not wait, and costs more than a small one, has no plan, or needs a new estimate or plan.
    """
    context, extensions = request.context, dict[str, Any]()
    try:
        document = documents.prepare(context.viewer.id, request.text)
        try:
            checked = check_operation(schema, document, request.operation_name, request.variables, context)
            extensions = checked.extensions
            if checked.exceeded:
                raise TooComplex(checked)
            context.spend(checked.cost)
            context.operation_type = kind = _KINDS[checked.operation.operation]
            if kind not in request.allowed:
                raise InvalidOperationTypeError(kind)
            if document.errors:
                return PreExecutionError(None, document.errors, extensions)
            if checked.cost > SMALL:
                context.deadline.check_may_wait()
            result = _executed(schema, document, checked.operation, request, plans)
            document.is_small = not context.deadline.has_waited
        finally:
            documents.remember(context.viewer.id, document)
    except InvalidOperationTypeError:
        raise
    except Exception as error:  # noqa: BLE001 - the client gets an error even if the server fails
        wrong = error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
        return PreExecutionError(None, [wrong], extensions)
    return ExecutionResult(result.data, result.errors, extensions)


def _executed(
    schema: GraphQLSchema, document: PreparedDocument, operation: OperationDefinitionNode, request: Request, plans: bool
) -> CoreResult:
    variables, context = document.variables_of(operation).read(request.variables), request.context
    if isinstance(variables, list):
        return CoreResult(None, variables)
    arguments = ExecutionArguments(schema, document.fragments, document.fragment_details, None, context, operation, variables)
    is_query = operation.operation is Operation.QUERY  # a mutation runs its fields one after the other
    plan = document.plan(operation, variables, context.deadline.check_may_wait) if plans and is_query else None
    if plan is None:
        context.deadline.check_may_wait()
        result: Any = Execution(arguments).execute_operation()
        return result  # type: ignore[no-any-return]  # nothing is awaited, and no part is sent later
    planned = PlannedExecution(arguments, plan)
    try:
        return planned.execute_operation()
    finally:
        if record := current_record():
            record.unplanned = planned.left_to_core
