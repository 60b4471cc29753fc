"""Unproven rows of a result, and the unknown cells that make them so."""

from sellerhealth.graphql.cost import LIST
from sellerhealth.graphql.decorators import field, object_type
from sellerhealth.graphql.types.enums import FactKind


@object_type
class UnknownCell:
    """A column of which no source reported the value, and how many unproven rows lack it."""

    column: str = field(description="The table and the column, for example `orders.channel`.")
    count: int = field(description="How many unproven rows lack it, or have a related fact that lacks it.")
    fact: FactKind = field(description="The kind of fact that lacks it: a file that has it settles these rows.")


@object_type
class UnprovenRows:
    """Rows that would count otherwise, or not at all, if something unknown were known. A good value is proven only if the worst of them would leave it good."""

    cells: list[UnknownCell] = field(cost=LIST, description="The unknown cells, the most frequent first. A row can lack several.")
    count: int = field(description="How many rows are unproven, rejected ones included.")
    rejected: int = field(description="How many of them are rows that imports rejected.")
