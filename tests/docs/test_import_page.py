"""docs/import.md is true: it names every column of every format, and every note."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path

import pytest

from sellerhealth.cli.manifest import COLUMNS as MANIFEST
from sellerhealth.cli.manifest import read_manifest
from sellerhealth.describe.next_imports import Need, needs_of
from sellerhealth.importers import (
    cancellations,
    chargebacks,
    claims,
    fba_shipments,
    feedback,
    finances_api,
    flat_orders,
    messages,
    order_changes,
    order_report,
    orders_api,
    orders_api_v0,
    packages,
    refunds,
    returns,
    seller_feedback,
    seller_performance,
    seller_performance_v1,
    settlement,
    shipment_feed,
    unshipped_orders,
    violations,
)
from sellerhealth.metrics.metric import Metric
from sellerhealth.plugins.load import load_plugins
from sellerhealth.settings import Settings
from sellerhealth.sources import Importer, day_written
from sellerhealth.sources.column import Column
from sellerhealth.store.derive import NOTES
from tests.support.importers import IMPORTERS

PAGE = Path(__file__).parents[2].joinpath("docs", "import.md").read_text(encoding="utf-8")
OWN = {
    module.IMPORTER.name: module.SHEET for module in (cancellations, chargebacks, claims, feedback, messages, packages, refunds, violations)
}
AMAZON = {
    "All orders": (flat_orders.COLUMNS,),
    "Unshipped orders": (unshipped_orders.COLUMNS,),
    "Orders API": (orders_api.ORDER, orders_api.ASSOCIATED, orders_api.ITEM, orders_api.PACKAGE, orders_api.PACKED),
    "Orders API v0": (orders_api_v0.ORDER, orders_api_v0.ITEM),
    "Order changes": (order_changes.NOTIFICATION, order_changes.CHANGE, order_changes.ITEM),
    "Finances API": (finances_api.EVENT,),
    "Seller performance": ((seller_performance.MARKETPLACE,), seller_performance.FIGURE),
    "Seller performance V1": (seller_performance_v1.FIGURE,),
    "Order report": (order_report.COLUMNS,),
    "Amazon-fulfilled shipments": (fba_shipments.COLUMNS,),
    "Returns": (returns.COLUMNS,),
    "Settlement": (settlement.COLUMNS,),
    "Shipment feeds": (shipment_feed.FULFILLMENT, shipment_feed.ITEM, shipment_feed.COLUMNS),
    "Seller feedback": (seller_feedback.sheet(seller_feedback.REPORT, day_written("MDY")).columns,),
    "Feedback Manager": (seller_feedback.sheet(seller_feedback.MANAGER, day_written("MDY")).columns,),
}


def section(title: str) -> str:
    return re.split(r"^#{2,3} ", PAGE.partition(f"\n### {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def table(columns: tuple[Column, ...]) -> str:
    needed = ("a value" if column.filled else "the column" if column.required else "" for column in columns)
    rows = (f"| `{column.name}` | {need} | {column.about} |" for column, need in zip(columns, needed, strict=True))
    return "\n".join(["| column | needed | meaning |", "| --- | --- | --- |", *rows, ""])


@pytest.mark.parametrize("name", OWN)
def test_every_column_of_our_own_files_is_documented(name):
    assert table(OWN[name].columns) in section(f"`{name}`")


@pytest.mark.parametrize("title", AMAZON)
def test_every_column_that_is_read_of_amazons_files_is_documented(title):
    for columns in AMAZON[title]:
        assert table(columns) in section(title)


@pytest.mark.parametrize("title", AMAZON)
def test_every_format_of_amazons_says_what_of_it_was_seen(title):
    assert "**Seen by us**" in section(title)


def formats(importers: Iterable[Importer], metrics: Collection[Metric]) -> str:
    """The table of formats: what each has, where to get it, the metrics that then lack nothing, and the others that read it with what they lack."""
    rows = []
    for each in importers:
        covered = {Need(kind, complete) for kind in each.covers for complete in {False, each.complete}}
        settled, others = [], []
        for metric in metrics:
            needs = needs_of(metric)
            lacking = sorted(needs - covered)
            if not lacking:
                settled.append(metric.title.lower())
            elif not (each.covers | each.adds).isdisjoint(need.kind for need in needs):
                kinds = (f"{'all ' if need.kind in each.covers else ''}{need.kind.plural}" for need in lacking)
                others.append(f"{metric.title.lower()} ({', '.join(kinds)})")
        cells = (", ".join(settled), ", ".join(others)) if each.has_facts else ("none: kept beside ours", "")
        rows.append(f"| `{each.name}` | {each.title} | {each.where} | {' | '.join(cells)} |")
    head = "| format | has | where | settles | is read by (which then lacks) |"
    return "\n".join([head, "| --- " * 5 + "|", *rows, ""])


def test_every_format_is_listed_with_what_it_is_good_for():
    metrics = load_plugins(Settings(strict=True)).registry.values()
    assert formats(IMPORTERS.values(), metrics) in PAGE


def test_every_note_is_documented_with_its_text():
    for code, meaning in NOTES.items():
        assert f"| `{code}` | {meaning} |" in PAGE


def test_the_example_of_many_accounts_and_the_call_for_it_do_what_the_page_says(tmp_path, monkeypatch, capsys):
    text = section("From Python") + PAGE.partition("## Many accounts")[2]
    for name in ("SELLERHEALTH_DATABASE", "SELLERHEALTH_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    example, manifest = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)[:2]
    (tmp_path / "claims.csv").write_text(example)
    (code,) = re.findall(r"```python\n(.*?)```", section("From Python"), re.DOTALL)
    exec(compile(code, "import.md", "exec"), {})
    assert capsys.readouterr().out.splitlines()[-2:] == ["SHOP-1 1 new facts", "SHOP-2 1 new facts"]
    (tmp_path / "accounts.csv").write_text(manifest)
    assert [each.account for each in read_manifest(tmp_path / "accounts.csv")] == ["SHOP-1", "SHOP-1", "SHOP-2"]


def test_every_column_of_a_manifest_is_documented():
    assert table(MANIFEST) in section("Manifests")
