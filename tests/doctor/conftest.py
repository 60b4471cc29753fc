"""The doctor examines rollups too, so here they are kept as by default."""

import pytest


@pytest.fixture(autouse=True)
def rollups_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SELLERHEALTH_ROLLUPS")
