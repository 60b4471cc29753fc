"""Makes the schema from the loaded metrics. Two schemas in one process share no mutable state."""

from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any

import strawberry
from graphql import GraphQLError, NoSchemaIntrospectionCustomRule, specified_rules
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.execution import ExecutionResult
from strawberry.types.field import StrawberryField
from strawberry.types.graphql import OperationType

from sellerhealth.access import Viewer
from sellerhealth.graphql.accounts.account import AccountMetrics
from sellerhealth.graphql.build import metric_field, metric_type
from sellerhealth.graphql.context import Context, Info
from sellerhealth.graphql.cost import attach_costs
from sellerhealth.graphql.document_cache import DocumentCache, PreparedDocument
from sellerhealth.graphql.execute import Request, execute
from sellerhealth.graphql.permissions import enforce_permissions
from sellerhealth.graphql.query import Query
from sellerhealth.graphql.stated_limits import state_limits
from sellerhealth.graphql.types.facts import KINDS
from sellerhealth.graphql.types.scalars import SCALARS
from sellerhealth.plugins.discover import BUILT_IN_DISTRIBUTION
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.settings import DOCUMENT_LIMITS, DocumentLimits, Settings


class Schema(strawberry.Schema):
    """The schema of the metrics that are loaded. Each schema has types of its own for them.

    `introspection`: whether documents may query the schema itself. `limits`: what a document may ask for; the descriptions of arguments
    say it. `plans`: whether operations are executed by plans, or by graphql-core alone, with the same answers.
    """

    def __init__(self, loaded: Loaded, *, introspection: bool = True, limits: DocumentLimits = DOCUMENT_LIMITS, plans: bool = True) -> None:
        self.loaded, self.limits = loaded, limits
        kinds = {metric: metric_type(metric) for metric in loaded.registry.values()}
        self._metric_fields = [metric_field(metric, kind) for metric, kind in kinds.items()]
        super().__init__(
            query=Query,
            types=[*KINDS.values(), *kinds.values()],
            config=StrawberryConfig(sort_schema=True, scalar_map=SCALARS, info_class=Info),
        )
        attach_costs(self._schema)
        enforce_permissions(self._schema)
        state_limits(self._schema, limits)
        rules = specified_rules if introspection else (*specified_rules, NoSchemaIntrospectionCustomRule)
        self._plans, self._documents = plans, DocumentCache(self._schema, rules, limits.tokens)

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        """The fields of a type. Those of AccountMetrics include the metrics."""
        fields = super().get_fields(type_definition)
        return [*fields, *self._metric_fields] if type_definition.origin is AccountMetrics else fields

    def as_text(self) -> str:
        """The schema in the schema definition language, ending with a newline."""
        return f"{self.as_str()}\n"

    def prepare(self, viewer: Viewer, document: str) -> PreparedDocument:
        """A document as it was prepared for a viewer. Raises GraphQLError for wrong syntax."""
        return self._documents.prepare(viewer.id, document)

    def publish(self, documents: Iterable[str]) -> Mapping[str, list[GraphQLError]]:
        """Prepares documents that are no secret. Returns those that are wrong, with their errors."""
        return self._documents.publish(documents)

    def is_small(self, viewer: Viewer, document: str) -> bool:
        """Whether a document of a viewer was small when it ran last: see `graphql/execute.py`."""
        return (found := self._documents.find(viewer.id, document)) is not None and found.is_small

    def run(self, request: Request) -> ExecutionResult:
        """The result of a request, from one snapshot, on this thread."""
        with request.context.batch.one_snapshot():
            return execute(self._schema, self._documents, request, plans=self._plans)

    def execute_sync(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Context | None = None,
        root_value: None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """The same for those who call it as Strawberry does."""
        if query is None or context_value is None:
            raise TypeError("an operation needs a document and a context")
        allowed = frozenset(OperationType if allowed_operation_types is None else allowed_operation_types)
        name = context_value.operation_name if operation_name is None else operation_name
        return self.run(Request(query, name, variable_values or {}, context_value, allowed))

    async def execute(self, query: str | None, *args: Any, **options: Any) -> ExecutionResult:
        """The same, for those who await it."""
        return self.execute_sync(query, *args, **options)


def make_schema(loaded: Loaded, *, introspection: bool = True, limits: DocumentLimits = DOCUMENT_LIMITS, plans: bool = True) -> Schema:
    """The schema of the metrics that are loaded."""
    return Schema(loaded, introspection=introspection, limits=limits, plans=plans)


def schema_text(loaded: Loaded, limits: DocumentLimits = DOCUMENT_LIMITS) -> str:
    """The schema of the metrics that are loaded, in the schema definition language."""
    return make_schema(loaded, limits=limits).as_text()


def built_in_schema() -> str:
    """The schema of the built-in plugins with default settings, without any other plugin that is installed: the text of schema.graphql."""
    defaults = Settings.model_construct()  # reads neither the environment nor a file
    return schema_text(load_plugins(defaults, [metadata.distribution(BUILT_IN_DISTRIBUTION)]))
