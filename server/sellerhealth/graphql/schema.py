"""Makes the schema from the loaded metrics. Two schemas in one process share no mutable state."""

from importlib import metadata

import strawberry
from graphql import GraphQLError
from strawberry.extensions import DisableIntrospection, MaxTokensLimiter
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.execution import ExecutionContext
from strawberry.types.field import StrawberryField

from sellerhealth.graphql.accounts.account import AccountMetrics
from sellerhealth.graphql.build import metric_field, metric_type
from sellerhealth.graphql.cost import attach_costs
from sellerhealth.graphql.document_cache import DocumentCache
from sellerhealth.graphql.executor import Executor
from sellerhealth.graphql.operation_checks import OperationChecks
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
    say it.
    """

    def __init__(self, loaded: Loaded, *, introspection: bool = True, limits: DocumentLimits = DOCUMENT_LIMITS) -> None:
        self.loaded, self.limits = loaded, limits
        kinds = {metric: metric_type(metric) for metric in loaded.registry.values()}
        self._metric_fields = [metric_field(metric, kind) for metric, kind in kinds.items()]
        super().__init__(
            query=Query,
            types=[*KINDS.values(), *kinds.values()],
            extensions=[
                lambda: MaxTokensLimiter(limits.tokens),
                DocumentCache,
                *(() if introspection else (DisableIntrospection,)),
                OperationChecks,
            ],
            execution_context_class=Executor,
            config=StrawberryConfig(sort_schema=True, scalar_map=SCALARS),
        )
        attach_costs(self._schema)
        enforce_permissions(self._schema)
        state_limits(self._schema, limits)

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        """The fields of a type. Those of AccountMetrics include the metrics."""
        fields = super().get_fields(type_definition)
        return [*fields, *self._metric_fields] if type_definition.origin is AccountMetrics else fields

    def as_text(self) -> str:
        """The schema in the schema definition language, ending with a newline."""
        return f"{self.as_str()}\n"

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Logs nothing: error_format.py decides what is logged and what the client gets."""


def make_schema(loaded: Loaded, *, introspection: bool = True, limits: DocumentLimits = DOCUMENT_LIMITS) -> Schema:
    """The schema of the metrics that are loaded."""
    return Schema(loaded, introspection=introspection, limits=limits)


def schema_text(loaded: Loaded, limits: DocumentLimits = DOCUMENT_LIMITS) -> str:
    """The schema of the metrics that are loaded, in the schema definition language."""
    return make_schema(loaded, limits=limits).as_text()


def built_in_schema() -> str:
    """The schema of the built-in plugins with default settings, without any other plugin that is installed: the text of schema.graphql."""
    defaults = Settings.model_construct()  # reads neither the environment nor a file
    return schema_text(load_plugins(defaults, [metadata.distribution(BUILT_IN_DISTRIBUTION)]))
