"""Importing on the command line: what is printed, what is stored, and what is left unchanged."""

import datetime as dt
import gzip
import hashlib
import io
import os
import socket
import zipfile

import pytest
import sqlalchemy as sa
from rich.console import Console

from sellerhealth.cli import importing
from sellerhealth.model.records import ImportBatch
from sellerhealth.store.database import Database
from tests.support.file_set import FILES, SOURCE

TEMPLATES = ("cancellations", "chargebacks", "claims", "feedback", "messages", "packages", "refunds", "violations")


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_can_be_imported_as_it_is(invoke, folder, name):
    path = folder / f"{name}.csv"
    path.write_text(invoke("import", "--template", name).out)
    done = invoke("import", str(path), "--account", "shop", "--create", "--name", "My shop", "--time-zone", "Europe/Berlin")
    assert done.exit_code == 0, done.err
    assert done.rows()[0][:7] == [f"{name}.csv", name, "1", "1", "0", "0", "0"]
    assert invoke("account", "list").rows()[0][:4] == ["shop", "My", "shop", "Europe/Berlin"]


def test_data_notes_are_printed(invoke, claims):
    done = invoke("import", str(claims), "--account", "shop", "--create", "--name", "My shop")
    assert "order_not_imported 1" in done.err


def test_an_unknown_template_lists_them_all(invoke):
    done = invoke("import", "--template", "claim")
    assert done.exit_code == 1
    assert "Did you mean claims?" in done.err
    assert ", ".join(TEMPLATES) in done.err


def test_a_file_is_opened_once(invoke, claims, shop, monkeypatch):
    opened, original = [], io.open

    def record(file, *arguments, **options):
        opened.append(str(file))
        return original(file, *arguments, **options)

    monkeypatch.setattr("io.open", record)  # what Path.open calls
    monkeypatch.setattr("builtins.open", record)
    assert invoke("import", str(claims), "--account", shop).exit_code == 0
    assert opened.count(str(claims)) == 1


def test_a_file_knows_up_to_when_it_was_last_modified(invoke, claims, shop, store_url):
    modified = dt.datetime(2026, 3, 31, 11, tzinfo=dt.UTC)
    claims.write_text(claims.read_text() + "123-4567890-7654321,2026-03-02,OPEN,,US\n")
    os.utime(claims, (modified.timestamp(), modified.timestamp()))
    assert invoke("import", str(claims), "--account", shop).exit_code == 0
    database = Database(store_url)
    with database.reading() as connection:
        assert modified in connection.scalars(sa.select(ImportBatch.observed_at)).all()
    database.close()


def test_an_error_names_the_option_that_solves_it(invoke, claims, shop, folder):
    nonsense, feedback = folder / "nonsense.csv", folder / "feedback.txt"
    nonsense.write_text("a,b\n1,2\n")
    feedback.write_text("Date\tRating\tComments\tOrder ID\n3/31/26\t1\tNo\t123-4567890-1234567\n")
    for file, account, option in (
        (claims, "nobody", "To create it, add --create, and --name with the name to show."),
        (
            nonsense,
            shop,
            "Name the format with --format, or print an example of one with --template. `sellerhealth docs import` describes them.",
        ),
        (feedback, shop, "Name the marketplace with --marketplace."),
    ):
        assert invoke("import", str(file), "--account", account).err.endswith(f"\n{option}\n")


def test_an_unknown_account_needs_create(invoke, claims):
    done = invoke("import", str(claims), "--account", "shop")
    assert (done.exit_code, done.err.count("--create")) == (1, 1)
    assert done.err.startswith("NOT_FOUND: There is no account 'shop'.\n")
    assert invoke("imports").rows() == []


def test_an_account_that_may_be_meant_is_named_before_another_is_created(invoke, claims, shop):
    done = invoke("import", str(claims), "--account", "shpo")
    assert done.err.startswith("NOT_FOUND: There is no account 'shpo'. Did you mean shop? `sellerhealth account list` lists them all.\n")


def test_create_leaves_an_account_that_exists_as_it_is_and_says_so(invoke, claims, shop):
    done = invoke("import", str(claims), "--account", shop, "--create", "--name", "Another name")
    assert done.exit_code == 0
    assert "The account shop exists already" in done.err
    assert "My shop" in invoke("account", "list").out


def test_the_same_file_again_changes_nothing(invoke, claims, shop):
    assert invoke("import", str(claims), "--account", shop).rows()[0][2:7] == ["1", "0", "0", "1", "0"]


def test_a_dry_run_prints_the_result_and_changes_nothing(invoke, claims, shop):
    claims.write_text(claims.read_text().replace("GRANTED_SELLER", "DENIED"))
    before = invoke("imports").out
    done = invoke("import", str(claims), "--account", shop, "--dry-run")
    assert done.rows()[0][2:7] == ["1", "0", "1", "0", "0"]
    assert "dry run" in done.err
    assert invoke("imports").out == before


def test_a_dry_run_of_a_first_import_prints_the_same_and_creates_nothing(invoke, claims, folder):
    first = ("import", str(claims), "--account", "shop", "--create", "--name", "My shop")
    dry = invoke(*first, "--dry-run")
    assert (dry.exit_code, "dry run" in dry.err) == (0, True)
    assert invoke("account", "list").rows() == invoke("imports").rows() == []
    assert dry.rows()[0][:7] == invoke(*first).rows()[0][:7]


def test_a_dry_run_with_create_is_compared_with_what_an_account_that_exists_holds(invoke, claims, shop):
    done = invoke("import", str(claims), "--account", shop, "--create", "--name", "Another name", "--dry-run")
    assert done.rows()[0][2:7] == ["1", "0", "0", "1", "0"]


def add_bad_row(claims):
    claims.write_text(claims.read_text() + "123-4567890-7654321,2026-03-02,LOST,,US\n")


def test_a_bad_row_rejects_the_file_and_is_reported_with_its_location(invoke, claims, shop):
    add_bad_row(claims)
    done = invoke("import", str(claims), "--account", shop)
    assert (done.exit_code, done.out) == (1, "")
    assert "claims.csv: line 3, column 'state': found 'LOST'" in done.err
    assert "BAD_USER_INPUT: " in done.err
    assert "FAILED" in invoke("imports").out


def test_bad_rows_can_be_skipped_and_are_kept(invoke, claims, shop, folder):
    add_bad_row(claims)
    done = invoke("import", str(claims), "--account", shop, "--skip-bad-rows")
    assert done.exit_code == 0
    assert done.rows()[0][2:8] == ["2", "0", "0", "1", "0", "1"]
    assert "found 'LOST'" in done.err
    (kept,) = folder.glob("claims*reject*")
    assert str(kept.name) in done.err
    assert "123-4567890-7654321" in kept.read_text()


def test_files_before_the_one_that_fails_stay_imported_and_are_listed(invoke, claims, folder, shop):
    nonsense = folder / "nonsense.csv"
    nonsense.write_text("a,b\n1,2\n")
    done = invoke("import", str(claims), str(nonsense), "--account", shop)
    assert done.exit_code == 1
    assert done.rows()[0][0] == "claims.csv"
    assert "UNKNOWN_FORMAT: nonsense.csv" in done.err


FIRST = ("--account", "shop", "--create", "--name", "My shp", "--time-zone", "Europe/Berlin")


def test_a_new_account_is_removed_when_nothing_was_imported_into_it(invoke, claims):
    good = claims.read_text()
    add_bad_row(claims)
    done = invoke("import", str(claims), *FIRST)
    assert done.exit_code == 1
    assert "Nothing was imported, so the account shop was not created." in done.err
    assert "found 'LOST'" in done.err
    assert invoke("account", "list").rows() == invoke("imports").rows() == []
    claims.write_text(good)
    assert invoke("import", str(claims), "--account", "shop", "--create", "--name", "My shop").exit_code == 0
    assert invoke("account", "list").rows()[0][:4] == ["shop", "My", "shop", "UTC"]


def test_a_new_account_is_removed_when_its_first_import_is_interrupted(invoke, claims, monkeypatch):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "import_reports", interrupt)
    assert invoke("import", str(claims), *FIRST).exit_code != 0
    assert invoke("account", "list").rows() == []


def test_an_account_stays_when_a_file_was_imported_or_it_was_there_before(invoke, claims, folder):
    nonsense = folder / "nonsense.csv"
    nonsense.write_text("a,b\n1,2\n")
    done = invoke("import", str(claims), str(nonsense), *FIRST)
    assert (done.exit_code, "was not created" in done.err) == (1, False)
    assert len(invoke("account", "list").rows()) == 1
    done = invoke("import", str(nonsense), *FIRST)
    assert (done.exit_code, "was not created" in done.err) == (1, False)
    assert len(invoke("account", "list").rows()) == 1


def test_a_dry_run_that_fails_creates_nothing_and_says_nothing_of_an_account(invoke, claims):
    add_bad_row(claims)
    done = invoke("import", str(claims), *FIRST, "--dry-run")
    assert (done.exit_code, "was not created" in done.err) == (1, False)
    assert invoke("account", "list").rows() == []


def test_options_reach_the_import(invoke, folder, shop):
    report = folder / "report.txt"
    report.write_text(
        "Date\tRating\tComments\tYour Response\tOrder ID\tRater Email\n3/31/26\t1\tNo\t\t123-4567890-1234567\tx@example.org\n"
    )
    options = ("--format", "GET_SELLER_FEEDBACK_DATA", "--observed-at", "2026-04-01T10:00:00+02:00")
    assert invoke("import", str(report), "--account", shop, *options).exit_code == 1
    assert invoke("import", str(report), "--account", shop, *options, "--marketplace", "US").exit_code == 0
    newest = invoke("imports").rows()[0]
    assert newest[2:6] == [shop, "report.txt", "GET_SELLER_FEEDBACK_DATA", "DONE"]


def test_a_file_that_differs_from_what_its_sender_says_is_refused(invoke, claims, shop):
    into = ("--account", shop)
    size, checksum = str(claims.stat().st_size), hashlib.sha256(claims.read_bytes()).hexdigest()
    assert invoke("import", str(claims), *into, "--expect-size", size, "--expect-sha256", checksum).exit_code == 0
    for wrong in (("--expect-size", "1"), ("--expect-sha256", "0" * 64)):
        done = invoke("import", str(claims), *into, *wrong)
        assert (done.exit_code, done.err.split(":")[0]) == (1, "CONTENT_MISMATCH")
    assert invoke("import", str(claims), str(claims), *into, "--expect-size", size).exit_code == 2


@pytest.mark.parametrize("terminal", [True, False])
def test_there_is_a_progress_bar_on_a_terminal_only(invoke, claims, shop, monkeypatch, terminal, capsys):
    monkeypatch.setattr(importing, "ERR", Console(stderr=True, force_terminal=terminal, width=80))
    done = invoke("import", str(claims), "--account", shop)
    assert ("100%" in done.err) is terminal
    assert done.exit_code == 0


def test_a_compressed_file_is_imported_as_its_content(invoke, claims):
    packed = claims.with_name("claims.csv.gz")
    packed.write_bytes(gzip.compress(claims.read_bytes()))
    assert invoke("import", str(packed), *FIRST).rows()[0][:3] == ["claims.csv", "claims", "1"]
    done = invoke("import", str(claims), "--account", "shop")
    assert done.rows()[0][3:6] == ["0", "0", "1"]  # the same content


def test_each_report_of_an_archive_is_imported(invoke, claims, folder):
    refunds = "order_id,refunded_at\nA-1,2026-03-01\nA-2,never\n"
    with zipfile.ZipFile(folder / "reports.zip", "w") as archive:
        archive.writestr("claims.csv", claims.read_text())
        archive.writestr("march/refunds.csv", refunds)
    done = invoke("import", str(folder / "reports.zip"), *FIRST, "--skip-bad-rows")
    assert [row[:3] for row in done.rows()] == [
        ["reports.zip/claims.csv", "claims", "1"],
        ["reports.zip/march/refunds.csv", "refunds", "2"],
    ]
    assert "A-2,never" in (folder / "reports.zip.march.refunds.rejected.csv").read_text()


def test_a_named_pipe_and_a_socket_are_refused_at_once(invoke, folder, shop):
    os.mkfifo(folder / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket.csv"))
        for name in ("pipe.csv", "socket.csv"):
            done = invoke("import", str(folder / name), "--account", "shop")
            assert (done.exit_code, f"{name} is not a file but a named pipe, a socket or a device" in done.err) == (1, True)


def test_the_files_of_a_folder_are_imported_one_by_one(invoke, folder, claims):
    reports = folder / "reports"
    (reports / "march").mkdir(parents=True)
    (reports / ".hidden.csv").write_text("not a report")
    (reports / "b.csv").write_text(claims.read_text())
    (reports / "march" / "refunds.csv").write_text(invoke("import", "--template", "refunds").out)
    add_bad_row(reports / "b.csv")
    both = [["b.csv", "claims"], ["refunds.csv", "refunds"]]
    done = invoke("import", str(reports), *FIRST, "--skip-bad-rows")
    assert [row[:2] for row in done.rows()] == both, done.err

    (reports / "b.csv").write_text(claims.read_text())
    assert (reports / "b.rejected.csv").exists()  # and is not imported
    assert [row[:2] for row in invoke("import", str(reports), *FIRST).rows()] == both


@pytest.mark.parametrize("into", [FIRST, ("--accounts-from-file", "--create")])
def test_files_of_a_folder_that_cannot_be_imported_are_listed_and_the_others_imported(invoke, folder, claims, into):
    reports = folder / "reports"
    reports.mkdir()
    feedback = invoke("import", "--template", "GET_SELLER_FEEDBACK_DATA").out
    for name, text in {"a.pdf": "%PDF-1.7", "b.csv": claims.read_text(), "c.txt": feedback, "d.csv": claims.read_text()}.items():
        head, *lines = text.splitlines()
        of_accounts = "\n".join([f"{head},account", *(f"{line},shop" for line in lines)])
        (reports / name).write_text(text if name == "a.pdf" or into is FIRST else of_accounts)
    done = invoke("import", str(reports), *into)
    assert (done.exit_code, [row[0] for row in done.rows()]) == (1, ["b.csv", "d.csv"])
    assert "IMPORT_INCOMPLETE: Of 4 files 2 were not imported:" in done.err
    assert "a.pdf is a PDF: download the report as text." in done.err
    assert "c.txt: GET_SELLER_FEEDBACK_DATA does not name its marketplace" in done.err
    assert "Name the marketplace with --marketplace." in done.err


def test_a_missing_file_is_an_error_of_usage(invoke, claims, shop):
    done = invoke("import", str(claims), "missing.csv", "--account", shop)
    assert (done.exit_code, "there is no file missing.csv" in done.err) == (2, True)


def test_an_empty_folder_is_no_file(invoke, folder, shop):
    (folder / "reports").mkdir()
    done = invoke("import", str(folder / "reports"), "--account", shop)
    assert (done.exit_code, "name at least one file" in done.err) == (2, True)


def test_a_pipe_of_the_shell_is_read(invoke, claims, shop):
    reading, writing = os.pipe()
    os.write(writing, claims.read_bytes())
    os.close(writing)
    done = invoke("import", f"/dev/fd/{reading}", "--account", "shop")
    os.close(reading)
    assert done.rows()[0][1:6] == ["claims", "1", "0", "0", "1"], done.err


@pytest.mark.parametrize("options", [(), ("--format", "ORDERS_API_2026_01_01"), ("--format", "claims")])
def test_an_error_response_is_called_that_whatever_format_is_named(invoke, folder, shop, options):
    (folder / "orders.json").write_text('{"errors": [{"code": "Throttled", "message": "Slow down."}]}')
    done = invoke("import", str(folder / "orders.json"), "--account", "shop", *options)
    assert (done.exit_code, "is an error response (Throttled) of Amazon" in done.err, "--format" in done.err) == (1, True, False)
    assert len(invoke("imports").rows()) == 1  # that of the shop itself


def test_a_file_is_imported_into_the_accounts_that_its_rows_name(invoke, folder):
    (folder / "claims.csv").write_text("order_id,opened_at,account\nA-1,2026-03-01,A\nB-1,2026-03-02,B\nA-2,2026-03-03,A\n")
    done = invoke("import", "claims.csv", "--accounts-from-file", "--create")
    assert (done.exit_code, done.rows()[0][:10]) == (0, ["claims.csv", "claims", "2", "2", "0", "3", "3", "0", "0", "0"]), done.err
    assert sorted(row[:2] for row in invoke("account", "list").rows()) == [["A", "A"], ["B", "B"]]


def test_accounts_that_fail_are_listed_with_their_remedy_and_the_others_are_imported(invoke, folder, shop):
    (folder / "claims.csv").write_text("order_id,opened_at,account\nA-1,2026-03-01,shop\nB-1,2026-03-02,B\nC-1,2026-03-02,\n")
    done = invoke("import", "claims.csv", "--accounts-from-file")
    assert (done.exit_code, done.rows()[0][2:7]) == (1, ["2", "0", "1", "1", "1"])
    assert done.err.splitlines() == [
        "IMPORT_INCOMPLETE: Of 2 accounts 1 was not imported:",
        "claims.csv: line 3: there is no account 'B'.",
        "claims.csv: a row names no account, and was not imported: line 4.",
        "To create accounts that do not exist, add --create.",
    ]


def test_a_file_of_accounts_is_not_imported_into_one_and_the_option_is_named(invoke, folder, shop):
    (folder / "claims.csv").write_text("order_id,opened_at,account\nA-1,2026-03-01,B\n")
    done = invoke("import", "claims.csv", "--account", shop)
    assert (done.exit_code, "claims.csv: line 2, column 'account'" in done.err, "--accounts-from-file" in done.err) == (1, True, True)


def test_the_reports_of_an_archive_can_be_of_many_accounts(invoke, folder):
    with zipfile.ZipFile(folder / "reports.zip", "w") as archive:
        archive.writestr("claims.csv", "order_id,opened_at,account\nA-1,2026-03-01,A\nB-1,never,B\n")
        archive.writestr("refunds.csv", "order_id,refunded_at,account\nA-1,2026-03-01,A\n")
    done = invoke("import", "reports.zip", "--accounts-from-file", "--create", "--skip-bad-rows")
    assert [row[:7] for row in done.rows()] == [
        ["reports.zip/claims.csv", "claims", "2", "2", "0", "2", "1"],
        ["reports.zip/refunds.csv", "refunds", "1", "0", "0", "1", "1"],
    ]
    assert (folder / "reports.zip.claims.rejected.csv").exists()
    instant = dt.datetime.fromtimestamp((folder / "reports.zip").stat().st_mtime, dt.UTC).isoformat().replace("+00:00", "Z")
    assert f"correct and import it, with --observed-at {instant}, as of which it is true." in done.err


def test_a_manifest_names_the_files_of_accounts_and_what_they_do_not_say(invoke, folder, shop):
    (folder / "march").mkdir()
    (folder / "march" / "a.csv").write_text("order_id,opened_at\nA-1,2026-03-01\n")
    (folder / "march" / "b.csv").write_text("order_id,refunded_at\nB-1,2026-03-01\n")
    (folder / "march" / "bad.csv").write_text("x\n")
    lines = ("march/a.csv,shop,US,claims,2026-03-10T00:00:00Z", "march/b.csv,B,,,", "march/none.csv,B,,,", "march/bad.csv,shop,,,")
    (folder / "march.csv").write_text("\n".join(["file,account,marketplace,format,observed-at", *lines]))
    done = invoke("import", "--manifest", "march.csv")
    assert [row[:2] for row in done.rows()] == [["a.csv", "shop"]]
    assert (done.exit_code, "march.csv: line 3: there is no account 'B'." in done.err, "add --create" in done.err) == (1, True, True)
    done = invoke("import", "--manifest", "march.csv", "--create")
    assert [row[:2] for row in done.rows()] == [["a.csv", "shop"], ["b.csv", "B"]]
    assert done.err.splitlines()[:2] == [
        "IMPORT_INCOMPLETE: Of 4 files 2 were not imported:",
        f"march.csv: line 4: there is no file {folder.relative_to(folder) / 'march' / 'none.csv'}.",
    ]
    assert "march.csv: line 5: bad.csv is of no known format." in done.err


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("claims.csv", "--accounts-from-file", "--account", "shop"), "use no --account beside it"),
        (("claims.csv", "--manifest", "claims.csv"), "use no FILE"),
        (("--manifest", "claims.csv", "--account", "shop"), "use no FILE, --account"),
        (("--manifest", "nothing.csv"), "there is no file nothing.csv"),
        (("claims.csv",), "with --account KEY"),
    ],
)
def test_options_that_contradict_each_other_are_an_error_of_usage(invoke, claims, options, why):
    done = invoke("import", *options)
    assert (done.exit_code, why in " ".join(done.err.replace("│", "").split())) == (2, True), done.err


@pytest.fixture
def export(folder):
    """A folder with the files of a set, and the plugin that reads them."""
    (folder / "export").mkdir()
    for part, content in FILES.items():
        folder.joinpath("export", f"{part}.csv").write_bytes(content)
    plugin = folder / "acme_export.py"
    plugin.write_text(SOURCE)
    return plugin


def test_files_that_belong_together_are_imported_from_their_folder(invoke, folder, export, claims):
    done = invoke("import", str(claims), str(folder / "export"), "--accounts-from-file", "--create", "--plugin", str(export))
    assert done.exit_code == 1  # the claims name no account
    done = invoke("import", str(folder / "export"), "--accounts-from-file", "--create", "--plugin", str(export))
    assert done.exit_code == 0, done.err
    assert done.rows()[0] == [
        "items.csv,",
        "orders.csv,",
        "reviews.csv",
        "acme_export",
        "2",
        "2",
        "0",
        "9",
        "9",
        *"0000",
        done.rows()[0][-1],
    ]
    some = [str(folder / "export" / name) for name in ("orders.csv", "items.csv")]
    done = invoke("import", *some, "--accounts-from-file", "--plugin", str(export))
    assert done.exit_code == 1
    assert "there is no file 'reviews', with the columns order_id, stars, written" in done.err


def test_bad_rows_of_files_that_belong_together_are_corrected_and_imported_together(invoke, folder, export):
    reviews = folder / "export" / "reviews.csv"
    reviews.write_bytes(FILES["reviews"].replace(b"A-2,1,", b"A-2,6,"))
    options = ("--accounts-from-file", "--create", "--plugin", str(export))
    done = invoke("import", str(folder / "export"), "--skip-bad-rows", *options)
    assert done.exit_code == 0, done.err
    written = [folder / "export" / f"{name}.rejected.csv" for name in ("orders", "items", "reviews")]
    orders, items, bad = written
    assert (
        f"were written to {orders}, {items} and {bad}, with the rows that belong to them: correct them and import these files together, with --observed-at "
        in " ".join(done.err.split())
    )
    bad.write_text(bad.read_text().replace("A-2,6,", "A-2,1,"))
    done = invoke("import", *map(str, written), *options)
    assert (done.exit_code, done.rows()[0][7:13]) == (0, [*"310200"]), done.err
    done = invoke("import", str(folder / "export"), "--skip-bad-rows", *options)  # the files of bad rows are still there
    assert "exists already" in done.err


@pytest.mark.parametrize("names", [[*FILES], ["orders", "items"]])
def test_an_archive_of_files_that_belong_together_can_come_from_a_pipe(invoke, export, names):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for part in names:
            packed.writestr(f"{part}.csv", FILES[part])
    reading, writing = os.pipe()
    with open(reading, "rb"), open(writing, "wb") as pipe:
        pipe.write(archive.getvalue())
        pipe.close()
        done = invoke("import", f"/dev/fd/{reading}", "--accounts-from-file", "--create", "--plugin", str(export))
    if len(names) == len(FILES):
        assert (done.exit_code, done.rows()[0][1:9]) == (0, ["acme_export", "2", "2", "0", "9", "9", "0", "0"]), done.err
    else:
        assert (
            f"{reading}: acme_export (Export of the Acme marketplace) is imported from several files together, and there is no file 'reviews'"
            in done.err
        )
        assert done.exit_code == 1


def test_a_manifest_lists_files_that_belong_together_line_by_line(invoke, folder, export):
    items = folder / "export" / "items.csv"
    items.write_text(items.read_text().replace("SHOP-1", "").replace("SHOP-2", ""))
    export.write_text(
        SOURCE.replace(
            'Column("seller", "account", account, "Who sold it.", required=True, filled=True)', 'Column("seller", "account", account, "")'
        )
    )
    listed = folder / "manifest.csv"
    lines = [f"export/{part}.csv,SHOP-9" for part in FILES]
    listed.write_text("\n".join(["file,account", *lines, "export/missing.csv,SHOP-9"]))
    done = invoke("import", "--manifest", str(listed), "--create", "--plugin", str(export))
    assert done.rows()[0][3:6] == ["SHOP-9", "acme_export", "8"]
    assert "Of 4 files 1 was not imported" in done.err
    listed.write_text("\n".join(["file,account", *lines[:2]]))
    done = invoke("import", "--manifest", str(listed), "--plugin", str(export))
    assert "Of 2 files 2 were not imported" in done.err
    assert "manifest.csv: lines 2, 3: orders.csv, items.csv: acme_export" in done.err
