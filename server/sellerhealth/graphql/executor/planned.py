"""Execution by the plan of an operation, breadth first. What is not as a plan expects is completed by graphql-core.

Every value has its place in the answer from the start. What fields have to read is collected until nothing else is left to do. It is then read
together, and the values are put into their places, which may select more to read. Places that an error makes null are emptied at the end.
"""

import contextlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from graphql import ExecutionResult, GraphQLObjectType, GraphQLResolveInfo, located_error
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList
from graphql.execution.values import VariableValues
from graphql.pyutils import Path

from sellerhealth.graphql.context import Context
from sellerhealth.graphql.displayed_field import writer
from sellerhealth.graphql.executor.execution import Arguments, Execution, check_deadline, nothing_is_awaited
from sellerhealth.graphql.executor.plan import ObjectPlan, Plan, ResolvedField, Shape
from sellerhealth.graphql.executor.resolvers import Resolve
from sellerhealth.graphql.reading import Reader, Reading

# Makes Strawberry's description of a field for its resolver, of the attributes of an execution.
_describe: Any = Execution.build_resolve_info


class Container(NamedTuple):
    """A dict or list of the answer. `null_at`: the path of what is null if a value in it may not be null and fails; None for the whole answer."""

    answer: Any
    path: Path | None
    type_name: str | None
    null_at: Path | None


class Place(NamedTuple):
    """Where a value goes, and how it is completed."""

    container: Container
    key: str | int
    shape: Shape

    @property
    def path(self) -> Path:
        """The path of the value."""
        return Path(self.container.path, self.key, self.container.type_name)


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
        super().__init__(*arguments)
        self._plan = plan

    def collect_subfields(self, return_type: GraphQLObjectType, field_details_list: FieldDetailsList) -> CollectedFields:
        """The fields of an object."""
        return self._plan.fields(return_type, field_details_list)


class PlannedExecution:
    """Executes an operation, which must be a query, by its plan."""

    # What Strawberry's description of a field has besides the arguments.
    is_awaitable = staticmethod(nothing_is_awaited)
    abort_signal = async_helpers = operation_extensions = None

    def __init__(self, arguments: Arguments, plan: Plan) -> None:
        self.left_to_core = 0  # values that were not as the plan expected
        self._arguments, self._plan = arguments, plan
        self.schema, self.fragment_definitions, _, self.root_value, self.context_value, self.operation, self.variable_values, *_ = arguments
        self._writers = _Writers(plan, self.context_value, self.variable_values)
        self._resolvers: dict[ResolvedField, Resolve] = {}
        self._waiting: list[tuple[Place, Reading[Any]]] = []
        self._nulls: list[Path | None] = []  # None: the whole answer

    @cached_property
    def _core(self) -> _Core:
        # Most operations do not need it, and to make one takes a sixth of the time of a dashboard in memory.
        return _Core(self._arguments, self._plan)

    def execute_operation(self) -> ExecutionResult:
        """The result of the operation."""
        root = self._plan.root
        answer = root.read(None, self._writers)
        self._resolve(root, None, Container(answer, None, root.kind.name, None))
        while self._waiting and None not in self._nulls:
            waiting, self._waiting = self._waiting, []
            self._read(waiting)
        errors = self._core.collected_errors.errors if "_core" in self.__dict__ else None
        return ExecutionResult(self._with_nulls(answer), errors or None)

    def _read(self, waiting: list[tuple[Place, Reading[Any]]]) -> None:
        """Reads what is waited for, all of one reader together, and fills the places."""
        keys = defaultdict[Reader, list[Any]](list)
        for _, reading in waiting:
            keys[reading.reader] += *reading.keys, *reading.also
        found = {reader: _results(reader, of_reader) for reader, of_reader in keys.items()}
        for place, reading in waiting:
            known = found[reading.reader]
            try:
                if isinstance(known, Exception):
                    raise known
                value = reading.made_of(known)
            except Exception as error:  # noqa: BLE001 - what makes a value may raise anything
                self._fail(place, error)
            else:
                self._put(place, value)

    def _resolve(self, plan: ObjectPlan, source: Any, container: Container) -> None:
        """Fills the places of the fields with a resolver."""
        resolvers = self._resolvers
        for field in plan.resolved:
            place = Place(container, field.key, field.shape)
            try:
                resolve = resolvers.get(field) or self._bind(field)
                value = resolve(source, container.path)
            except Exception as error:  # noqa: BLE001 - a resolver may raise anything
                self._fail(place, error)
            else:
                self._put(place, value)

    def _bind(self, field: ResolvedField) -> Resolve:
        def describe(above: Path | None) -> GraphQLResolveInfo[Any]:
            path = Path(above, field.key, field.parent.name)
            info: GraphQLResolveInfo[Any] = _describe(self, field.definition, field.nodes, field.parent, path)
            return info

        self._resolvers[field] = bound = field.bind(describe, field.arguments(self.variable_values))
        return bound

    def _put(self, place: Place, value: Any) -> None:
        """Completes a value in its place, unless it has to be read."""
        if value.__class__ is Reading:
            self._waiting.append((place, value))
            return
        try:
            place.container.answer[place.key] = self._completed(place, value)
        except Exception as error:  # noqa: BLE001 - graphql-core says what is wrong
            self._fail(place, error)

    def _completed(self, place: Place, value: Any) -> Any:
        check_deadline(self.context_value)
        shape = place.shape
        if shape.read is not None:
            with contextlib.suppress(Exception):  # it is not as the plan expects, or has items that are read
                return shape.read(value, self._writers)
        if isinstance(value, list) and shape.item is not None:
            return self._completed_list(place, shape.item, value)
        if value is None and shape.is_nullable:
            return None
        return self._completed_object(place, value) if shape.read is None else self._completed_by_core(place, value)

    def _completed_object(self, place: Place, value: Any) -> Any:
        plan = self._plan.of_value(place.shape, value)
        try:
            answer = None if plan is None else plan.read(value, self._writers)
        except Exception:  # noqa: BLE001 - as above
            answer = None
        if plan is None or answer is None:
            return self._completed_by_core(place, value)
        path = place.path
        self._resolve(plan, value, Container(answer, path, plan.kind.name, path if place.shape.is_nullable else place.container.null_at))
        return answer

    def _completed_list(self, place: Place, item: Shape, values: list[Any]) -> list[Any]:
        path, answer = place.path, [None] * len(values)
        container = Container(answer, path, None, path if place.shape.is_nullable else place.container.null_at)
        for index, value in enumerate(values):
            self._put(Place(container, index, item), value)
        return answer

    def _completed_by_core(self, place: Place, value: Any) -> Any:
        self.left_to_core += 1
        field, path = place.shape.field, place.path
        info = _describe(self, field.definition, field.nodes, field.parent, path)
        return self._core.complete_value(place.shape.kind, field.details, info, path, value, None)

    def _fail(self, place: Place, error: Exception) -> None:
        """Makes a place null, or what is above it and may be null."""
        path, errors = place.path, self._core.collected_errors
        null_at = path if place.shape.is_nullable else place.container.null_at
        if not errors.has_nulled_position(null_at):
            errors.add(located_error(error, place.shape.field.nodes, path.as_list()), null_at)
            self._nulls.append(null_at)

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


def _results(reader: Reader, keys: Sequence[Any]) -> Mapping[Any, Any] | Exception:
    """The values of keys, or why they cannot be read."""
    try:
        return reader.results(keys)
    except Exception as error:  # noqa: BLE001 - each field that needs them fails with it
        return error
