"""Judges a value: its number and its status, for many numbers of rows. What does not depend on these is worked out once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import repeat

from sellerhealth.metrics.declaration import Minimum
from sellerhealth.metrics.integer_arithmetic import Arithmetic
from sellerhealth.metrics.measures import Measure, Numbers
from sellerhealth.metrics.quotients import Counted, Quotient, column_of, formula_of, is_own_term, quotient_of
from sellerhealth.metrics.result import UnavailableReason, Verdict, named, without_value
from sellerhealth.metrics.targets import Bands, MetricStatus, Target
from sellerhealth.metrics.unproven import UnprovenRows
from sellerhealth.metrics.values import Value
from sellerhealth.metrics.worst_of_days import Effect, WorstOfDays, worst_of_days
from sellerhealth.metrics.worst_reading import WorstReading

_NOTHING = without_value(UnavailableReason.NOTHING_TO_MEASURE)


class Judge:
    """Judges the value of a metric, or of one of its figures, against its target."""

    def __init__(
        self, value: Value, target: Target | None, minimum: Minimum | None, doubtful: Measure | None, bands: Bands | None = None
    ) -> None:
        """`doubtful`: the measure of the rows that may be misses, which the metric declares."""
        self.arithmetic = Arithmetic(value, target, bands)
        self._value, self._target, self._minimum, self._doubtful = value, target, minimum, doubtful
        self.is_own = self.arithmetic.is_own or (minimum is not None and is_own_term(minimum.term))

    def has_enough(self, exact: Counted) -> bool:
        """Whether there are as many rows as it takes to judge."""
        return self._minimum is None or self._minimum.term.of(exact) >= self._minimum.least

    def verdict(
        self, used: Numbers, exact: Counted, *, proven: bool, stale: bool, rejected: int, unproven: Sequence[UnprovenRows]
    ) -> Verdict:
        """The value of the numbers that are used, and its status. Those are the exact ones, or the same with older days weighing less."""
        quotient = self.arithmetic.quotient(exact) if used is exact else quotient_of(self._value(used))
        if quotient is None:
            return _NOTHING
        if self._target is None:
            return Verdict(quotient, MetricStatus.WITHOUT_TARGET, None)
        if not self.has_enough(exact):
            return Verdict(quotient, MetricStatus.NOT_AVAILABLE, UnavailableReason.BELOW_MINIMUM)
        status = self.arithmetic.status(quotient, exact)
        if status is not MetricStatus.GOOD:
            return Verdict(quotient, status, None)
        # Weighted, a row's share depends on its day: the worst reading is not known, as of a value of a plugin's own.
        worst = self._worst if used is exact else self._unknown
        is_proven = proven and worst.stays_good(exact, unproven, rejected)
        if is_proven and not stale:
            return Verdict(quotient, status, None)
        return Verdict(quotient, MetricStatus.NOT_AVAILABLE, UnavailableReason.STALE if is_proven else UnavailableReason.UNPROVEN)

    def verdicts(
        self,
        counted: Mapping[Measure, Sequence[int]],
        *,
        proven: bool,
        stale: Sequence[bool],
        rejected: Sequence[int],
        unproven: Callable[[], Mapping[Effect, Sequence[int]] | None],
    ) -> Sequence[Verdict] | None:
        """The verdicts of many days, by columns: of the numbers, of the rejected rows, and of the unproven rows by their effect. Only where `of_columns`.

        `unproven` is called if any day is good; where it does not know, there are no verdicts.
        """
        if (formula := formula_of(self._value)) is None:
            raise TypeError(f"{type(self._value).__name__} is a value of a plugin's own")
        quotients, target = [*map(formula.of, *(column_of(term, counted) for term in formula.terms))], self._target
        if target is None:
            return named(Verdict, (_NOTHING if each is None else (each, MetricStatus.WITHOUT_TARGET, None) for each in quotients))
        of_target: Iterable[Counted] = repeat({})
        if needed := target.measures:
            of_target = [dict(zip(needed, of_day, strict=True)) for of_day in zip(*(counted[each] for each in needed), strict=True)]
        enough = repeat(True) if self._minimum is None else [self._minimum.least <= each for each in column_of(self._minimum.term, counted)]
        status, good, not_available = self.arithmetic.status, MetricStatus.GOOD, MetricStatus.NOT_AVAILABLE
        judged = [
            None if quotient is None or not has_enough else status(quotient, numbers)
            for quotient, numbers, has_enough in zip(quotients, of_target, enough, strict=False)
        ]
        worst = None
        if proven and good in judged and self.worst_of_days is not None:
            if (effects := unproven()) is None:
                return None
            worst = self.worst_of_days.quotients(counted, effects, rejected)
        found: list[tuple[Quotient | None, MetricStatus, UnavailableReason | None]] = []
        of_days = zip(quotients, of_target, judged, worst or quotients, stale, strict=False)
        for quotient, numbers, of_day, worst_quotient, is_stale in of_days:
            if quotient is None:
                found.append(_NOTHING)
            elif of_day is None:
                found.append((quotient, not_available, UnavailableReason.BELOW_MINIMUM))
            elif of_day is not good:
                found.append((quotient, of_day, None))
            elif not proven or worst_quotient is None or (worst is not None and status(worst_quotient, numbers) is not good):
                found.append((quotient, not_available, UnavailableReason.UNPROVEN))
            else:
                found.append((quotient, not_available, UnavailableReason.STALE) if is_stale else (quotient, good, None))
        return named(Verdict, found)

    @cached_property
    def of_columns(self) -> bool:
        """Whether many days are judged at once."""
        return not self.is_own and (self._target is None or self.worst_of_days is not None)

    @cached_property
    def worst_of_days(self) -> WorstOfDays | None:
        """What reads many days at their worst; None if each is read alone."""
        return worst_of_days(self._value, self._target, self._doubtful)

    @cached_property
    def _worst(self) -> WorstReading:
        return WorstReading(self._value, self._target, self._doubtful)

    @cached_property
    def _unknown(self) -> WorstReading:
        return WorstReading(self._value, None, self._doubtful)
