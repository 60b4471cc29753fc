"""The worst reading of a value is the worst of all that its unproven rows may turn out to be, tried one by one."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sellerhealth import AtLeast, Below, Count, Mean, MetricStatus, Nothing, Percent, Score, count
from sellerhealth.facts import Order, Package
from sellerhealth.metrics.unproven import Counts, UnknownCell, UnprovenKind, UnprovenRows, added_up, missing_cells
from sellerhealth.metrics.worst_reading import WorstReading

whole = count(on=Order.placed_on, where=Order.accepted)
part = whole.where(Order.late_by > 0)
other = whole.without(Order.late_by > 0).where(Order.seller_fulfilled)
doubtful = count(on=Order.placed_on, where=Order.canceller_unknown)
MEASURES = (part, other, whole, doubtful)
NO, YES, MAYBE, MAYBE_COUNTED = Counts

states = st.sampled_from(Counts)


def rows_of(number, is_elsewhere=False, **counts):
    named = {"part": part, "other": other, "whole": whole, "doubtful": doubtful}
    in_measures = tuple((named[name], state) for name, state in counts.items() if state is not NO)
    return UnprovenRows(UnprovenKind(in_measures, elsewhere=is_elsewhere), (number,))


def stays_good(value, target, numbers, unproven, rejected, declared):
    """As a result reads it; and the second time, of kinds that it knows by then."""
    reading = WorstReading(value, target, declared)
    first, second = (reading.stays_good(numbers, unproven, rejected) for _ in range(2))
    assert first == second
    return first


def is_possible(in_part, in_other, in_whole):
    """Parts are of the whole, and exclude each other."""
    return in_whole >= in_part + in_other


@st.composite
def unproven(draw):
    """Rows whose state may be completed at all."""
    counts = {name: draw(states) for name in ("part", "other", "whole")}
    if counts["whole"] is NO:
        counts |= {"part": NO, "other": NO}
    if YES in (counts["part"], counts["other"]):
        counts["whole"] = YES
        if counts["part"] is YES:
            counts["other"] = NO
        else:
            counts["part"] = NO
    if counts["whole"] is MAYBE:  # what is not counted in the whole is not counted in its parts
        counts |= {name: MAYBE for name in ("part", "other") if counts[name] is MAYBE_COUNTED}
    if counts["part"] is counts["other"] is MAYBE_COUNTED:
        counts["other"] = MAYBE
    return rows_of(draw(st.integers(1, 2)), draw(st.booleans()), doubtful=draw(st.sampled_from([NO, NO, MAYBE])), **counts)


def outcomes(rows):
    """What one of these rows may add to the part, the other part and the whole."""
    choices = [
        [state is YES] if state in (NO, YES) else [False, True] for state in (rows.kind.count_in(each) for each in (part, other, whole))
    ]
    found = {outcome for outcome in product(*choices) if is_possible(*outcome)}
    if rows.kind.count_in(doubtful) is not NO:  # it may be a miss in any measure
        found |= {(False, False, True), (True, False, True)}
    return found | ({(False, False, False)} if rows.kind.elsewhere else set())


def now(rows):
    return tuple(rows.kind.counted_now(each) for each in (part, other, whole))


SUM = (part + other) / whole
VALUES = [
    (part / whole, Below("0.3")), (part / whole, AtLeast("0.6")), (SUM, Below("0.4")),
    (Percent(part, whole), Below(30)), (Percent(part, whole), AtLeast(60)),
    (Count(part), Nothing(grave=other)), (Count(part), Below("3")), (Count(whole), AtLeast("3")),
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(VALUES), st.lists(unproven(), max_size=3), st.tuples(*[st.integers(0, 6)] * 3))
def test_a_value_stays_good_if_every_completion_is_good(judged, unproven_rows, sure):
    value, target = judged
    in_part, in_other, beside = sure
    sure_numbers = (in_part, in_other, in_part + in_other + beside)
    numbers = {
        measure: number + sum(rows.rows * now(rows)[index] for rows in unproven_rows)
        for index, (measure, number) in enumerate(zip((part, other, whole), sure_numbers, strict=True))
    }
    numbers[doubtful] = sum(rows.rows * rows.kind.counted_now(doubtful) for rows in unproven_rows)
    if value(numbers) is None or target.judge(value(numbers), numbers) is not MetricStatus.GOOD:
        return
    each_row = [outcomes(rows) for rows in unproven_rows for _ in range(rows.rows)]
    completions = [
        {
            measure: number + sum(outcome[index] for outcome in completed)
            for index, (measure, number) in enumerate(zip((part, other, whole), sure_numbers, strict=True))
        }
        for completed in product(*each_row)
    ]
    all_good = all(
        (reading := value(completed)) is not None and target.judge(reading, completed) is MetricStatus.GOOD for completed in completions
    )
    result = stays_good(value, target, numbers, unproven_rows, 0, doubtful)
    if value is SUM:  # a row that may count in one of two measures is taken to count in both: too strict, never too good
        assert all_good or not result
    else:
        assert result == all_good


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([(MAYBE_COUNTED, MAYBE), (MAYBE, MAYBE_COUNTED), (MAYBE, MAYBE)]), st.integers(1, 2)), max_size=3),
    st.tuples(*[st.integers(0, 5)] * 2),
)
def test_each_row_of_a_score_has_the_fewest_points_that_it_may_have(drawn, sure):
    score, target = Score({part: 0, other: 100}, perfect=other), AtLeast(50)
    unproven_rows = [rows_of(number, part=states[0], other=states[1]) for states, number in drawn]
    numbers = {
        measure: number + sum(rows.rows * rows.kind.counted_now(measure) for rows in unproven_rows)
        for measure, number in zip((part, other), sure, strict=True)
    }
    value = score(numbers)
    if value is None or target.judge(value, numbers) is not MetricStatus.GOOD:
        return
    options = [{(0, 0), (1, 0), (0, 1)} for rows in unproven_rows for _ in range(rows.rows)]
    completions = [
        score({part: sure[0] + sum(each[0] for each in one), other: sure[1] + sum(each[1] for each in one)}) for one in product(*options)
    ]
    all_good = all(each is not None and target.judge(each, {}) is MetricStatus.GOOD for each in completions)
    assert stays_good(score, target, numbers, unproven_rows, 0, None) == all_good


@pytest.mark.parametrize(("target", "harmless"), [(Below("0.05", warn="0.04"), 3), (AtLeast("0.05"), 1900)])
def test_rejected_rows_are_further_misses(target, harmless):
    numbers = {part: 0 if isinstance(target, Below) else 100, whole: 100}
    assert stays_good(part / whole, target, numbers, [], harmless, None)
    assert not stays_good(part / whole, target, numbers, [], harmless + 1, None)


def test_declared_rows_are_further_misses_and_counted_once():
    numbers = {part: 0, other: 0, whole: 100, doubtful: 3}
    assert stays_good(part / whole, Below("0.05", warn="0.04"), numbers, [], 0, doubtful)
    assert stays_good(part / whole, Below("0.05", warn="0.04"), numbers, [rows_of(3, part=MAYBE, whole=YES, doubtful=YES)], 0, doubtful)
    assert not stays_good(part / whole, Below("0.05", warn="0.04"), numbers, [rows_of(1, part=MAYBE, whole=YES)], 0, doubtful)


def test_rows_that_count_nowhere_in_a_value_do_not_matter_to_it():
    rows = [rows_of(50, other=MAYBE)]
    assert stays_good(part / whole, Below("0.05"), {part: 0, whole: 100}, rows, 0, None)
    assert not stays_good(other / whole, Below("0.05"), {other: 0, whole: 100}, rows, 0, None)


def test_sums_are_taken_over_the_unproven_rows():
    units, late = whole.total(Package.unit_count), part.total(Package.unit_count)

    def rows(sum_of_units):
        summed = () if sum_of_units is None else (units, late)  # of units that are unknown themselves there is no sum
        return [UnprovenRows(UnprovenKind(((units, YES), (late, MAYBE)), summed=summed), (1, *(sum_of_units for _ in summed)))]

    numbers = {units: 100, late: 0}
    assert stays_good(late / units, Below("0.1"), numbers, rows(9), 0, None)
    assert not stays_good(late / units, Below("0.1"), numbers, rows(10), 0, None)
    assert not stays_good(late / units, Below("0.1"), numbers, rows(None), 0, None)
    assert not stays_good(late / units, Below("0.1"), numbers, [], 1, None)  # a rejected row may have held any number of units


def test_of_other_values_and_targets_one_row_is_too_many():
    class Own(Below):
        """A target of a plugin."""

    class OwnRatio(type(part / whole)):
        """A value of a plugin."""

    rows, numbers = [rows_of(1, part=MAYBE, whole=YES)], {part: 0, whole: 1000}
    for value, target in (
        (part / whole, Own("0.5")),
        (OwnRatio(part, whole), Below("0.5")),
        (Mean(part, whole), Below("0.5")),
        (part / whole, None),
    ):
        assert stays_good(value, target, numbers, [], 0, None)
        assert not stays_good(value, target, numbers, rows, 0, None)


def test_parts_that_may_overlap_count_more_than_once():
    """Nothing shows that no order is in both: the worst row is."""
    overlapping = whole.where(Order.replacement)
    rows = [UnprovenRows(UnprovenKind(((part, MAYBE), (overlapping, MAYBE), (whole, YES))), (1,))]
    numbers = {part: 0, overlapping: 0, whole: 10}
    assert stays_good((part + overlapping) / whole, Below("0.21"), numbers, rows, 0, None)
    assert not stays_good((part + overlapping) / whole, Below("0.2"), numbers, rows, 0, None)


def test_a_ratio_of_measures_that_are_not_parts_is_read_as_bad_as_it_may_be():
    unrelated = count(on=Package.promised_on, where=Package.tracked)
    rows = [UnprovenRows(UnprovenKind(((unrelated, MAYBE_COUNTED),)), (1,))]
    assert stays_good(part / unrelated, Below("0.5"), {part: 1, unrelated: 4}, rows, 0, None)
    assert not stays_good(part / unrelated, Below("0.5"), {part: 1, unrelated: 3}, rows, 0, None)


def test_rows_of_one_kind_are_added_up():
    cell = UnknownCell("orders", "channel")
    units = whole.total(Package.unit_count)

    def two():
        return UnprovenRows(UnprovenKind(((whole, MAYBE),), (cell,), (units,)), (2, 5))

    rows = added_up([two(), two(), rows_of(1, part=MAYBE), rows_of(0, other=MAYBE)])
    assert rows == (UnprovenRows(two().kind, (4, 10)), rows_of(1, part=MAYBE))
    assert missing_cells(rows) == {cell: 4}
    assert str(cell) == "orders.channel"


def test_sums_that_differ_among_the_measures_of_a_ratio_have_no_worst_reading():
    units, late = whole.total(Package.unit_count), part.total(Package.unit_count)
    kind = UnprovenKind(((units, YES), (late, MAYBE)), summed=(units, late))
    assert stays_good(late / units, Below("0.5"), {units: 100, late: 0}, [UnprovenRows(kind, (1, 9, 9))], 0, None)
    assert not stays_good(late / units, Below("0.5"), {units: 100, late: 0}, [UnprovenRows(kind, (1, 9, 8))], 0, None)
    assert not stays_good(late / units, Below("0.5"), {units: 100, late: 0}, [UnprovenRows(kind, (1, -9, -9))], 0, None)


def test_there_must_be_something_left_to_measure():
    assert not stays_good(part / whole, Below("0.5"), {part: 0, whole: 2}, [rows_of(2, whole=MAYBE_COUNTED)], 0, None)
    assert stays_good(part / whole, Below("0.5"), {part: 0, whole: 3}, [rows_of(2, whole=MAYBE_COUNTED)], 0, None)
    assert Fraction(0) == (part / whole)({part: 0, whole: 3})
