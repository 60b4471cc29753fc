"""Targets: the limit of a value, its status, and the headroom up to the limit."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Protocol, TypeAlias

from pydantic import Field

from sellerhealth.metrics.measures import Measure, MetricUnit, Numbers, Ratio, Term, half_up
from sellerhealth.metrics.type_checks import check_types, describe_value
from sellerhealth.metrics.values import Score, Value

Exact: TypeAlias = int | str | Decimal | Fraction

Share = Annotated[Decimal, Field(gt=0, lt=1)]  # a limit or a warn line of a rate, as a field of a plugin's settings


def exact(number: Exact) -> Fraction:
    """A limit as a number. Raises TypeError for a float, ValueError for what is not a number."""
    if isinstance(number, float):  # to a type checker it never is
        raise TypeError(f"{number!r} is a float, and 0.1 is not a tenth: write '{number!r}'")
    if isinstance(number, bool) or not isinstance(number, Exact):
        raise TypeError(f"{describe_value(number)} is not a number: write a limit as a text or a whole number, such as '0.04'")
    try:
        return Fraction(number)
    except (ValueError, ZeroDivisionError, OverflowError) as unreadable:
        raise ValueError(f"{number!r} is not a number: write a limit such as '0.04', which is 4 %") from unreadable


class MetricStatus(StrEnum):
    """The status of a value against its target."""

    CRITICAL = "CRITICAL"
    AT_RISK = "AT_RISK"
    GOOD = "GOOD"
    WITHOUT_TARGET = "WITHOUT_TARGET"
    NOT_AVAILABLE = "NOT_AVAILABLE"

    @staticmethod
    def worst(*statuses: "MetricStatus") -> "MetricStatus":
        """The worst of them, which is the first in the order above; NOT_AVAILABLE when there are none."""
        return min(statuses, key=_WORST_FIRST.__getitem__, default=MetricStatus.NOT_AVAILABLE)


_WORST_FIRST = {status: number for number, status in enumerate(MetricStatus)}


class TargetCondition(StrEnum):
    """How a value is compared with its limit."""

    AT_LEAST = "AT_LEAST"
    AT_MOST = "AT_MOST"
    BELOW = "BELOW"
    EXACTLY = "EXACTLY"


@dataclass(frozen=True)
class Headroom:
    """The distance to a target, in rows.

    `allowed`: rows already counted that may still turn bad. `needed`: further clean rows until the target is met again. `used`: the
    share of the allowance that is used, 1 or more for a miss; None when the target allows nothing. Formulas:
    docs/spec/rules.md#headroom.
    """

    allowed: int
    needed: int
    used: Fraction | None


def _reaches(value: Fraction, limit: Fraction) -> bool:
    """Whether a value is a limit or more. Compared in integers, which takes a third of the time that fractions take."""
    return value.numerator * limit.denominator >= limit.numerator * value.denominator


class Target(Protocol):
    """The target of a value. A plugin may define its own class."""

    @property
    def condition(self) -> TargetCondition:
        """How the value is compared with the limit."""
        ...

    @property
    def limit(self) -> Exact:
        """The limit, in the unit of the value."""
        ...

    @property
    def warn(self) -> Exact | None:
        """From here on the status is AT_RISK."""
        ...

    @property
    def enforced(self) -> bool:
        """Whether Amazon acts on a miss."""
        ...

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures that it needs in addition to the value."""
        ...

    def display(self, value: Value) -> str:
        """The target for display."""
        ...

    def judge(self, value: Fraction, numbers: Numbers) -> MetricStatus:
        """The status of an exact value."""
        ...

    def headroom(self, value: Value, numbers: Numbers) -> Headroom | None:
        """The distance to the target; None if it cannot be computed."""
        ...


def display_warning(target: Target, value: Value) -> str | None:
    """Where a target begins to warn, for display: `from 0.75 % on` or `under 98 %`. None when it has no such line."""
    if target.warn is None:
        return None
    line = _display_limit(value, target.warn)
    return f"under {line}" if target.condition is TargetCondition.AT_LEAST else f"from {line} on"


def _display_limit(value: Value, limit: Exact) -> str:
    if value.unit is MetricUnit.FRACTION:
        return f"{half_up(exact(limit) * 100, 4).normalize():f} %"
    return value.display(exact(limit))


@dataclass(frozen=True)
class _Limited:
    """A limit and a warn line, as declared and as exact numbers."""

    limit: Exact
    warn: Exact | None = None
    enforced: bool = True
    measures: tuple[Measure, ...] = field(default=(), init=False)

    @cached_property
    def _limit(self) -> Fraction:
        return exact(self.limit)

    @cached_property
    def _warn(self) -> Fraction | None:
        return None if self.warn is None else exact(self.warn)


@dataclass(frozen=True)
class Below(_Limited):
    """Good while under the limit, strictly; at risk from `warn` on. See docs/spec/rules.md#status."""

    condition: TargetCondition = field(default=TargetCondition.BELOW, init=False)

    def __post_init__(self) -> None:
        check_types(self, {"enforced": "True or False"})
        if self._limit <= 0:
            raise ValueError(f"the limit {self.limit} can never be met: nothing that is counted lies below 0")
        if self._warn is not None and self._warn > self._limit:
            raise ValueError(f"the warn line {self.warn} lies above the limit {self.limit}: it would warn too late")

    def display(self, value: Value) -> str:
        return f"under {_display_limit(value, self.limit)}"

    def judge(self, value: Fraction, numbers: Numbers) -> MetricStatus:
        if _reaches(value, self._limit):
            return MetricStatus.CRITICAL
        return MetricStatus.AT_RISK if self._warn is not None and _reaches(value, self._warn) else MetricStatus.GOOD

    def headroom(self, value: Value, numbers: Numbers) -> Headroom | None:
        if type(value) is not Ratio or not (whole := value.whole.of(numbers)):
            return None
        # Everything is multiplied by the denominator of the limit, so that it is computed in integers.
        limit, scale = self._limit.numerator, self._limit.denominator
        bad, most = value.part.of(numbers) * scale, whole * limit
        return Headroom(
            allowed=max(0, -((bad - most) // scale) - 1),
            needed=max(0, (bad - most) // limit + 1),
            used=Fraction(bad, most),
        )


@dataclass(frozen=True)
class AtLeast(_Limited):
    """Good from `warn` on, at risk down to the limit, which still meets it. See docs/spec/rules.md#status."""

    condition: TargetCondition = field(default=TargetCondition.AT_LEAST, init=False)

    def __post_init__(self) -> None:
        check_types(self, {"enforced": "True or False"})
        limit, warn = self._limit, self._warn
        if warn is not None and warn < limit:
            raise ValueError(f"the warn line {self.warn} lies below the limit {self.limit}: it would warn too late")

    def display(self, value: Value) -> str:
        return f"at least {_display_limit(value, self.limit)}"

    def judge(self, value: Fraction, numbers: Numbers) -> MetricStatus:
        if not _reaches(value, self._limit):
            return MetricStatus.CRITICAL
        return MetricStatus.AT_RISK if self._warn is not None and not _reaches(value, self._warn) else MetricStatus.GOOD

    def headroom(self, value: Value, numbers: Numbers) -> Headroom | None:
        if type(value) is not Ratio or not (whole := value.whole.of(numbers)):
            return None
        # Everything is multiplied by the denominator of the limit, so that it is computed in integers.
        limit, scale = self._limit.numerator, self._limit.denominator
        missing = limit * whole - scale * value.part.of(numbers)  # good rows for the limit; negative if there are more than enough
        allowance = scale - limit
        if allowance <= 0:  # nothing is allowed, and nothing makes up for a miss
            return Headroom(allowed=0, needed=0, used=None) if missing <= 0 else None
        return Headroom(
            allowed=max(0, -missing // scale),
            needed=max(0, -(-missing // allowance)),
            used=Fraction(whole * allowance + missing, whole * allowance),
        )


@dataclass(frozen=True, eq=False)
class Nothing:
    """Good at zero; critical when any of `grave` is among them, else at risk. See docs/spec/rules.md#status."""

    grave: Term
    enforced: bool = True
    condition: TargetCondition = field(default=TargetCondition.EXACTLY, init=False)
    limit: Exact = field(default=0, init=False)
    warn: Exact | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        check_types(self, {"grave": "the measure of the rows that make a miss critical", "enforced": "True or False"})

    @property
    def measures(self) -> tuple[Measure, ...]:
        return self.grave.measures

    def display(self, value: Value) -> str:
        return "none"

    def judge(self, value: Fraction, numbers: Numbers) -> MetricStatus:
        if not value:
            return MetricStatus.GOOD
        return MetricStatus.CRITICAL if self.grave.of(numbers) else MetricStatus.AT_RISK

    def headroom(self, value: Value, numbers: Numbers) -> Headroom | None:
        return Headroom(allowed=0, needed=int(value(numbers) or 0), used=None)


class Bands:
    """Named ranges of a score, by their lower ends. The rounded value decides. See docs/metrics.md#bands."""

    def __init__(self, **lower_ends: Exact) -> None:
        if not lower_ends:
            raise ValueError("bands need at least one name")
        ends = sorted(((name, exact(end)) for name, end in lower_ends.items()), key=lambda band: band[1])
        self.lower_ends: Mapping[str, Fraction] = dict(ends)
        if len(set(self.lower_ends.values())) < len(ends):
            raise ValueError(f"two bands begin at the same number: {', '.join(f'{name}={end}' for name, end in ends)}. Give each its own")

    def grade(self, value: Fraction) -> str:
        """The name of the range that contains a value. The lowest range has no lower end."""
        reached = [name for name, end in self.lower_ends.items() if _reaches(value, end)]
        return reached[-1] if reached else next(iter(self.lower_ends))

    def headroom(self, score: Score, numbers: Numbers) -> Headroom | None:
        """The number of perfect rows that lift a score into the next band: 0 in the highest, None where they never do."""
        value = score(numbers)
        if value is None:
            return None
        higher = next((end for end in self.lower_ends.values() if not _reaches(value, end)), None)
        if higher is None:
            return Headroom(allowed=0, needed=0, used=None)
        end = math.ceil(higher * 100)  # the lowest rounded score in that band, in hundredths
        reach, perfect = 2 * end - 1, 200 * score.points[score.perfect]  # in half hundredths, from where on it is rounded up
        if end > 100 * score.within[1] or perfect <= reach:
            return None
        points, rows = score.earned(numbers)
        return Headroom(allowed=0, needed=int(-((200 * points - reach * rows) // (perfect - reach))), used=None)
