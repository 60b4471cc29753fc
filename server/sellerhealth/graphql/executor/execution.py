"""Execution by graphql-core that looks at the deadline of the operation before each object and each list."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from sellerhealth.graphql.context import Context

T = TypeVar("T")


class Execution(StrawberryGraphQLCoreExecutionContext):
    """Ends with CancelledError when the deadline has passed: any other error would only leave one field null."""

    def complete_object_value(self, *args: Any, **kwargs: Any) -> Any:
        self._check_deadline()
        return super().complete_object_value(*args, **kwargs)

    def complete_list_value(self, *args: Any, **kwargs: Any) -> Any:
        self._check_deadline()
        return super().complete_list_value(*args, **kwargs)

    async def with_abort_signal(self, awaitable: Awaitable[T]) -> T:
        """The value that a resolver promised. If a field beside it fails, graphql-core cancels the resolver, but not what others wait for too."""
        return await asyncio.shield(asyncio.ensure_future(awaitable))

    def _check_deadline(self) -> None:
        context = self.context_value
        if isinstance(context, Context) and context.deadline.has_passed:
            raise asyncio.CancelledError
