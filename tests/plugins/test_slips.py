"""Slips that leave nothing in the expression are seen in the source; what is right is left alone."""

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

from sellerhealth.loading.slips import clock_calls, slips

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
    ],
)
def test_what_is_right_is_left_alone(right: str) -> None:
    assert list(slips(ast.parse(f"from sellerhealth.facts import Claim, Message, Order\n{right}"))) == []


def test_the_built_in_metrics_make_no_slip_and_ask_no_clock() -> None:
    package = find_spec("sellerhealth_metrics")
    assert package is not None
    assert package.origin is not None
    for module in Path(package.origin).parent.glob("*.py"):
        tree = ast.parse(module.read_text())
        assert (list(slips(tree)), clock_calls(tree)) == ([], [])
