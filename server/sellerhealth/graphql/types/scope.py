"""Scopes and windows: the part of a business, and the days, that a result covers."""

import datetime as dt

from sellerhealth.graphql.decorators import field, object_type
from sellerhealth.graphql.types.enums import Channel


@object_type
class Marketplace:
    """A marketplace that orders come from."""

    key: str = field(description="Amazon's marketplace id, for example `ATVPDKIKX0DER`, or the key that an importer gave.")
    name: str = field(description="The display name, for example `Amazon.com`.")
    country_code: str | None = field(description="The country as ISO 3166 code, for example `US`. Null when it has none.")


@object_type
class MetricPart:
    """One part of a breakdown."""

    dimension: str = field(description="The dimension: a key from `dimensions` of the definition, for example `category`.")
    value: str = field(description="The part, for example `Books`.")


@object_type
class MetricScope:
    """The part of an account's business that a result covers. Null stands for all of it."""

    marketplace: Marketplace | None = field(description="The marketplace.")
    channel: Channel | None = field(description="The fulfilment channel.")
    part: MetricPart | None = field(description="One part of a breakdown that the metric itself offers, for example a product category.")


@object_type
class MetricWindow:
    """The days that a result covers, both ends included."""

    as_of: dt.date = field(description="The as-of day.")
    days: int | None = field(description="How many days. Null for a lifetime.")
    from_: dt.date | None = field(name="from", description="The first day. Null for a lifetime.")
    to: dt.date = field(description="The last day: the as-of day less the metric's lag.")
