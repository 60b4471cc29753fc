"""A metric under examination: the facts that its author tells of it, and what it makes of them."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sellerhealth.access import OWNER
from sellerhealth.engine.evidence import EvidenceQuery, page_of_evidence
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.metrics.declaration import Window
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.result import MetricResult
from sellerhealth.testing.clock import CLOCK, DAY, TODAY
from sellerhealth.testing.reporting import Unfit, described
from sellerhealth.testing.world import Account, World, new_world

LIFETIME, ONE_DAY = Window(0), Window(1)
EVER = TODAY.replace(year=TODAY.year + 1)  # as of that day a lifetime holds whatever a test tells
_ROWS = 10_000  # of evidence that are looked at


@dataclass(frozen=True)
class Subject:
    """A metric, and what its author says of it. `modules` are those that have to be imported for it."""

    metric: Metric
    add_facts: Callable[[Account], None]
    expected: Mapping[str, int]
    distribution: str
    modules: tuple[str, ...]

    @property
    def when(self) -> dt.datetime:
        """The middle of the first window, about which the row builders place what they tell."""
        window = self.metric.windows[0]
        days = window.days or 30  # a lifetime has no middle
        return CLOCK.replace(hour=8) - (window.lag + days // 2) * DAY

    @contextmanager
    def told(self) -> Iterator[tuple[World, Account]]:
        """A world with one account, of which the author's facts are told."""
        with new_world() as world:
            yield world, self.account(world)

    def account(self, world: World) -> Account:
        """A further account of which the same facts are told."""
        account = world.account(when=self.when)
        self.add_facts(account)
        return account

    def results(
        self, world: World, account: Account, window: Window, *, as_of: dt.date = TODAY, by: str | None = None
    ) -> Mapping[str, MetricResult]:
        """The results by part; without `by`, that of the whole under ''. Raises Unfit when there are none, whatever the reason."""
        try:
            if by is not None:
                return world.parts(account, self.metric, by, window=window, as_of=as_of)
            return {"": world.measure(account, self.metric, window=window, as_of=as_of)}
        except Exception as error:
            raise Unfit(f"it cannot be computed {over(window, as_of)}: {described(error)}. Mend it there.") from error

    def numbers(self, world: World, account: Account, window: Window, *, as_of: dt.date = TODAY) -> Mapping[str, int]:
        """What each measure counts."""
        return self.results(world, account, window, as_of=as_of)[""].numbers

    def rows(
        self, world: World, connection: sa.Connection, account: Account, measure: str, window: Window, as_of: dt.date = TODAY
    ) -> list[Mapping[str, Any]]:
        """The rows behind a measure."""
        evidence = EvidenceQuery(account.account_id, MetricQuery(self.metric, window, as_of), measure)
        return list(page_of_evidence(connection, evidence, OWNER, world.clock, _ROWS).rows)

    def days(self, world: World, account: Account) -> Mapping[dt.date, Mapping[str, int]]:
        """What each measure counts on each day that has rows."""
        account.save()
        with world.database.reading() as connection:
            days = {
                row[measure.on.key]
                for name, measure in self.metric.all_measures.items()
                for row in self.rows(world, connection, account, name, LIFETIME, EVER)
            }
        return {day: self.numbers(world, account, ONE_DAY, as_of=day) for day in sorted(days)}


def over(window: Window, as_of: dt.date) -> str:
    """A window in words."""
    lag = f", lag={window.lag}" if window.lag else ""
    return f"over Window({window.days}{lag}) as of {as_of}"
