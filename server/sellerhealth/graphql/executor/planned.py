"""Execution by the plan of an operation. What is not as a plan expects is completed by graphql-core.

Its executor is made when it is needed first, which most operations never do: to make one takes a sixth of the time of a dashboard in memory.

Every value has its place in the answer from the start. What a resolver awaits is put there when it is done, and places that an error makes
null are emptied at the end. So no object waits for another, and nothing is cancelled that others await.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLResolveInfoHelpers,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable

from sellerhealth.graphql.context import Context
from sellerhealth.graphql.displayed_field import writer
from sellerhealth.graphql.executor.execution import Arguments, Execution, check_deadline
from sellerhealth.graphql.executor.plan import ObjectPlan, Plan
from sellerhealth.graphql.executor.promises import Rest, begin

# Makes Strawberry's description of a field for its resolver, of the attributes of an execution.
_describe: Any = Execution.build_resolve_info


class Place(NamedTuple):
    """Where a value goes: an entry of a dict or list of the answer, its path, and the path of what is null if it may not be null and fails."""

    container: Any
    key: str | int
    path: Path
    null_at: Path | None


class Of(NamedTuple):
    """What a value is of: its type, the field that returns it, and how the field is described to resolvers."""

    kind: GraphQLOutputType
    details: FieldDetailsList
    info: GraphQLResolveInfo[Any]


class _Writers(dict[int, Callable[[str], str] | None]):
    """What writes the displayed texts of an answer, by the number of their field in the plan. Made as far as functions look it up."""

    def __init__(self, plan: Plan, context: Context, variables: VariableValues) -> None:
        self._plan, self._context, self._variables = plan, context, variables

    def __missing__(self, number: int) -> Callable[[str], str] | None:
        self[number] = found = writer(self._context, self._plan.displayed(number).arguments(self._variables))
        return found


class _Core(Execution):
    """graphql-core, with the fields of objects as the plan has collected them."""

    def __init__(self, arguments: Arguments, plan: Plan) -> None:
        super().__init__(*arguments, is_awaitable=optimized_is_awaitable)
        self._plan = plan

    def collect_subfields(self, return_type: GraphQLObjectType, field_details_list: FieldDetailsList) -> CollectedFields:
        """The fields of an object."""
        return self._plan.fields(return_type, field_details_list)


class PlannedExecution:
    """Executes an operation, which must be a query, by its plan."""

    # What Strawberry's description of a field has besides the arguments.
    is_awaitable = staticmethod(optimized_is_awaitable)
    abort_signal = operation_extensions = None

    def __init__(self, arguments: Arguments, plan: Plan) -> None:
        self.left_to_core = 0  # values that were not as the plan expected
        self._arguments, self._plan = arguments, plan
        self.schema, self.fragment_definitions, _, self.root_value, self.context_value, self.operation, self.variable_values, *_ = arguments
        self.async_helpers = GraphQLResolveInfoHelpers(self._gather, self._track)
        self._writers = _Writers(plan, self.context_value, self.variable_values)
        self._begun: set[Rest] = set()  # what values are promised by
        self._all_kept: asyncio.Future[None] | None = None
        self._nulls: list[Path | None] = []  # None: the whole answer

    @cached_property
    def _core(self) -> _Core:
        return _Core(self._arguments, self._plan)

    @property
    def _errors(self) -> list[GraphQLError] | None:
        return self._core.collected_errors.errors or None if "_core" in self.__dict__ else None

    async def execute_operation(self) -> ExecutionResult:
        """The result of the operation."""
        root = self._plan.root
        answer = root.read(None, self._writers)
        try:
            self._resolve(root, None, None, answer, None)
            if self._begun:
                self._all_kept = asyncio.get_running_loop().create_future()
                await self._all_kept
        except GraphQLError as error:  # the whole answer is null
            self._core.collected_errors.add(error, None)
            return ExecutionResult(None, self._errors)
        finally:
            for rest in tuple(self._begun):  # nobody waits for it any more
                rest.close()
        return ExecutionResult(self._with_nulls(answer), self._errors)

    def _gather(self, awaitables: Sequence[Awaitable[Any]]) -> Awaitable[list[Any]]:
        return self._core.async_helpers.gather(awaitables)

    def _track(self, values: Sequence[Any]) -> None:
        self._core.async_helpers.track(values)

    def _resolve(self, plan: ObjectPlan, source: Any, above: Path | None, answer: dict[str, Any], null_at: Path | None) -> None:
        """Fills the places of the fields with a resolver."""
        for field in plan.resolved:
            path = Path(above, field.key, plan.kind.name)
            place = Place(answer, field.key, path, path if field.is_nullable else null_at)
            info = _describe(self, field.definition, field.nodes, plan.kind, path)
            of = Of(field.definition.type, field.details, info)
            try:
                answer[field.key] = self._completed(of, place, field.resolve(source, info, self.variable_values))
            except Exception as error:  # noqa: BLE001 - a resolver may raise anything
                self._core.handle_field_error(error, of.kind, of.details, path)

    def _completed(self, of: Of, place: Place, value: Any) -> Any:
        """A value that a resolver returned as it is answered; None if it is promised, until it is known."""
        if self.is_awaitable(value):
            begun = begin(value)
            if begun.rest is not None:
                self._promise(of, place, begun.rest, is_completed=False)
                return None
            value = begun.result
        return self._complete(of, place, value)

    def _complete(self, of: Of, place: Place, value: Any) -> Any:
        kind = of.kind
        read = self._plan.reader(kind, of.details)
        if read is not None:
            check_deadline(self.context_value)
            try:
                return read(value, self._writers)
            except Exception:  # noqa: BLE001 - graphql-core completes it, and says what is wrong
                return self._complete_by_core(of, place, value)
        if is_non_null_type(kind):
            kind = kind.of_type
        elif value is None:
            return None
        if is_list_type(kind):
            return (
                self._complete_list(of, kind.of_type, place, value) if isinstance(value, list) else self._complete_by_core(of, place, value)
            )
        return self._complete_object(of, kind, place, value)

    def _complete_object(self, of: Of, kind: Any, place: Place, value: Any) -> Any:
        check_deadline(self.context_value)
        plan = self._plan.of_value(kind, value, of.details)
        try:
            answer = None if plan is None else plan.read(value, self._writers)
        except Exception:  # noqa: BLE001 - graphql-core completes it, and says what is wrong
            answer = None
        if plan is None or answer is None:
            return self._complete_by_core(of, place, value)
        self._resolve(plan, value, place.path, answer, place.null_at)
        return answer

    def _complete_list(self, of: Of, kind: Any, place: Place, values: list[Any]) -> list[Any]:
        check_deadline(self.context_value)
        of_item, is_nullable = of._replace(kind=kind), not is_non_null_type(kind)
        answer: list[Any] = [None] * len(values)
        for index, value in enumerate(values):
            path = Path(place.path, index, None)
            item = Place(answer, index, path, path if is_nullable else place.null_at)
            try:
                answer[index] = self._completed(of_item, item, value)
            except Exception as error:  # noqa: BLE001 - as that of a field
                self._core.handle_field_error(error, kind, of.details, path)
        return answer

    def _complete_by_core(self, of: Of, place: Place, value: Any) -> Any:
        self.left_to_core += 1
        completed = self._core.complete_value(of.kind, of.details, of.info, place.path, value, None)
        if not self.is_awaitable(completed):
            return completed
        begun = begin(completed)
        if begun.rest is not None:
            self._promise(of, place, begun.rest, is_completed=True)
        return begun.result

    def _promise(self, of: Of, place: Place, rest: Rest, *, is_completed: bool) -> None:
        """Puts a value into its place when it is known."""
        self._begun.add(rest)

        def keep(value: Any, error: BaseException | None) -> None:
            try:
                if error is not None:
                    raise error
                place.container[place.key] = value if is_completed else self._complete(of, place, value)
            except Exception as failed:  # noqa: BLE001 - a resolver may raise anything
                self._fail(of, place, failed)
            except BaseException as ended:  # noqa: BLE001 - the deadline has passed
                self._end(ended)
            self._begun.discard(rest)
            if not self._begun:
                self._end(None)

        rest.keep(keep)

    def _fail(self, of: Of, place: Place, error: Exception) -> None:
        try:
            self._core.handle_field_error(error, of.kind, of.details, place.path)
            place.container[place.key] = None
        except GraphQLError as located:  # the value may not be null
            self._null(place.null_at, located)

    def _end(self, error: BaseException | None) -> None:
        if self._all_kept is None or self._all_kept.done():
            return
        if error is None:
            self._all_kept.set_result(None)
        elif isinstance(error, asyncio.CancelledError):
            self._all_kept.cancel()
        else:
            self._all_kept.set_exception(error)

    def _null(self, path: Path | None, error: GraphQLError) -> None:
        errors = self._core.collected_errors
        if not errors.has_nulled_position(path):
            errors.add(error, path)
            self._nulls.append(path)
        if path is None:
            self._end(None)

    def _with_nulls(self, answer: dict[str, Any]) -> dict[str, Any] | None:
        for path in self._nulls:
            if path is None:
                return None
            *above, last = path.as_list()
            container: Any = answer
            for step in above:
                container = container and container[step]  # what is above may have become null as well
            if container is not None:
                container[last] = None
        return answer
