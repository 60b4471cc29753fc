"""The schema: a value made from what is loaded. Two of them in one process share nothing that either could change."""

from importlib import metadata

import strawberry
from graphql import GraphQLError
from strawberry.extensions import MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.execution import ExecutionContext
from strawberry.types.field import StrawberryField

from sellerhealth.graphql.build import build_catalog, metric_field
from sellerhealth.graphql.catalog import Catalog
from sellerhealth.graphql.cost import attach_costs
from sellerhealth.graphql.operation_checks import OperationChecks
from sellerhealth.graphql.query import Query
from sellerhealth.graphql.types.account import AccountMetrics
from sellerhealth.graphql.types.facts import KINDS
from sellerhealth.graphql.types.scalars import SCALARS
from sellerhealth.plugins.load import OWN, Loaded, load_plugins
from sellerhealth.settings import Settings

MAX_TOKENS = 2_000  # Relay's largest documents have fewer


class Schema(strawberry.Schema):
    """The schema of a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._metric_fields = [metric_field(entry) for entry in catalog.entries.values()]
        super().__init__(
            query=Query,
            types=[*KINDS.values(), *(entry.kind for entry in catalog.entries.values())],
            extensions=[lambda: MaxTokensLimiter(MAX_TOKENS), ParserCache, ValidationCache, OperationChecks],
            config=StrawberryConfig(sort_schema=True, scalar_map=SCALARS),
        )
        attach_costs(self._schema)

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        """The fields of a type: to those of AccountMetrics the metrics are added."""
        fields = super().get_fields(type_definition)
        return [*fields, *self._metric_fields] if type_definition.origin is AccountMetrics else fields

    def as_text(self) -> str:
        """The schema in the schema definition language, as a file holds it."""
        return f"{self.as_str()}\n"

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Logs nothing: what of an error stands in the log, and what the client is told, is decided in failures.py."""


def make_schema(loaded: Loaded) -> Schema:
    """The schema of what the plugins contribute."""
    return Schema(build_catalog(loaded))


def schema_text(loaded: Loaded) -> str:
    """The schema of what the plugins contribute, in the schema definition language."""
    return make_schema(loaded).as_text()


def built_in_schema() -> str:
    """The schema of the built-in plugins alone, whatever else is installed and set: what schema.graphql holds."""
    defaults = Settings.model_construct()  # it reads neither the environment nor a file
    return schema_text(load_plugins(defaults, [metadata.distribution(OWN)]))
