"""The text of a tally is read exactly. That a series of it is the same as from the facts is in test_judged_days.py."""

from typing import Any

import pytest

from sellerhealth.engine.unproven_days import TextReader


@pytest.mark.parametrize("numbers", [[0], [1, -1, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)]])
def test_numbers_of_64_bits_are_read_exactly(numbers: list[int]) -> None:
    of_no_tally: Any = None
    text = TextReader(of_no_tally).read([f"2026-03-30,2026-03-31;1.0,2?1;{','.join(map(str, numbers))}"])
    assert [(type(each), each) for each in text.numbers()] == [(int, each) for each in numbers]
    assert (text.days, text.kinds) == ("2026-03-30,2026-03-31", "1.0,2?1")
