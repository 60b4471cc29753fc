"""Arguments that several fields share, and their validation."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sized
from typing import Annotated, TypeAlias, TypeVar

import strawberry

from sellerhealth.engine.queries import WHOLE, Scope, window_of_length
from sellerhealth.errors import BadInput, did_you_mean
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.cost import MAX_WINDOW
from sellerhealth.graphql.types.enums import Channel
from sellerhealth.marketplaces import MARKETPLACES, find_marketplace, suggestion
from sellerhealth.metrics.declaration import Window
from sellerhealth.metrics.metric import Metric
from sellerhealth.settings import FACTS_FROM

EARLIEST = FACTS_FROM.date()  # ten years before it are still in Python's calendar

T = TypeVar("T")

AsOf: TypeAlias = Annotated[dt.date | None, strawberry.argument(description="The as-of day. Default: today in UTC.")]
OneChannel: TypeAlias = Annotated[
    Channel | None, strawberry.argument(description="A fulfilment channel. Default: all channels that the metric covers, together.")
]
OneMarketplace: TypeAlias = Annotated[
    str | None,
    strawberry.argument(description="The key, country code or domain of a marketplace. Default: all marketplaces together."),
]
EachMarketplace: TypeAlias = Annotated[
    str | None, strawberry.argument(description="The key, country code or domain of a marketplace. Default: each of them.")
]
WindowDays: TypeAlias = Annotated[
    int | None,
    strawberry.argument(
        description=f"The length of the window in days, 1 to {MAX_WINDOW}, or 0 for the lifetime. Default: the first of the windows "
        "in the catalog."
    ),
]


def unset_to_none(value: T | None) -> T | None:
    """An argument, or None when it is left out: Strawberry's UNSET. With None as default, the schema would say ` = null`."""
    return None if value is strawberry.UNSET else value


def one_of(key: str, known: Iterable[str], what: str) -> str:
    """A key that must be one of the known ones. Raises BadInput with a suggestion."""
    if key not in (keys := list(known)):
        raise BadInput(f"There is no {what} {key!r}.{did_you_mean(key, keys)}")
    return key


def check_keys(context: Context, keys: Sized) -> None:
    """Raises BadInput when a filter has more keys than are allowed."""
    if len(keys) > (most := context.limits.keys):
        raise BadInput(f"At most {most} keys are allowed at once, found {len(keys)}.")


def select_metrics(metrics: Mapping[str, Metric], keys: Iterable[str] | None = None, section: str | None = None) -> list[Metric]:
    """The metrics with these keys, in their order, or all; of one section or of any. Raises BadInput for an unknown key or section."""
    selected = metrics if keys is None else dict.fromkeys(one_of(key, metrics, "metric") for key in keys)
    if section is not None:
        one_of(section, sorted({metric.section for metric in metrics.values()}), "section")
    return [metrics[key] for key in selected if section in (None, metrics[key].section)]


def day_of(context: Context, as_of: dt.date | None) -> dt.date:
    """The as-of day. The future is refused. See docs/spec/rules.md#as-of-day."""
    if (day := unset_to_none(as_of)) is None:  # as mostly
        return context.today
    if not EARLIEST <= day <= context.today:
        raise BadInput(f"`asOf` must be a day from {EARLIEST} to today, {context.today} in UTC, found {day}.")
    return day


def window_of(metric: Metric, days: int | None) -> Window:
    """The window of a length in days, by default the default one. Raises BadInput for a length that no window can have."""
    length = unset_to_none(days)
    if length is None:
        return metric.windows[0]
    if not 0 <= length <= MAX_WINDOW:
        raise BadInput(f"`days` must be 1 to {MAX_WINDOW}, or 0 for the lifetime, found {length}.")
    return window_of_length(metric, length)


def window_named(metric: Metric, days: int, lag: int) -> Window | None:
    """The window that an id names. None when the metric no longer has it."""
    others = [window_of_length(metric, days)] if lag == metric.windows[0].lag and 0 <= days <= MAX_WINDOW else []
    return next((window for window in (*metric.windows, *others) if (window.days, window.lag) == (days, lag)), None)


def marketplace_key(name: str | None) -> str | None:
    """The key of a marketplace with one of its names; any other name is a key that is not Amazon's. None when it is left out."""
    stated = unset_to_none(name)
    known = None if stated is None else find_marketplace(stated)
    return known.key if known else stated


def scope_of(context: Context, marketplace: str | None, channel: Channel | None) -> Scope:
    """The scope. A marketplace must be one of Amazon's, by any of its names, or have facts of a visible account."""
    key = marketplace_key(marketplace)
    if key is None and unset_to_none(channel) is None:  # as mostly
        return WHOLE
    if key is not None and key not in MARKETPLACES and not context.known_marketplaces.value(key):
        raise BadInput(f"There is no marketplace {key!r}.{suggestion(key)}")
    return Scope(key, unset_to_none(channel))
