"""What the overall status of a result needs is read with the result."""

from collections.abc import Callable
from typing import Any

import pytest

from sellerhealth import testing
from sellerhealth.facts import Feedback
from sellerhealth.testing import CLOCK, DAY, World

FRAGMENTS = "fragment Overall on OrderDefectRate { ...Inner } fragment Inner on OrderDefectRate { ... on MetricResult { overallStatus } }"
SELECTIONS = {
    "overallStatus": 2,  # the account, and all queries
    "other: overallStatus display": 2,
    "... on OrderDefectRate { overallStatus }": 2,
    "...Overall": 2,
    "overallStatus @include(if: $yes)": 3,
    "...Overall @skip(if: $no)": 3,
}


@pytest.mark.parametrize("selection", SELECTIONS)
def test_it_takes_no_statement_of_its_own(world: World, query: Callable[..., Any], statements: list[str], selection: str) -> None:
    seller = world.account()
    for order in testing.orders(seller, 30):
        seller.add(Feedback, order_id=order, left_at=CLOCK - DAY, rating=1)
    world.save()
    fragments = FRAGMENTS if "...Overall" in selection else ""
    document = f'query ($yes: Boolean!, $no: Boolean!) {{ account(key: "seller-1") {{ metrics {{ orderDefectRate {{ __typename @include(if: $no) @skip(if: $yes) {selection} }} }} }} }} {fragments}'
    statements.clear()
    found = query(document, yes=True, no=False)["account"]["metrics"]["orderDefectRate"]
    assert "CRITICAL" in found.values()
    assert len(statements) == SELECTIONS[selection]
