"""The metric under test: its author's facts, and the numbers and rows that it has for them."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sellerhealth.access import ReadSession
from sellerhealth.engine.evidence import EvidenceQuery, page_of_evidence
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.metrics.declaration import Window
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.quotients import InexactValue
from sellerhealth.metrics.result import MetricResult
from sellerhealth.store.keyset import PageRequest
from sellerhealth.testing.clock import CLOCK, DAY, TODAY
from sellerhealth.testing.reporting import CannotCheck, describe_error
from sellerhealth.testing.world import Account, World, new_world, reading

LIFETIME, ONE_DAY = Window(0), Window(1)
NEXT_YEAR = TODAY.replace(year=TODAY.year + 1)  # a lifetime as of this day contains every fact of a test
_MAX_EVIDENCE_ROWS = 10_000


@dataclass(frozen=True)
class MetricSubject:
    """A metric and what its test class declares: see MetricConformance. `find_modules` looks for those that define the metric."""

    metric: Metric
    add_facts: Callable[[Account], None]
    expected: Mapping[str, int]
    distribution: str
    find_modules: Callable[[], tuple[str, ...]]

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """The modules that define the metric. To find them, all that are imported are searched, and few checks need them."""
        return self.find_modules()

    @property
    def when(self) -> dt.datetime:
        """The middle of the first window. The row builders date facts around it."""
        window = self.metric.windows[0]
        days = window.days or 30  # a lifetime has no middle
        return CLOCK.replace(hour=8) - (window.lag + days // 2) * DAY

    @contextmanager
    def with_facts(self) -> Iterator[tuple[World, Account]]:
        """A world with one account that has the author's facts."""
        with new_world() as world:
            yield world, self.account(world)

    def account(self, world: World) -> Account:
        """A new account that has the author's facts."""
        account = world.account(when=self.when)
        self.add_facts(account)
        return account

    def results(
        self, world: World, account: Account, window: Window, *, as_of: dt.date = TODAY, by: str | None = None
    ) -> Mapping[str, MetricResult]:
        """The results by part; without `by`, the one result of the whole under ''. Raises CannotCheck if the metric fails."""
        try:
            if by is not None:
                return world.parts(account, self.metric, by, window=window, as_of=as_of)
            return {"": world.measure(account, self.metric, window=window, as_of=as_of)}
        except InexactValue as inexact:
            raise CannotCheck(f"{inexact}.") from inexact
        except Exception as error:
            raise CannotCheck(f"it cannot be computed {describe_window(window, as_of)}: {describe_error(error)}. Fix it there.") from error

    def numbers(self, world: World, account: Account, window: Window, *, as_of: dt.date = TODAY) -> Mapping[str, int]:
        """The number of each measure."""
        return self.results(world, account, window, as_of=as_of)[""].numbers

    def rows(self, session: ReadSession, account: Account, measure: str, window: Window, as_of: dt.date = TODAY) -> list[Mapping[str, Any]]:
        """The evidence of a measure."""
        query = EvidenceQuery(account.account_id, MetricQuery(self.metric, window, as_of), measure)
        return list(page_of_evidence(session, query, PageRequest(_MAX_EVIDENCE_ROWS)).rows)

    def days(self, world: World, account: Account) -> Mapping[dt.date, Mapping[str, int]]:
        """The number of each measure on each day that has rows."""
        account.save()
        with reading(world) as session:
            days = {
                row[measure.on.key]
                for name, measure in self.metric.all_measures.items()
                for row in self.rows(session, account, name, LIFETIME, NEXT_YEAR)
            }
        return {day: self.numbers(world, account, ONE_DAY, as_of=day) for day in sorted(days)}


def describe_window(window: Window, as_of: dt.date) -> str:
    """A window as part of a sentence: "over Window(7, lag=1) as of 2026-03-31"."""
    lag = f", lag={window.lag}" if window.lag else ""
    return f"over Window({window.days}{lag}) as of {as_of}"
