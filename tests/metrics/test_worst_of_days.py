"""Many days judged at once have the verdicts that each has alone, with unproven rows of every kind."""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sellerhealth import AtLeast, Below, Count, Mean, Nothing, Percent, Ratio, Score, count
from sellerhealth.facts import Order, Package
from sellerhealth.metrics.declaration import Minimum
from sellerhealth.metrics.judge import Judge
from sellerhealth.metrics.measures import Measure, Term
from sellerhealth.metrics.unproven import Counts, UnprovenKind, UnprovenRows, added_up

whole = count(on=Order.placed_on, where=Order.accepted)
part = whole.where(Order.late_by > 0)
other = whole.without(Order.late_by > 0).where(Order.seller_fulfilled)
doubtful = count(on=Order.placed_on, where=Order.canceller_unknown)
units = whole.total(Package.unit_count)
late_units, parcels = part.total(Package.unit_count), part.total(Package.units)
MEASURES = (part, other, whole, doubtful, units, late_units, parcels)
JUDGED = [
    (part / whole, Below("0.3", warn="0.2")), (part / whole, AtLeast("0.6")), ((part + other) / whole, Below("0.4")), (part / (whole + other), Below("0.4")),
    (Percent(part, whole), Below(30)), (Percent(part, whole), AtLeast(60)), (part / whole, Nothing(grave=other)),
    (Count(part), Nothing(grave=other)), (Count(part + other), Below("3")), (Count(whole), AtLeast("3")), (part / whole, None), (Score({part: 0, whole: 100}, perfect=whole), None),
    (late_units / units, Below("0.3")), (late_units / units, AtLeast("0.3")), (Count(late_units), Below("4")), (parcels / units, Below("0.5")), (late_units / whole, Below("2")),
]  # fmt: skip
states = st.sampled_from(Counts)


@st.composite
def kinds(draw):
    counts = tuple((measure, state) for measure in MEASURES if (state := draw(states)) is not Counts.NO)
    summed = tuple(measure for measure in (units, late_units, parcels) if draw(st.integers(0, 9)))
    return UnprovenKind(counts, (), summed, draw(st.booleans()))


@st.composite
def unproven_rows(draw, known):
    kind, of_units, of_parcels = draw(st.sampled_from(known)), draw(st.integers(0, 3)), draw(st.integers(-1, 3))
    return UnprovenRows(kind, (draw(st.integers(0, 3)), *(of_parcels if measure is parcels else of_units for measure in kind.summed)))


@st.composite
def days(draw):
    known = draw(st.lists(kinds(), min_size=1, max_size=4))
    numbers = st.integers(0, 12)
    return [
        (
            {measure: draw(st.integers(-1, 12)) if measure is parcels else draw(numbers) for measure in MEASURES},
            draw(st.sampled_from([0, 0, 0, 1])),
            added_up(draw(st.lists(unproven_rows(known), max_size=3))),
            draw(st.booleans()),
        )
        for _ in range(draw(st.integers(1, 4)))
    ]


def effects_of(judge, drawn):
    """How many have each effect on each day; None if one has none that is known."""
    columns = defaultdict(lambda: [0] * len(drawn))
    for at, (_, _, rows, _) in enumerate(drawn):
        for kind, numbers in rows:
            for index, number in enumerate(numbers):
                effect = judge.worst_of_days.effect(kind, index)
                if effect is None or number < 0:
                    return None
                columns[effect][at] += number
    return columns


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(JUDGED), st.sampled_from([None, doubtful]), st.sampled_from([None, Minimum(whole, 3)]), days(), st.booleans())
def test_days_have_the_verdict_that_each_has_alone(judged, declared, minimum, drawn, proven):
    value, target = judged
    judge = Judge(value, target, minimum, declared)
    assert judge.of_columns
    counted = {measure: [numbers[measure] for numbers, _, _, _ in drawn] for measure in MEASURES}
    effects = {}
    if judge.worst_of_days is not None:
        effects = effects_of(judge, drawn) if judge.worst_of_days.can_read(counted) else None
        if effects is None:  # they are judged one by one
            return
    stale, rejected = [each[3] for each in drawn], [each[1] for each in drawn]
    verdicts = judge.verdicts(counted, proven=proven, stale=stale, rejected=rejected, unproven=lambda: effects)
    for verdict, (numbers, rejected_rows, rows, is_stale) in zip(verdicts, drawn, strict=True):
        alone = judge.verdict(numbers, numbers, proven=proven, stale=is_stale, rejected=rejected_rows, unproven=rows)
        assert (verdict.value, verdict.status, verdict.reason) == (alone.value, alone.status, alone.reason)


class Own(Term):
    """A term of a plugin's own."""

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (part,)

    def of(self, numbers):
        return 2 * numbers[part]


class OwnRatio(Ratio):
    """A value of a plugin's own."""


@pytest.mark.parametrize(
    ("value", "target", "minimum"),
    [
        (Own() / whole, Below("0.5"), None),
        (Count(Own()), Below("5"), None),
        (part / whole, Nothing(grave=Own()), None),
        (part / whole, Below("0.5"), Minimum(Own(), 3)),
        (OwnRatio(part, whole), Below("0.5"), None),
    ],
)
def test_what_a_plugin_computes_itself_is_its_own_and_judged_day_by_day(value, target, minimum):
    judge = Judge(value, target, minimum, None)
    assert judge.is_own
    assert not judge.of_columns


@pytest.mark.parametrize("value", [Mean(units, whole), Score({part: 0, whole: 100}, perfect=whole)])
def test_what_has_no_sum_of_effects_is_judged_day_by_day(value):
    judge = Judge(value, AtLeast(1), None, None)
    assert not judge.is_own
    assert not judge.of_columns
