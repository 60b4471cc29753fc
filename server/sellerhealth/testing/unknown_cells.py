"""Checks that unknown cells make no value good: see docs/spec/rules.md#unknown-cells."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

from sellerhealth.facts import Feedback, Order, Package, Refund, Violation
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.targets import AtLeast, Below, MetricStatus
from sellerhealth.model.tables import Fact
from sellerhealth.sources import Row
from sellerhealth.testing.metric_subject import MetricSubject

# Cells whose emptiness is always unknown, and that decide no day: without its day a fact may be in no window, where nothing is said of it.
_CELLS: tuple[tuple[type[Fact], str], ...] = (
    (Order, "channel"),
    (Order, "is_replacement"),
    (Order, "marketplace"),
    (Order, "status"),
    (Package, "carrier"),
    (Package, "category"),
    (Feedback, "rating"),
    (Refund, "reason"),
    (Violation, "category"),
)
_EPSILON = Fraction(1, 10**9)


def check_unknown_cells(subject: MetricSubject) -> Iterator[str]:
    """The author's facts with unknown cells do not make a value good against a target that they miss when all cells are known."""
    with subject.with_facts() as (world, whole):
        window = subject.metric.windows[0]
        result = subject.results(world, whole, window)[""]
        if result.value is None:
            return
        missed = list(_targets_missed_by(subject.metric, result.value))
        if result.status is MetricStatus.CRITICAL:
            missed.append(subject.metric)
        for fact, column in _CELLS:
            for half in (0, 1):
                account = subject.account(world)
                known, account.unsaved = account.unsaved, [*_without(account.unsaved, fact, column, half)]
                if account.unsaved == known:
                    continue
                for metric in missed:
                    found = replace(subject, metric=metric).results(world, account, window)[""]
                    if found.status is MetricStatus.GOOD:
                        yield (
                            f"it is GOOD at {found.display} while {fact.__tablename__}.{column} is unknown for some of the facts of `add_facts`, "
                            f"though it is {result.display} when all cells are known, which misses the target. Let `measures` of its value and of its "
                            "target name everything that they read."
                        )
                        return


def _targets_missed_by(metric: Metric, value: Fraction) -> Iterator[Metric]:
    """The metric with targets that a value just misses, in the direction of its own: what is worst of an unknown cell depends on it."""
    if metric.target is None:  # then nothing of it is good
        return
    targets = ((Below, value), (AtLeast, value + _EPSILON))
    own = [each for each in targets if isinstance(metric.target, each[0])]
    for target, limit in own or targets:
        with suppress(ValueError):  # at an end of its range no target lies beyond
            yield replace(metric, target=target(limit))


def _without(rows: list[Row], fact: type[Fact], column: str, half: int) -> Iterator[Row]:
    """The rows without a cell of every second fact of a kind. All rows of one fact lack it, or none."""
    keys = [key.name for key in fact.__table__.primary_key if key.name != "account_id"]
    numbers: dict[tuple[object, ...], int] = {}
    for row in rows:
        is_left_out = False
        if row.fact is fact:
            number = numbers.setdefault(tuple(row.values.get(key) for key in keys), len(numbers))
            is_left_out = number % 2 == half
        yield row._replace(values={name: value for name, value in row.values.items() if name != column}) if is_left_out else row
