"""The demo's chance: the same each time, and fair in every stretch."""

from collections import Counter

from sellerhealth.demo.chance import Chance


def test_a_share_is_met_in_every_stretch():
    chance = Chance("any")
    happened = [chance.happens("late", 0.04) for _ in range(1000)]
    for start in range(0, 900, 50):
        assert sum(happened[start : start + 100]) == 4


def test_two_of_one_name_draw_alike_and_two_names_do_not():
    def drawn(name: str) -> list[int]:
        chance = Chance(name)
        return [chance.between(1, 1000) for _ in range(20)]

    assert drawn("a") == drawn("a") != drawn("b")


def test_bounds_are_included_and_weights_are_met():
    chance = Chance("any")
    assert {chance.between(1, 3) for _ in range(100)} == {1, 2, 3}
    counted = Counter(chance.weighted({"often": 9, "seldom": 1}) for _ in range(2000))
    assert 0.07 < counted["seldom"] / 2000 < 0.13
    assert [chance.next_of("turn", "ab") for _ in range(5)] == list("ababa")
