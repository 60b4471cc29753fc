"""The headroom checks find headrooms that are too large, too small or contradictory."""

import dataclasses

import pytest

from sellerhealth import AtLeast, Bands, Below, Headroom, Score
from sellerhealth.facts import Order
from tests.testing.conformance import conformance, metric_with, placed, problems


def with_wrong_headroom(kind, **changes):
    """A kind of target whose headroom is changed by these functions."""

    class Wrong(kind):
        def headroom(self, value, numbers):
            right = super().headroom(value, numbers)
            return right and dataclasses.replace(right, **{name: change(getattr(right, name)) for name, change in changes.items()})

    return Wrong


@pytest.mark.parametrize(
    ("kind", "limit", "changes", "problem"),
    [
        (Below, "0.5", {"allowed": lambda rows: rows + 1 if rows else 0}, "more misses it is"),
        (Below, "0.5", {"allowed": lambda rows: max(0, rows - 1)}, "Raise `allowed`"),
        (AtLeast, "0.1", {"allowed": lambda rows: rows + 1 if rows else 0}, "Lower `allowed`"),
        (AtLeast, "0.1", {"allowed": lambda rows: max(0, rows - 1)}, "Raise `allowed`"),
        (Below, "0.04", {"needed": lambda rows: rows + 1 if rows else 0}, "Lower `needed`"),
        (Below, "0.04", {"needed": lambda rows: max(1, rows - 1) if rows else 0}, "Raise `needed`"),
        (AtLeast, "0.9", {"needed": lambda rows: rows + 1 if rows else 0}, "Lower `needed`"),
        (AtLeast, "0.9", {"needed": lambda rows: max(1, rows - 1) if rows else 0}, "Raise `needed`"),
        (Below, "0.5", {"needed": lambda rows: rows + 1}, "`needed` is 0 when the target is met, and only then"),
        (Below, "0.04", {"allowed": lambda rows: rows + 5}, "`allowed` is 0 while the target is missed"),
        (Below, "0.04", {"used": lambda used: used / 100}, "`used` is a share of the allowance"),
        (Below, "0.04", {"needed": lambda rows: rows / 2}, "`allowed` and `needed` are numbers of rows"),
    ],
)
def test_a_wrong_headroom(kind, limit, changes, problem):
    assert problem in problems(
        conformance(metric_with(target=with_wrong_headroom(kind, **changes)(limit))).test_the_headroom_is_just_enough
    )


def test_a_wrong_headroom_of_bands():
    class OneTooFew(Bands):
        def headroom(self, score, numbers):
            right = super().headroom(score, numbers)
            return right and Headroom(0, max(0, right.needed - 1), None)

    classes = placed.split({"late": (Order.late_by > 0, "Late.")}, rest=("perfect", "Perfect."))
    value = Score({classes["late"]: 0, classes["perfect"]: 100}, perfect=classes["perfect"])
    conformance(metric_with(classes, value=value, bands=Bands(POOR=0, GOOD="84.5"))).test_the_headroom_is_just_enough()
    wrong = conformance(metric_with(classes, value=value, bands=OneTooFew(POOR=0, GOOD="84.5")))
    assert "perfect rows lead from the band POOR to the next" in problems(wrong.test_the_headroom_is_just_enough)
