"""The doctor examines rollups too, so here they are kept as by default."""

from dataclasses import replace

import pytest

from sellerhealth.plugins.load import Loaded


@pytest.fixture(autouse=True)
def rollups_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SELLERHEALTH_ROLLUPS")


@pytest.fixture
def built_ins(built_ins: Loaded) -> Loaded:
    return replace(built_ins, keeps_rollups=True)
