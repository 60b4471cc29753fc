"""Coverage of facts by sources, and contradictions in the facts."""

import datetime as dt

from sellerhealth.graphql.decorators import field, object_type
from sellerhealth.graphql.types.enums import FactKind


@object_type
class FactCoverage:
    """The coverage of a kind of fact."""

    fact: FactKind = field(description="The kind of fact.")
    through: dt.date | None = field(
        description="The last day that a source covers. Null when no source was ever imported, which is not the same as no facts "
        "having happened."
    )


@object_type
class DataQualityNote:
    """A kind of contradiction in the facts, and how often it occurs."""

    code: str = field(description="A stable name, for example `delivered_before_shipped`.")
    count: int = field(description="How many facts are affected.")
    message: str = field(description="What is contradictory, in a sentence.")
