"""docs/plugins/importers.md and classifiers.md are correct: their plugins load, read their own examples and pass their own tests."""

import csv
import dataclasses
import datetime as dt
import io
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

import sellerhealth.sources
from sellerhealth.access import OWNER
from sellerhealth.errors import PluginError
from sellerhealth.facts import FACTS, Claim, Feedback, FeedbackClass, Order, Package, Refund
from sellerhealth.intake import ImportSummary, import_stream
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.plugins.plugin import Origin, PluginState
from sellerhealth.plugins.registry import Importers
from sellerhealth.settings import Settings
from sellerhealth.sources import Column, Importer, Rejected, Row, Sheet, Skipped
from sellerhealth.store.database import Database
from sellerhealth.store.reclassify import reclassify
from tests.support.importers import NOW, US
from tests.support.running import PYTEST

DOCS = Path(__file__).parents[2].joinpath("docs", "plugins")
IMPORTERS = DOCS.joinpath("importers.md").read_text(encoding="utf-8")
CLASSIFIERS = DOCS.joinpath("classifiers.md").read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def tables(page: str) -> dict[str, list[list[str]]]:
    """The rows of the tables of a page by the head of their first column."""
    found: dict[str, list[list[str]]] = {}
    for table in re.findall(r"(?:^\|.*\|\n)+", page, re.MULTILINE):
        head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines())
        found[head[0]] = rows
    return found


def code_names(cell: str) -> list[str]:
    return re.findall(r"`(\w+)", cell)


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch, page: str, settings: Settings | None = None) -> Loaded:
    """The plugins of a page, written to a folder and loaded as if they were installed from there."""
    for source in blocks(page, "python"):
        folder.joinpath(source.splitlines()[0].removeprefix("# ")).write_text(source)
    entry_points = {
        name: value
        for block in map(tomllib.loads, blocks(page, "toml"))
        for name, value in block.get("project", {}).get("entry-points", {}).get("sellerhealth", {}).items()
    }
    about = folder / "acme_pages-1.0.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: acme-pages\nVersion: 1.0\n")
    about.joinpath("entry_points.txt").write_text("[sellerhealth]\n" + "".join(f"{n} = {v}\n" for n, v in entry_points.items()))
    monkeypatch.syspath_prepend(folder)
    for name in entry_points:
        monkeypatch.delitem(sys.modules, name, raising=False)
    ours = Distribution.from_name("sellerhealth")
    return load_plugins(settings or Settings(strict=True), [ours, Distribution.at(about)])


def passes(folder: Path, test: str) -> None:
    command = [*PYTEST, "-q", "-W", "error", test]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


@pytest.fixture
def pages(tmp_path, monkeypatch) -> Loaded:
    return installed(tmp_path, monkeypatch, IMPORTERS)


@pytest.fixture
def run(database: Database, account: int) -> Callable[..., ImportSummary]:
    """Imports a text with the importers of the page."""

    def run(loaded: Loaded, text: str, name: str, **options: Any) -> ImportSummary:
        return import_stream(database, loaded, OWNER, account, io.BytesIO(text.encode()), name, observed_at=NOW, **options)

    return run


def test_the_csv_of_the_page_is_recognised_and_imported(pages, database, run):
    (example,) = blocks(IMPORTERS, "csv")
    summary = run(pages, example, "cases.csv", marketplace="US")
    assert (summary.format, summary.new, summary.rejected) == ("acme_cases", 2, 0)
    with database.reading() as connection:
        states = connection.execute(sa.select(Claim.state, Claim.reported_marketplace).order_by(Claim.order_id)).all()
    assert [tuple(row) for row in states] == [("GRANTED_SELLER", US), (None, US)]
    header, row = csv.reader((pages.importers["acme_cases"].template or "").splitlines())
    assert (header, row) == (["Order", "Opened", "Outcome"], ["123-4567890-1234567", "2026-03-01", "lost"])


def test_the_file_of_the_page_is_a_complete_plugin(tmp_path, monkeypatch):
    tmp_path.joinpath("acme_cases.py").write_text(blocks(IMPORTERS, "python")[0])
    tmp_path.joinpath("cases.csv").write_text(blocks(IMPORTERS, "csv")[0])
    monkeypatch.setenv("SELLERHEALTH_DATABASE", f"sqlite:///{tmp_path}/try.db")
    _, *arguments = shlex.split(blocks(IMPORTERS, "sh")[0])
    command = [str(Path(sys.executable).with_name("sellerhealth")), *arguments]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "acme_cases" in ran.stdout


def test_the_json_of_the_page_is_recognised_and_its_bad_row_rejected(pages, database, run):
    (example,) = blocks(IMPORTERS, "json")
    summary = run(pages, example, "parcels.json", skip_bad_rows=True)
    assert (summary.format, summary.new, summary.rejected) == ("acme_parcels", 1, 1)
    assert summary.errors[0].startswith("parcels.json: line 2, column 'scan': found 'yesterday', expected an instant")
    with database.reading() as connection:
        assert connection.scalar(sa.select(Package.first_scan_at)) == dt.datetime(2026, 3, 1, 18, 5, tzinfo=dt.UTC)
    bad = '{"order": 7, "parcel": 1}\n[]\n{"order": 7, "parcel": 1, "events": []}\n{\n'
    summary = run(pages, bad, "parcels.json", format="acme_parcels", dry_run=True, skip_bad_rows=True)
    assert (summary.new, summary.rejected) == (1, 3)


def test_a_line_of_the_page_can_be_two_facts_or_skipped_or_rejected(pages, tmp_path):
    from acme_sales import read

    path = tmp_path / "sales.csv"
    path.write_text(
        "number,sold,refunded\nA-1,2026-03-01T10:00:00Z,2026-03-05T10:00:00Z\nTEST-1,2026-03-01T10:00:00Z,\n"
        "A-2,2026-03-05T10:00:00Z,2026-03-01T10:00:00Z\nA-3,2026-03-05T10:00:00Z,\n"
    )
    with path.open("rb") as stream:
        refund, order, skipped, rejected, last = read(stream, sellerhealth.sources.FileContext(NOW, US))
    assert isinstance(refund, Row)
    assert isinstance(last, Row)
    assert (refund.fact, order.fact, last.fact) == (Refund, Order, Order)
    assert last.values == {
        "order_id": "A-3",
        "placed_at": dt.datetime(2026, 3, 5, 10, tzinfo=dt.UTC),
        "marketplace": US,
        "channel": "SELLER",
    }
    assert isinstance(skipped, Skipped)
    assert isinstance(rejected, Rejected)
    assert rejected.error.describe() == "line 4: expected a refund after the order"


def test_the_reader_of_the_page_knows_its_zone(pages):
    from acme_clock import berlin_time

    assert berlin_time(" 01.03.2026 09:30 ") == dt.datetime(2026, 3, 1, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert berlin_time("") is None
    with pytest.raises(sellerhealth.sources.Unreadable, match=r"an instant such as 01\.03\.2026 09:30"):
        berlin_time("soon")


@pytest.mark.usefixtures("pages")
def test_the_tests_of_the_importer_pass(tmp_path):
    passes(tmp_path, "test_acme_cases.py")


def test_the_error_message_on_the_page_is_the_real_one(pages, run):
    cases = pages.importers["acme_cases"]
    state = dataclasses.replace(cases.recognises.columns[2], into="stat")
    sheet = dataclasses.replace(cases.recognises, columns=(*cases.recognises.columns[:2], state))
    importers = Importers([(dataclasses.replace(cases, recognises=sheet, read=sheet.read), Origin("acme_cases", "acme-cases", "1.0"))])
    with pytest.raises(PluginError) as refusal:
        run(dataclasses.replace(pages, importers=importers), blocks(IMPORTERS, "csv")[0], "cases.csv")
    (message,) = re.findall(r"^PLUGIN_ERROR: (cases.*) …$", IMPORTERS, re.MULTILINE)
    assert str(refusal.value).startswith(message)


def test_every_fact_is_on_the_page_with_its_kind_key_and_told_columns():
    expected = []
    for fact in FACTS:
        columns = sa.inspect(fact).columns
        key = [column.name for column in columns if column.primary_key and column.name != "account_id"]
        reported = [column.name for column in columns if "merge" in column.info]
        expected.append(([fact.__name__], [fact.fact_kind.value] if fact.fact_kind else [], key, reported))
    assert [tuple(map(code_names, row)) for row in tables(IMPORTERS)["fact"]] == expected


@pytest.mark.parametrize(("head", "kind"), [("field of `Column`", Column), ("field of `Sheet`", Sheet), ("field of `Importer`", Importer)])
def test_every_field_of_a_declaration_is_on_the_page(head, kind):
    assert [name for row in tables(IMPORTERS)[head] for name in code_names(row[0])] == [field.name for field in dataclasses.fields(kind)]


def test_every_name_of_the_importers_api_is_on_the_page():
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`[^`\n]+`", IMPORTERS) + blocks(IMPORTERS, "python"))))
    assert set(sellerhealth.sources.__all__) - named == {"Reader"}
    readers = {code_names(row[0])[0] for row in tables(IMPORTERS)["reader"]}
    assert readers == {name for name in sellerhealth.sources.__all__ if name.islower()} | {"ValueMap"}


# ---------------------------------------------------------------- the classifier


def test_the_classifier_of_the_page_decides_some_classes_and_can_reclassify_stored_feedback(
    tmp_path, monkeypatch, import_text, database, account
):
    import_text("order_id,left_at,rating,comment\nA-1,2026-03-01,3,Never again\nA-2,2026-03-01,3,Fine\nA-3,2026-03-01,5,\n")
    loaded = installed(tmp_path, monkeypatch, CLASSIFIERS)
    assert loaded.classify(3, "Do not buy!") is FeedbackClass.NEGATIVE
    assert loaded.classify(3, "Fine") is FeedbackClass.NEUTRAL
    built_in = load_plugins(Settings(strict=True), [Distribution.from_name("sellerhealth")])
    assert reclassify(database, OWNER, account, built_in.classify) == 2  # the tests' own classifier never returns NEUTRAL
    assert reclassify(database, OWNER, account, loaded.classify) == 1
    with database.reading() as connection:
        assert connection.scalar(sa.select(Feedback.classification).where(Feedback.order_id == "A-1")) == "NEGATIVE"


def test_the_setting_of_the_classifiers_page_names_its_plugin(tmp_path, monkeypatch):
    (setting,) = [block for block in map(tomllib.loads, blocks(CLASSIFIERS, "toml")) if "classifier" in block]
    loaded = installed(tmp_path, monkeypatch, CLASSIFIERS, Settings(strict=True, **setting))
    assert [plugin.name for plugin in loaded.plugins if plugin.distribution == "acme-pages"] == ["acme_feedback"]
    assert all(plugin.state is PluginState.ACTIVE for plugin in loaded.plugins)


def test_the_tests_of_the_classifier_pass(tmp_path, monkeypatch):
    installed(tmp_path, monkeypatch, CLASSIFIERS)
    passes(tmp_path, "test_acme_feedback.py")


def test_the_parameters_of_a_classifier_are_on_the_page():
    from sellerhealth.hookspecs import classify_feedback

    assert [code_names(row[0]) for row in tables(CLASSIFIERS)["parameter"]] == [["rating"], ["comment"]]
    assert list(classify_feedback.__annotations__)[:2] == ["rating", "comment"]
