"""Slips that leave nothing in the expression are seen in the source; what is right is left alone."""

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

from sellerhealth.checks.source_lint import clock_calls, slips

IMPORTS = ["from sellerhealth.facts import Order", "from sellerhealth.facts import *", "from sellerhealth import facts"]


@pytest.mark.parametrize("imported", IMPORTS)
def test_a_fact_is_known_by_whatever_import(imported: str) -> None:
    name = "facts.Order" if imported.endswith("facts") else "Order"
    assert [line for line, _ in slips(ast.parse(f"{imported}\n\nx = {name}.accepted and {name}.late_by > 0"))] == [3]


@pytest.mark.parametrize(
    "named",
    [
        "from sellerhealth.facts import Order as O\nx = O.accepted or 3",
        "import sellerhealth.facts as f\nx = f.Order.accepted or 3",
        "import sellerhealth.facts\nx = sellerhealth.facts.Order.accepted or 3",
    ],
)
def test_a_fact_is_known_by_another_name(named: str) -> None:
    assert list(slips(ast.parse(named)))


@pytest.mark.parametrize(
    "right",
    [
        "x = settings.a and settings.b or not settings.c",
        "x = 0 < len(words) < 3",
        "x = true() if settings.a else Order.accepted",
        "x = [Order.accepted] if a in (1, 2) and b is None else []",
        "x = (Order.late_by > 0) & Order.accepted | ~Order.seller_fulfilled",
        "x = ~(Order.channel == 'SELLER')",
        "x = ~Order.claims.any(Claim.counts)",
        "unanswered = Message.answered_after.is_(None)\nx = ~unanswered",
        "late = Order.late_by > 0\ndef read(line):\n    late = line['late']\n    return late and 1",
        "late = Order.late_by > 0\ndef read(late):\n    return not late",
        "if client.Order.status in ('open',) and client.Order.paid: pass",
        "x = sa.not_(Order.claims.any(Claim.counts))",
        "x = Order.status.key in KEYS and Order.status.key",
        "late = Order.late_by > 0\nknown = Order.late_by.is_not(None)\nx = known & ~late",
        "x = ~(Order.late_by > 0)\ny = x & Order.late_by.is_not(None)",
    ],
)
def test_what_is_right_is_left_alone(right: str) -> None:
    assert list(slips(ast.parse(f"from sellerhealth.facts import Claim, Message, Order\n{right}"))) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "x = Order.late_by.is_(None)\ny = ~(Order.late_by > 0)",
        "x = ~(Order.late_by > 0) & Order.deliver_by.is_(None)",
        "x = ~(Order.late_by > 0)\ny = x & Order.late_by.is_not(None)\nz = x & Order.accepted",
        "x = ~(Order.buyer_asked == True) & Item.buyer_asked.is_(None)",
    ],
)
def test_null_asked_about_elsewhere_makes_nothing_known_here(wrong: str) -> None:
    assert len(list(slips(ast.parse(f"from sellerhealth.facts import Item, Order\n{wrong}")))) == 1


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("x = now()", [1]),
        ("def f():\n    return date.today()", []),
        ("def f():\n    return date.today()\nx = f()", [2]),
        ("def f():\n    return g()\ndef g():\n    return date.today()\nx = f()", [4]),
        ("def metric(settings):\n    since = date.today()\n    return Metric()", [2]),
        ("class Reader:\n    read_at = now()\n    def read(self):\n        return now()", [2]),
    ],
)
def test_the_clock_is_asked_at_the_start_by_what_runs_then(source: str, lines: list[int]) -> None:
    assert [line for _, line in clock_calls([ast.parse(source)])] == lines


def test_the_built_in_metrics_make_no_slip_and_ask_no_clock() -> None:
    package = find_spec("sellerhealth_metrics")
    assert package is not None
    assert package.origin is not None
    for module in Path(package.origin).parent.glob("*.py"):
        tree = ast.parse(module.read_text())
        assert (list(slips(tree)), list(clock_calls([tree]))) == ([], [])
