"""The arguments that several fields take, and what they may be."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Annotated, TypeAlias, TypeVar

import strawberry

from sellerhealth.engine.queries import Scope
from sellerhealth.errors import BadInput, did_you_mean
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.types.enums import Channel
from sellerhealth.marketplaces import MARKETPLACES, find_marketplace, suggestion
from sellerhealth.metrics.declaration import Window
from sellerhealth.metrics.metric import Metric

EARLIEST = dt.date(1995, 1, 1)  # no order on Amazon is older, and windows of ten years before it are still days of the calendar
LONGEST = 3650

T = TypeVar("T")

AsOf: TypeAlias = Annotated[dt.date | None, strawberry.argument(description="The as-of day. Default: today in UTC.")]
OneChannel: TypeAlias = Annotated[
    Channel | None, strawberry.argument(description="A fulfilment channel. Default: all channels that the metric covers, together.")
]
OneMarketplace: TypeAlias = Annotated[
    str | None, strawberry.argument(description="The key of a marketplace. Default: all marketplaces together.")
]
WindowDays: TypeAlias = Annotated[
    int | None,
    strawberry.argument(description="The length of the window in days, 1 to 3650. Default: the first of the windows in the catalog."),
]


def given(value: T | None) -> T | None:
    """An argument, None where it was left out. Strawberry's own default for that is UNSET, as a default of None would stand in the schema."""
    return None if value is strawberry.UNSET else value


def one_of(word: str, known: Iterable[str], what: str) -> str:
    """A word that must be one of those known. Raises BadInput, which offers what was perhaps meant."""
    if word not in (words := list(known)):
        raise BadInput(f"There is no {what} {word!r}.{did_you_mean(word, words)}")
    return word


def select_metrics(metrics: Mapping[str, Metric], keys: Iterable[str] | None = None, section: str | None = None) -> list[Metric]:
    """The metrics with these keys, in their order, or all; of one section or of any. Raises BadInput for an unknown key or section."""
    selected = metrics if keys is None else dict.fromkeys(one_of(key, metrics, "metric") for key in keys)
    if section is not None:
        one_of(section, sorted({metric.section for metric in metrics.values()}), "section")
    return [metrics[key] for key in selected if section in (None, metrics[key].section)]


def day_of(context: Context, as_of: dt.date | None) -> dt.date:
    """The as-of day. The future is refused. See docs/spec/rules.md#as-of-day."""
    day = given(as_of) or context.today
    if not EARLIEST <= day <= context.today:
        raise BadInput(f"`asOf` must be a day from {EARLIEST} to today, {context.today} in UTC, found {day}.")
    return day


def window_of(metric: Metric, days: int | None) -> Window:
    """The window of so many days: a declared one, or the default one with another length, which is not judged. See docs/spec/rules.md#windows."""
    length = given(days)
    if length is None:
        return metric.windows[0]
    if not 1 <= length <= LONGEST:
        raise BadInput(f"`days` must be 1 to {LONGEST}, found {length}.")
    return next((window for window in metric.windows if window.days == length), _as_long(metric.windows[0], length))


def window_named(metric: Metric, days: int, lag: int) -> Window | None:
    """The window that an id names: with `window_of` or `metric.windows` it was reached. None when there is no such window any more."""
    default = metric.windows[0]
    others = [_as_long(default, days)] if lag == default.lag and 1 <= days <= LONGEST else []
    return next((window for window in (*metric.windows, *others) if (window.days, window.lag) == (days, lag)), None)


def _as_long(window: Window, days: int) -> Window:
    return dataclasses.replace(window, days=days, judged=False)


async def scope_of(context: Context, marketplace: str | None, channel: Channel | None) -> Scope:
    """The part of an account's business. A marketplace must be one of Amazon's, or one in which a visible account has facts."""
    key = given(marketplace)
    if key is not None and key not in MARKETPLACES and not await context.known_marketplaces.load(key):
        near = find_marketplace(key)
        raise BadInput(f"There is no marketplace {key!r}.{f' The key of {near.name} is {near.key}.' if near else suggestion(key)}")
    return Scope(key, given(channel))
