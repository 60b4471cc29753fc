"""Execution that looks at the deadline of the operation before each object and each list."""

import asyncio
from typing import Any

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from sellerhealth.graphql.context import Context


class Executor(StrawberryGraphQLCoreExecutionContext):
    """Ends with CancelledError when the deadline has passed: any other error would only leave one field null."""

    def complete_object_value(self, *args: Any, **kwargs: Any) -> Any:
        self._check_deadline()
        return super().complete_object_value(*args, **kwargs)

    def complete_list_value(self, *args: Any, **kwargs: Any) -> Any:
        self._check_deadline()
        return super().complete_list_value(*args, **kwargs)

    def _check_deadline(self) -> None:
        context = self.context_value
        if isinstance(context, Context) and context.deadline.has_passed:
            raise asyncio.CancelledError
