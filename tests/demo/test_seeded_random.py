"""Seeded random numbers: the same each time, with every event spread evenly."""

from collections import Counter

from sellerhealth.demo.seeded_random import SeededRandom


def test_every_window_has_the_share():
    rng = SeededRandom("any")
    outcomes = [rng.happens("late", 0.04) for _ in range(1000)]
    for start in range(0, 900, 50):
        assert sum(outcomes[start : start + 100]) == 4


def test_the_same_seed_gives_the_same_numbers_and_another_seed_does_not():
    def numbers(seed: str) -> list[int]:
        rng = SeededRandom(seed)
        return [rng.integer(1, 1000) for _ in range(20)]

    assert numbers("a") == numbers("a") != numbers("b")


def test_bounds_are_included_and_weights_are_met():
    rng = SeededRandom("any")
    assert {rng.integer(1, 3) for _ in range(100)} == {1, 2, 3}
    counted = Counter(rng.weighted_choice({"often": 9, "seldom": 1}) for _ in range(2000))
    assert 0.07 < counted["seldom"] / 2000 < 0.13
    assert [rng.cycle("turn", "ab") for _ in range(5)] == list("ababa")
