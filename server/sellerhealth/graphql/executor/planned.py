"""Execution by the plan of an operation. What is not as a plan expects is completed by graphql-core, from which the rest is inherited."""

from typing import Any

from graphql import GraphQLObjectType, GraphQLOutputType, GraphQLResolveInfo
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList
from graphql.pyutils import Path

from sellerhealth.graphql.executor.execution import Execution
from sellerhealth.graphql.executor.plan import Plan


class PlannedExecution(Execution):
    """Completes values with the functions of a plan, and runs the resolvers of other fields as graphql-core does."""

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plan = plan
        self.left_to_core = 0  # values that were not as the plan expected

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        read = self._plan.reader(return_type, field_details_list)
        if read is not None:
            self._check_deadline()
            try:
                return read(result)
            except Exception:  # noqa: BLE001 - graphql-core completes it below, and says what is wrong
                self.left_to_core += 1
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        self._check_deadline()
        plan = self._plan.of_object(return_type, field_details_list)
        try:
            answer = None if plan is None else plan.read(result)
        except Exception:  # noqa: BLE001 - graphql-core completes it below, and says what is wrong
            answer = None
        if plan is None or answer is None:
            self.left_to_core += 1
            return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)
        rest = self.execute_fields(return_type, result, path, plan.resolved, position_context) if plan.resolved else {}
        if not self.is_awaitable(rest):
            answer.update(rest)
            return answer

        async def filled() -> Any:
            answer.update(await rest)
            return answer

        return filled()

    def collect_subfields(self, return_type: GraphQLObjectType, field_details_list: FieldDetailsList) -> CollectedFields:
        """The fields of an object, from the plan."""
        return self._plan.fields(return_type, field_details_list)

    def execute_collected_root_fields(self, root_type: GraphQLObjectType, *args: Any) -> Any:
        """Executes the fields of the operation, from the plan: the functions belong to its lists of fields."""
        root_value, _, serially, new_defer_usages = args
        fields = self._plan.root(root_type).grouped_field_set
        return super().execute_collected_root_fields(root_type, root_value, fields, serially, new_defer_usages)
