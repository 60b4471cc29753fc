"""Execution by the plan of an operation, breadth first. What is not as a plan expects is completed by graphql-core.

Every value has its place in the answer from the start. What fields have to read is collected until nothing else is left to do. It is then read
together, and the values are put into their places, which may select more to read. Places that an error makes null are emptied at the end.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from functools import cached_property, partial
from typing import Any, NamedTuple

from graphql import ExecutionResult, GraphQLResolveInfo, located_error
from graphql.pyutils import Path

from sellerhealth.graphql.context import Info
from sellerhealth.graphql.displayed_field import Writers
from sellerhealth.graphql.executor.execution import Execution, ExecutionArguments, check_deadline
from sellerhealth.graphql.executor.plan import ObjectPlan, Plan, ResolvedField, Shape
from sellerhealth.graphql.executor.resolvers import Resolve
from sellerhealth.graphql.reading import Reader, Reading
from sellerhealth.graphql.remembered_answers import Answers


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


class PlannedInfo(Info):
    """What a resolver knows: one serves all objects of an execution. graphql-core's description is made for what looks at more than these."""

    context: Any = None
    selected: frozenset[str] = frozenset()

    def __init__(self, arguments: ExecutionArguments, field: ResolvedField) -> None:
        self.context, self.selected, self._planned = arguments.context_value, field.selected, field
        self.describe = partial(field.described, arguments)  # for an object, by its path

    @property
    def remembers(self) -> bool:
        return self._planned.shape.answers is not None

    @cached_property
    def _raw_info(self) -> GraphQLResolveInfo[Any]:  # type: ignore[override]  # an attribute of Strawberry's
        return self.describe(None)


class PlannedExecution:
    """Executes an operation, which must be a query, by its plan."""

    def __init__(self, arguments: ExecutionArguments, plan: Plan) -> None:
        self.left_to_core = 0  # values that were not as the plan expected
        self._arguments, self._plan = arguments, plan
        self.context_value, self._variables = arguments.context_value, arguments.variable_values
        self._writers = Writers(self.context_value, self._variables)
        self._resolvers: dict[ResolvedField, Resolve] = {}  # they do not know the execution, which would be left to garbage collection
        self._waiting: list[tuple[Place, Reading[Any]]] = []
        self._nulls: list[Path | None] = []  # None: the whole answer
        self._made: list[tuple[Place, Answers, Hashable, list[Any]]] = []  # answers to be remembered

    @cached_property
    def _core(self) -> Execution:
        # Most operations do not need it, and to make one takes a sixth of the time of a dashboard in memory.
        return Execution(self._arguments)

    def execute_operation(self) -> ExecutionResult:
        """The result of the operation."""
        root = self._plan.root
        answer = root.read(None, self._writers)
        self._resolve(root, None, Container(answer, None, root.kind.name, None))
        while self._waiting and None not in self._nulls:
            self._read_round()
        for place, answers, made_for, values in self._made:
            answers.keep(made_for, values, place.container.answer[place.key])
        errors = self._core.collected_errors.errors if "_core" in self.__dict__ else None  # if it was needed
        return ExecutionResult(self._with_nulls(answer), errors or None)

    def _read_round(self) -> None:
        """Reads what is waited for, all of one reader together, and fills the places."""
        check_deadline(self.context_value)  # what is read may always select more
        by_reader = defaultdict[Reader, list[tuple[Place, Reading[Any]]]](list)
        for each in self._waiting:
            by_reader[each[1].reader].append(each)
        self._waiting = by_reader.pop(self.context_value.batch, []) if len(by_reader) > 1 else []  # others may select more of the metrics
        for reader, waiting in by_reader.items():
            try:
                known = reader.results([key for _, reading in waiting for key in reading.keys])
            except Exception as error:  # noqa: BLE001 - all that wait for it fail
                for place, _ in waiting:
                    self._fail(place, error)
            else:
                for place, reading in waiting:
                    try:
                        self._fill(place, reading, known)
                    except Exception as failed:  # noqa: BLE001 - what makes a value may raise anything
                        self._fail(place, failed)

    def _fill(self, place: Place, reading: Reading[Any], known: Mapping[Any, Any]) -> None:
        """Puts what is made of a reading into its place: the answer to an earlier request, if all that decides about it is the same."""
        answers = None if reading.made_for is None else place.shape.answers
        if answers is None or None in (values := [known[key] for key in reading.keys]):
            self._put(place, reading.value_from(known))
            return
        made_for = place.shape, self.context_value.locale, reading.made_for
        if (answer := answers.find(made_for, values)) is not None:
            place.container.answer[place.key] = answer
            return
        waiting, made, unexpected = len(self._waiting), len(self._made), len(self._nulls) + self.left_to_core
        self._put(place, reading.value_from(known))
        if len(self._waiting) > waiting:  # what is still to be read decides about it, too: for every account, unless variables do
            place.shape.answers = answers if place.shape.field.takes_variables else None
        elif len(self._nulls) + self.left_to_core == unexpected:
            self._made[made:] = [(place, answers, made_for, values)]  # in place of those of its parts

    def _resolve(self, plan: ObjectPlan, source: Any, container: Container) -> None:
        """Fills the places of the fields with a resolver."""
        for field in plan.resolved:
            place = Place(container, field.key, field.shape)
            try:
                if (resolve := self._resolvers.get(field)) is None:
                    self._resolvers[field] = resolve = field.bind(PlannedInfo(self._arguments, field), field.arguments(self._variables))
                self._put(place, resolve(source, container.path))
            except Exception as error:  # noqa: BLE001 - a resolver may raise anything
                self._fail(place, error)

    def _put(self, place: Place, value: Any) -> None:
        """Completes a value in its place, unless it has to be read."""
        if value.__class__ is not Reading:
            place.container.answer[place.key] = self._completed(place, value)
        elif (known := value.reader.known(value.keys)) is not None:
            self._fill(place, value, known)
        else:
            self._waiting.append((place, value))

    def _completed(self, place: Place, value: Any) -> Any:
        check_deadline(self.context_value)
        shape = place.shape
        if shape.read is not None:
            try:
                return shape.read(value, self._writers)
            except Exception:  # noqa: BLE001 - it is not as the plan expects, or has items that are read
                if shape.item is None or not isinstance(value, list):
                    return self._completed_by_core(place, value)
        if value is None and shape.is_nullable:
            return None
        if shape.item is not None and isinstance(value, list):
            return self._completed_list(place, shape.item, value)
        return self._completed_object(place, value)

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

    def _completed_list(self, place: Place, of_item: Shape, values: list[Any]) -> list[Any]:
        path, answer = place.path, [None] * len(values)
        container = Container(answer, path, None, path if place.shape.is_nullable else place.container.null_at)
        for index, value in enumerate(values):
            item = Place(container, index, of_item)
            try:
                self._put(item, value)
            except Exception as error:  # noqa: BLE001 - as that of a field
                self._fail(item, error)
        return answer

    def _completed_by_core(self, place: Place, value: Any) -> Any:
        self.left_to_core += 1
        field, above = place.shape.field, place.container.path
        return self._core.complete_value(place.shape.kind, field.details, field.described(self._arguments, above), place.path, value, None)

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
                container = None if container is None else container[step]  # what is above may have become null as well
            if container is not None:
                container[last] = None
        return answer
