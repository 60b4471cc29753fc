"""What to import next for an account."""

from sellerhealth.describe.next_imports import NextImport as Step
from sellerhealth.graphql.cost import ASSUMED_SIZE, LIST, Cost
from sellerhealth.graphql.decorators import field, object_type
from sellerhealth.graphql.types.catalog import MetricDefinition, definition_of
from sellerhealth.graphql.types.enums import FactKind

NEXT_IMPORTS = Cost(items=ASSUMED_SIZE, work=200)  # each metric's needs against what each format covers, for each step


@object_type
class NextImport:
    """A step towards knowing all that the metrics read: a file to import."""

    facts: list[FactKind] = field(description="The kinds of fact that it would cover and that a metric lacks.")
    format_: str = field(name="format", description="The name of the format, for example `ORDERS_API_2026_01_01`.")
    other_formats: list[str] = field(description="The names of other formats that would do as well.")
    settles: list[MetricDefinition] = field(cost=LIST, description="The metrics that lack nothing after this step.")
    title: str = field(description="What such a file contains.")
    where: str | None = field(description="Where to get such a file. Null when its plugin does not say.")


def next_import(step: Step) -> NextImport:
    """A step as an object of the API."""
    return NextImport(
        facts=[FactKind(kind) for kind in step.facts],
        format_=step.importer.name,
        other_formats=[each.name for each in step.others],
        settles=[definition_of(metric) for metric in step.settles],
        title=step.importer.title,
        where=step.importer.where,
    )
