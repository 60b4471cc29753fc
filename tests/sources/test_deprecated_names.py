"""Renamed names of the importers' API still work, and warn with the new name."""

from pathlib import Path

import pytest

from sellerhealth import sources

VERSIONING = Path(__file__).parents[2].joinpath("docs", "plugins", "versioning.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("old", "new"), sources.DEPRECATED.items())
def test_an_old_name_is_the_new_one_and_warns(old: str, new: str) -> None:
    with pytest.warns(DeprecationWarning, match=rf"^sellerhealth\.sources\.{old} is now called {new}\.") as warnings:
        assert getattr(sources, old) is getattr(sources, new)
    assert warnings[0].filename == __file__
    assert old not in sources.__all__
    assert f"| `sellerhealth.sources.{old}` | `{new}` |" in VERSIONING


def test_an_old_name_can_be_imported() -> None:
    with pytest.warns(DeprecationWarning, match="is now called Skipped"):
        from sellerhealth.sources import PassedOver
    assert PassedOver is sources.Skipped


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^module 'sellerhealth\.sources' has no attribute 'Wordz'"):
        sources.Wordz  # type: ignore[attr-defined]  # noqa: B018 - the name does not exist, and to look it up is the test
