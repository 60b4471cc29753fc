"""Speed of a run: where several processes share it, the longest files come first, so that none of them runs alone at the end."""

import gc
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
LONGEST = (
    "e2e/test_distributions.py",
    "e2e/test_demo.py",
    "docs/test_operations_page.py",
    "fuzz/test_ids.py",
    "docs/test_tutorial.py",
    "metrics_plugins/test_conformance.py",
    "metrics_plugins/test_against_the_reference.py",
    "graphql/test_tenants.py",
    "graphql/test_screens.py",
    "cli/commands/test_serve.py",
    "store/test_import_order.py",
    "testing/test_fixtures.py",
    "fuzz/test_what_is_left_out.py",
    "graphql/accounts/test_portfolio.py",
    "cli/commands/test_imports.py",
    "plugins/test_errors.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        ranks = {TESTS / file: rank for rank, file in enumerate(LONGEST)}
        if gone := [str(file) for file in ranks if not file.exists()]:
            raise pytest.UsageError(f"{Path(__file__).name} names files that are gone: {', '.join(gone)}")
        items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


def pytest_collection_finish() -> None:
    """Looks for garbage less often, and never among what the whole run needs: that took a tenth of its time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)
