"""Files that belong together: found by their content, imported all or none, and the one that is missing is named."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from sellerhealth.access import OWNER
from sellerhealth.errors import BadFile, BadRow, PluginError, UnknownFormat
from sellerhealth.facts import Feedback, Item, Order
from sellerhealth.intake import AccountImport, NewAccount, detect, import_accounts, import_stream, reports_in, sample_of, set_of, together
from sellerhealth.intake.report import opened
from sellerhealth.plugins.load import Loaded
from sellerhealth.sources import Entry, FactKind, FileContext, Files, FileSet, Rejected, Sample
from sellerhealth.store.accounts import account_id_of
from sellerhealth.store.database import Database
from tests.support.file_set import EXPORT, FILES, IMPORTER, with_export
from tests.support.importers import NOW
from tests.support.imports import stored

Import = Callable[..., dict[str | None, AccountImport]]
NAMES = {part: f"{part}.csv" for part in FILES}


def streams(files: Mapping[str, bytes]) -> dict[str, io.BytesIO]:
    """Opened files, by their names."""
    return {NAMES.get(part, part): io.BytesIO(content) for part, content in files.items()}


@pytest.fixture
def run(database: Database, loaded: Loaded) -> Import:
    """Imports files into the accounts that they name."""

    def run(files: Mapping[str, bytes] = FILES, importer: Any = IMPORTER, **options: Any) -> dict[str | None, AccountImport]:
        of = with_export(loaded, importer)
        with together(streams(files), of.importers, "acme_export") as found:
            results = import_accounts(database, of, OWNER, found, "export", observed_at=NOW, create=True, **options)
            return {each.key: each for each in results}

    return run


def of_account(database: Database, fact: Any, key: str) -> list[tuple[str, ...]]:
    columns = ("order_id", "item_id") if fact is Item else ("order_id",)
    return sorted(tuple(row[each] for each in columns) for row in stored(database, fact) if row["account_id"] == account_id_of(key))


def test_rows_are_joined_and_imported_into_their_accounts(run: Import, database: Database) -> None:
    found = run()
    assert {key: (each.summary and each.summary.new, each.error) for key, each in found.items()} == {
        "SHOP-1": (6, None),
        "SHOP-2": (3, None),
    }
    assert of_account(database, Order, "SHOP-1") == [("A-1",), ("A-2",)]
    assert of_account(database, Item, "SHOP-1") == [("A-1", "1"), ("A-2", "1")]
    assert of_account(database, Feedback, "SHOP-1") == [("A-1",), ("A-2",)]
    assert of_account(database, Order, "SHOP-2") == of_account(database, Feedback, "SHOP-2") == [("A-1",)]
    assert of_account(database, Item, "SHOP-2") == [("A-1", "2")]


def test_the_same_files_again_change_nothing_in_any_order_compressed_or_as_an_archive(run: Import) -> None:
    run()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part, content in FILES.items():
            archive.writestr(f"export/{part}.csv", content)
    for files in (
        {part: FILES[part] for part in reversed(FILES)},
        FILES | {"items": gzip.compress(FILES["items"])},
        {"x.zip": packed.getvalue()},
    ):
        assert [each.summary and (each.summary.new, each.summary.changed) for each in run(files).values()] == [(0, 0), (0, 0)]


def test_an_archive_of_them_is_one_report(database: Database, loaded: Loaded) -> None:
    packed, others = io.BytesIO(), io.BytesIO(b"order_id,opened_at,state\n")
    with zipfile.ZipFile(packed, "w") as archive:
        for part, content in FILES.items():
            archive.writestr(f"export/{part}.csv", content)
    importers = with_export(loaded).importers
    ((name, files),) = reports_in(packed, "x.zip", importers)
    assert (name, isinstance(files, Files)) == ("x.zip", True)
    assert [name for name, _ in reports_in(packed, "x.zip", loaded.importers)] == [f"x.zip/export/{part}.csv" for part in FILES]
    assert [name for name, _ in reports_in(others, "claims.csv", importers)] == ["claims.csv"]


def test_a_file_is_known_to_be_a_part_by_its_content(loaded: Loaded) -> None:
    importers = with_export(loaded).importers
    for content in FILES.values():
        stream = io.BytesIO(content)
        assert set_of(stream, "any name", importers) == set_of(stream, "any name", importers, "acme_export") == "acme_export"
        assert set_of(stream, "any name", loaded.importers) is None
    assert set_of(io.BytesIO(b"order_id,opened_at,state\n"), "claims.csv", importers) is None
    assert set_of(io.BytesIO(b"nothing\n"), "unknown.csv", importers) is None


def test_of_a_file_that_is_nearly_a_part_it_is_said_what_it_lacks(loaded: Loaded) -> None:
    stream = io.BytesIO(FILES["items"].replace(b",seller", b",sold by"))
    with pytest.raises(UnknownFormat, match=r"Nearest is the file 'items' of acme_export, which also needs 'seller'\."):
        detect(sample_of(stream, "items.csv"), with_export(loaded).importers)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"orders": FILES["orders"], "items": FILES["items"]},
            "orders.csv, items.csv: acme_export (Export of the Acme marketplace) is imported from several files together, and there is no file "
            "'reviews', with the columns order_id, stars, written. Nothing was imported. Put all of the files into one folder or archive, and import that.",
        ),
        (FILES | {"more.csv": FILES["orders"]}, "orders.csv and more.csv are both the file 'orders' of acme_export."),
        (
            FILES | {"more.csv": b"a,b\n1,2\n"},
            "more.csv is none of the files of acme_export: 'orders', with the columns order_id, purchased; ",
        ),
    ],
)
def test_another_number_of_files_is_an_error_that_says_which(run: Import, database: Database, files: Any, message: str) -> None:
    with pytest.raises(BadFile) as refused:
        run(files)
    assert str(refused.value).startswith(message)
    assert not stored(database, Order)


def test_one_of_the_files_by_itself_names_the_others(database: Database, loaded: Loaded, account: int) -> None:
    with pytest.raises(BadFile, match=r"there is no file 'orders', with the columns order_id, purchased, and no file 'reviews', with"):
        import_stream(database, with_export(loaded), OWNER, account, io.BytesIO(FILES["items"]), "items.csv", observed_at=NOW)
    with pytest.raises(BadFile, match="claims is a format of one file"), together({}, loaded.importers, "claims"):
        pass


def test_a_bad_row_keeps_its_account_out_and_is_named_with_its_file(run: Import, database: Database) -> None:
    bad = {**FILES, "reviews": FILES["reviews"].replace(b"A-2,1,", b"A-2,6,")}
    found = run(bad)
    assert "line 2 of reviews.csv, column 'stars': found '6', expected " in str(found["SHOP-1"].error)
    assert not of_account(database, Order, "SHOP-1")
    assert found["SHOP-2"].error is None
    found = run(bad, skip_bad_rows=True)
    assert [(each.summary.new, each.summary.rejected) for each in found.values() if each.summary] == [(5, 1), (0, 0)]


# An item and a review that cannot be read, of two orders, and an order that no other file has.
BAD = {
    "orders": FILES["orders"].replace(b"A-3,2026-03-03", b"A-3,2026-99-03"),
    "items": FILES["items"].replace(b"A-1,1,cup", b'A-1,1,"a cup, big"'),
    "reviews": FILES["reviews"].replace(b"A-2,1,", b"A-2,6,"),
}


def test_bad_rows_are_written_with_the_rows_beside_them_and_corrected_and_imported(run: Import, database: Database, tmp_path: Path) -> None:
    found = run(BAD, skip_bad_rows=True, rejects=lambda name: tmp_path / name)
    paths = tuple(tmp_path / name for name in NAMES.values())
    assert [(each.summary.rejected, each.summary.rejects) for each in found.values() if each.summary] == [(2, paths), (0, paths)]
    assert {path.name: path.read_text().splitlines() for path in paths} == {
        "orders.csv": ['"reason",order_id,purchased', '"",A-1,2026-03-01T10:00:00Z', '"",A-2,2026-03-02T10:00:00Z'],
        "items.csv": [
            '"reason",order_id,item,product,seller',
            '"",A-1,2,pot,SHOP-2',
            "\"line 3 of items.csv, column 'product': found 'a cup, big', expected a key of at most 100 letters, digits and signs, without spaces and "
            'without @",A-1,1,"a cup, big",SHOP-1',
            '"",A-2,1,cup,SHOP-1',
        ],
        "reviews.csv": [
            '"reason",order_id,stars,written',
            '"",A-1,5,2026-03-09T10:00:00Z',
            "\"line 2 of reviews.csv, column 'stars': found '6', expected a whole number from 1 to 5\",A-2,6,2026-03-09T10:00:00Z",
        ],
    }
    corrected = {
        name: path.read_bytes().replace(b'"a cup, big"', b"cup").replace(b"A-2,6,", b"A-2,1,")
        for name, path in zip(FILES, paths, strict=True)
    }
    # The order and its review are of the seller of the item, too.
    assert {key: (each.summary.new, each.summary.rejected) for key, each in run(corrected).items() if each.summary} == {
        "SHOP-1": (4, 0),
        "SHOP-2": (0, 0),
    }
    facts = {fact: stored(database, fact) for fact in (Order, Item, Feedback)}
    assert {fact: len(rows) for fact, rows in facts.items()} == {Order: 3, Item: 3, Feedback: 3}
    assert [(each.summary.new, each.summary.changed) for each in run().values() if each.summary] == [(0, 0), (0, 0)]


def test_bad_rows_never_overwrite_those_of_another_import(run: Import, database: Database, tmp_path: Path) -> None:
    (tmp_path / "reviews.csv").write_text("corrected with care")
    with pytest.raises(BadFile, match=r"^reviews\.csv: nothing was imported, because .*reviews\.csv exists already"):
        run(BAD, skip_bad_rows=True, rejects=lambda name: tmp_path / name)
    assert [path.name for path in tmp_path.glob("*.csv")] == ["reviews.csv"]
    assert not stored(database, Order)


def test_of_a_part_that_is_no_sheet_the_bad_rows_are_written_alone(run: Import, tmp_path: Path) -> None:
    class Reviews:
        """Lines of JSON, of which none can be read."""

        def __call__(self, sample: Sample) -> bool:
            return sample.start.startswith(b"{")

        def read(self, stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
            for number, line in enumerate(stream, start=1):
                yield Rejected(BadRow(number, "stars", None, "any"), line.decode(), {"order_id": json.loads(line)["order"]})

    files = replace(EXPORT, parts=EXPORT.parts | {"reviews": Reviews()})
    run(
        FILES | {"reviews": b'{"order": "A-2"}'},
        replace(IMPORTER, recognises=files, read=files.read),
        skip_bad_rows=True,
        rejects=lambda name: tmp_path / name,
    )
    assert json.loads((tmp_path / "reviews.csv").read_text()) == {
        "reason": "line 1 of reviews.csv, column 'stars': expected any",
        "order": "A-2",
    }
    assert (tmp_path / "orders.csv").read_text().splitlines()[1:] == ['"",A-2,2026-03-02T10:00:00Z']


@pytest.mark.parametrize("is_of_rejects", [False, True])
def test_what_a_file_of_bad_rows_lacks_is_not_gone(loaded: Loaded, is_of_rejects: bool) -> None:
    importers = with_export(loaded, replace(IMPORTER, lists=frozenset({FactKind.ORDER}))).importers
    reviews = b"reason," + FILES["reviews"] if is_of_rejects else FILES["reviews"]
    with (
        together(streams(FILES | {"reviews": reviews}), importers, "acme_export") as files,
        opened(files, "x", importers, observed_at=NOW) as report,
    ):
        assert report.importer.lists == (frozenset() if is_of_rejects else {FactKind.ORDER})


def test_a_row_that_says_nothing_of_its_account_is_reported_with_its_reason(run: Import) -> None:
    found = run(FILES | {"reviews": FILES["reviews"] + b"A-1,many,\nA-9,3,2026-03-09T10:00:00Z\n"})
    assert str(found[None].error).splitlines() == [
        "export: a row names no account, and was not imported: line 4 of reviews.csv.",
        "export: line 4 of reviews.csv, column 'stars': found 'many', expected a whole number from 1 to 5",
    ]


def test_files_of_one_account_are_one_import(database: Database, loaded: Loaded) -> None:
    without = {part: content.replace(b",SHOP-1", b"").replace(b",SHOP-2", b"").replace(b",seller", b"") for part, content in FILES.items()}
    items = replace(EXPORT.parts["items"], columns=EXPORT.parts["items"].columns[:3])  # type: ignore[type-var]  # it is a Sheet
    files = FileSet({**EXPORT.parts, "items": items}, "order_id", lambda rows: [*rows["orders"], *rows["items"]])
    of = with_export(loaded, replace(IMPORTER, recognises=files, read=files.read))
    with together(streams(without), of.importers, "acme_export") as found:
        done = import_stream(database, of, OWNER, NewAccount("shop", "Shop", "UTC"), found, "export", observed_at=NOW)
    assert (done.rows_read, done.new, done.skipped) == (8, 6, 2)  # the reviews are left out


@pytest.mark.parametrize(
    ("join", "message"),
    [
        (
            lambda rows: 1 // 0,
            "export: line 2 of orders.csv: the format acme_export of the plugin acme_export (acme-export 1.0) has a set of files",
        ),
        (lambda rows: [*rows["orders"], *rows["orders"]], "yields the same dict in two rows"),
    ],
)
def test_a_mistake_in_the_code_of_the_plugin_is_named(run: Import, join: Any, message: str) -> None:
    files = replace(EXPORT, join=join)
    with pytest.raises(PluginError) as failed:
        run(importer=replace(IMPORTER, recognises=files, read=files.read))
    assert message in str(failed.value)
