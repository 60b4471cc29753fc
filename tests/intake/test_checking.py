"""Importers of plugins are not trusted: their mistakes keep the whole file out, and the error names plugin, line and fix."""

import csv
import dataclasses
import datetime as dt
import io
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import sqlalchemy as sa

from sellerhealth.access import OWNER
from sellerhealth.errors import BadFile, PluginError
from sellerhealth.facts import FACTS, Claim, Feedback, Package, Refund
from sellerhealth.intake import BadRows, ImportSummary, import_stream
from sellerhealth.model.records import ImportBatch, Source
from sellerhealth.plugins.classifier import Classifier
from sellerhealth.plugins.discover import BUILT_IN_DISTRIBUTION
from sellerhealth.plugins.load import Loaded
from sellerhealth.plugins.plugin import Origin
from sellerhealth.plugins.registry import Importers
from sellerhealth.sources import (
    BadRow,
    Column,
    Entry,
    FactKind,
    FileContext,
    Importer,
    Rejected,
    Row,
    Sample,
    Sheet,
    Skipped,
    Unreadable,
    instant,
    key,
)
from sellerhealth.store.database import Database
from tests.support.importers import NOW

ACME = Origin("acme_shop", "acme-shop-health", "1.2")
GOOD = {"order_id": "A-1", "opened_at": NOW, "state": "OPEN"}
Read = Callable[[BinaryIO, FileContext], Any]
Run = Callable[..., ImportSummary]


def plugin_importer(read: Read, recognises: Callable[[Sample], bool] = lambda sample: True) -> Importer:
    return Importer("acme_claims", "Claims", frozenset({FactKind.CLAIM}), 10, recognises, read)


def yielding(*entries: Any) -> Read:
    def read(stream: BinaryIO, context: FileContext) -> Iterator[Any]:
        yield from entries

    return read


@pytest.fixture
def run(database: Database, loaded: Loaded, account: int, tmp_path: Path) -> Run:
    """Imports a file with an importer of a third party."""

    def run(importer: Importer, text: str = "order\nA-1\n", origin: Origin = ACME, **options: Any) -> ImportSummary:
        with_importer = dataclasses.replace(loaded, importers=Importers([(importer, origin)]))
        stream, rejects = io.BytesIO(text.encode()), tmp_path / "claims.rejected.csv"
        return import_stream(
            database, with_importer, OWNER, account, stream, "claims.csv", observed_at=NOW, rejects=lambda name: rejects, **options
        )

    return run


def rows_in(database: Database) -> int:
    with database.reading() as connection:
        return sum(connection.scalar(sa.select(sa.func.count()).select_from(fact)) or 0 for fact in (*FACTS, Source))


def refused(run: Run, read: Read, **options: Any) -> str:
    with pytest.raises(PluginError) as refusal:
        run(plugin_importer(read), **options)
    assert refusal.value.code == "PLUGIN_ERROR"
    return str(refusal.value)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (("order", "A-1"), "yields a tuple: yield Row, Reported, Rejected, Skipped or Remark"),
        (None, "yields a NoneType: yield Row, Reported, Rejected, Skipped or Remark"),
        (Rejected("line 3 is bad", "text"), "yields a Rejected without a BadRow, the text of the row and a mapping of its values"),
        (
            Rejected(BadRow(3, None, None, "sense"), {"order": "A-1"}),
            "yields a Rejected without a BadRow, the text of the row and a mapping of its values",
        ),
        (Row("Claim", {}, None, 2), "line 2: * yields a Row of 'Claim': its fact is one of Order, Item, Package, Claim"),
        (Row(Claim, [("order_id", "A-1")], None, 2), "yields a Row whose values are a list, not a dict"),
        (Row(Claim, GOOD, None, None), "yields a Row whose line is a NoneType, not a whole number"),
        (Row(Claim, GOOD, None, 2, lines=0), "yields a Row whose lines are 0: say how many lines of the file it takes up, 1 or more"),
        (Skipped(2, None, "1"), "yields a Skipped whose lines are '1'"),
        (Row(Claim, GOOD, NOW.replace(tzinfo=None), 2), "whose observed_at is an instant without an offset: add its time zone"),
        (Row(Claim, GOOD, NOW.date(), 2), "whose observed_at is a date, but it takes a datetime"),
        (Row(Claim, GOOD, "2026-03-01", 2), "whose observed_at is a str, but it takes a datetime"),
        (Row(Claim, {**GOOD, "oder_id": "A-1"}, None, 2), "line 2: * 'oder_id' of Claim, which has no such column. Did you mean order_id?"),
        (Row(Claim, {**GOOD, 7: "A-1"}, None, 2), "sets 7 of Claim, which has no such column"),
        (Row(Claim, {**GOOD, "account_id": 1}, None, 2), "sets 'account_id' of Claim, which has no such column"),
        (Row(Claim, {**GOOD, "versions": ""}, None, 2), "sets 'versions' of Claim, which has no such column"),
        (
            Row(Claim, {**GOOD, "opened_on": NOW.date()}, None, 2),
            "'opened_on' of Claim, which is derived from other columns: leave it out",
        ),
        (Row(Claim, {"order_id": "A-1"}, None, 2), "yields a Claim without 'opened_at', which is part of its key: order_id, opened_at."),
        (Row(Claim, {**GOOD, "order_id": None}, None, 2), "yields a Claim without 'order_id', which is part of its key"),
        (
            Row(Claim, {**GOOD, "order_id": "jane@example.com"}, None, 2),
            "'order_id' of Claim to a text that is not a key of at most 100 letters",
        ),
        (Row(Claim, GOOD, None, 2, account=7), "yields a Row whose account is a int: use the key of an account as a text"),
        (Row(Claim, {**GOOD, "order_id": 7}, None, 2), "sets 'order_id' of Claim to a int, but it takes a str"),
        (
            Row(Claim, {**GOOD, "opened_at": NOW.date()}, None, 2),
            "to a date, but it takes a datetime: convert it to an instant; a Column does",
        ),
        (Row(Claim, {**GOOD, "opened_at": NOW.replace(tzinfo=None)}, None, 2), "to an instant without an offset"),
        (
            Row(Claim, {**GOOD, "opened_at": NOW.replace(year=26)}, None, 2),
            "to an instant that is not from 1995 to 2199: reject such a row",
        ),
        (Row(Claim, {**GOOD, "state": "DENID"}, None, 2), "to a value that is none of OPEN, * Did you mean DENIED? Reject such a row"),
        (Row(Claim, {**GOOD, "state": Enum("State", ["OPEN"])["OPEN"]}, None, 2), "to a State, but it takes a str"),
        (Row(Claim, {**GOOD, "reported_marketplace": ""}, None, 2), "to an empty text: use None if the value is unknown"),
        (Row(Feedback, {"order_id": "A-1", "rating": 6}, None, 2), "to a number that is not from 1 to 5: reject such a row"),
        (Row(Feedback, {"order_id": "A-1", "rating": 4.5}, None, 2), "sets 'rating' of Feedback to a float, but it takes a int"),
        (Row(Feedback, {"order_id": "A-1", "rating": True}, None, 2), "sets 'rating' of Feedback to a bool, but it takes a int"),
        (Row(Feedback, {"order_id": "A-1", "comment": "a\0b"}, None, 2), "to a text with a NUL character: reject such a row"),
        (Row(Feedback, {"order_id": "A-1", "comment": "\ud800"}, None, 2), "to a text that is not Unicode: reject such a row"),
        (Row(Package, {"order_id": "A-1", "package_id": "1", "units": 2**40}, None, 2), "to a number that is not from -2147483647"),
        (Row(Package, {"order_id": "A-1", "package_id": "1", "scanned": 1}, None, 2), "to a int, but it takes a bool"),
    ],
)
def test_an_entry_that_cannot_be_stored_keeps_the_file_out_and_says_why(run, database, entry, expected):
    message = refused(run, yielding(Row(Claim, dict(GOOD), None, 2), entry))
    assert message.startswith("claims.csv: ")
    assert "the format acme_claims of the plugin acme_shop (acme-shop-health 1.2) " in message
    assert message.endswith(". Nothing of the file was imported: fix the plugin first.")
    before, _, after = expected.partition(" * ")
    assert before in message
    assert after in message
    assert rows_in(database) == 0


def test_a_dict_that_is_used_for_two_rows_is_reported_because_the_second_would_overwrite_the_first(run, database):
    def read(stream, context):
        values = {"opened_at": NOW}
        for line in (2, 3):
            values["order_id"] = f"A-{line}"
            yield Row(Claim, values, None, line)

    assert "claims.csv: line 3: " in (message := refused(run, read))
    assert "yields the same dict in two rows: make a new one for each" in message


def test_an_instant_with_another_offset_becomes_utc(run, database):
    berlin = dt.timezone(dt.timedelta(hours=1))
    run(plugin_importer(yielding(Row(Claim, {"order_id": "A-1", "opened_at": dt.datetime(2026, 3, 2, 0, 30, tzinfo=berlin)}, None, 2))))
    with database.reading() as connection:
        assert connection.scalar(sa.select(Claim.opened_at)) == dt.datetime(2026, 3, 1, 23, 30, tzinfo=dt.UTC)
        assert connection.scalar(sa.select(Claim.opened_on)) == dt.date(2026, 3, 1)


def failing(stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    yield Row(Claim, dict(GOOD), None, 7)
    raise KeyError("Jane Doe")


def test_a_reader_that_raises_is_reported_with_its_line_and_that_of_the_file(run, database):
    with pytest.raises(PluginError) as refusal:
        run(plugin_importer(failing))
    line = failing.__code__.co_firstlineno + 2
    assert str(refusal.value) == (
        "claims.csv: after line 7: the format acme_claims of the plugin acme_shop (acme-shop-health 1.2) raised KeyError "
        f"({__file__}, line {line}). Nothing of the file was imported: fix the plugin first."
    )
    assert isinstance(refusal.value.__cause__, KeyError)
    assert rows_in(database) == 0


def test_what_an_exception_repeats_of_a_file_is_in_a_note_but_not_stored(run, database):
    with pytest.raises(PluginError) as refusal:
        run(plugin_importer(failing))
    assert refusal.value.__notes__ == ["KeyError: 'Jane Doe'"]
    with database.reading() as connection:
        state, errors = connection.execute(sa.select(ImportBatch.state, ImportBatch.errors)).one()
    assert (state, errors) == ("FAILED", [str(refusal.value)])
    assert "Jane" not in str(errors)


def test_a_mistake_in_a_late_chunk_of_a_file_rolls_the_earlier_ones_back(run, database):
    rows = [Row(Claim, {**GOOD, "order_id": f"A-{n}"}, None, n) for n in range(25_000)]
    assert "claims.csv: line 25000: " in refused(run, yielding(*rows, Row(Claim, {}, None, 25_000)))
    assert rows_in(database) == 0


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda stream, context: None, "returns a NoneType from `read`: write it as a generator, with `yield`"),
        (lambda stream, context: 7, "returns a int from `read`"),
        (lambda stream, context: stream.nothing, "raised AttributeError"),
    ],
)
def test_a_read_that_is_no_generator_is_reported(run, read, message):
    assert message in refused(run, read)


def test_read_may_return_a_list(run):
    assert run(plugin_importer(lambda stream, context: [Row(Claim, dict(GOOD), None, 2), Skipped(3)])).rows_read == 2


def test_a_bad_row_that_is_raised_rather_than_yielded_is_the_fault_of_the_file(run):
    def read(stream, context):
        raise BadRow(3, "state", "LOST", "a state")
        yield

    with pytest.raises(BadFile, match=r"^claims\.csv: line 3, column 'state': found 'LOST', expected a state$"):
        run(plugin_importer(read))


def test_a_stream_that_a_reader_closes_does_not_stop_the_progress(run):
    def read(stream, context):
        with io.TextIOWrapper(stream, "utf-8", newline="") as text:
            for line in csv.DictReader(text):
                yield Row(Claim, {"order_id": line["order"], "opened_at": NOW}, None, 2)

    progress: list[tuple[int, int]] = []
    assert run(plugin_importer(read), progress=lambda done, size: progress.append((done, size))).new == 1
    assert progress == [(10, 10)]


def test_the_rows_of_built_in_formats_are_not_checked_because_that_takes_time(run):
    with pytest.raises(KeyError):
        run(plugin_importer(yielding(Row(Claim, {}, None, 2))), origin=Origin("claims", BUILT_IN_DISTRIBUTION, "1.0"))


# ---------------------------------------------------------------- sheets


def sheet(read: Any = key, fact: Any = lambda values: Refund) -> Sheet:
    return Sheet(
        (
            Column("order", "order_id", key, "The order.", required=True, filled=True),
            Column("when", "refunded_at", instant, "When.", required=True, filled=True),
            Column("reason", "reason", read, "Why."),
        ),
        fact,
    )


def importer_of(sheet: Sheet) -> Importer:
    return Importer("acme_refunds", "Refunds", frozenset(), 10, sheet, sheet.read)


REFUNDS = "order,when,reason\nA-1,2026-03-01T00:00:00Z,late\nA-2,2026-03-02T00:00:00Z,Jane\n"


def test_a_reader_of_cells_that_raises_anything_but_unreadable_is_reported_with_its_column(run, database):
    def reads(text):
        return {"late": "late"}[text]

    with pytest.raises(PluginError) as refusal:
        run(importer_of(sheet(reads)), REFUNDS)
    assert str(refusal.value) == (
        "claims.csv: line 3, column 'reason': the format acme_refunds of the plugin acme_shop (acme-shop-health 1.2) has a reader that "
        f"raised KeyError, not Unreadable, for an unreadable value ({__file__}, line {reads.__code__.co_firstlineno + 1}). "
        "Nothing of the file was imported: fix the plugin first."
    )
    assert refusal.value.__notes__ == ["KeyError: 'Jane'"]
    assert rows_in(database) == 0


def test_the_fact_of_a_sheet_can_reject_a_line_and_its_own_failure_is_reported(run):
    def fact(values):
        if values["reason"] == "Jane":
            raise Unreadable("a reason that is not a name")
        return Refund

    with pytest.raises(BadRows) as refusal:
        run(importer_of(sheet(fact=fact)), REFUNDS)
    assert refusal.value.errors == ("claims.csv: line 3: expected a reason that is not a name",)
    summary = run(importer_of(sheet(fact=fact)), REFUNDS, skip_bad_rows=True)
    assert (summary.new, summary.rejected) == (1, 1)
    with pytest.raises(PluginError, match=r"claims\.csv: line 2: .* has a sheet whose `fact` raised ZeroDivisionError \("):
        run(importer_of(sheet(fact=lambda values: 1 / 0)), REFUNDS)


class Cancelled(BaseException):
    """As some frameworks raise it, so that `except Exception` lets it pass."""


@pytest.mark.parametrize("exits", [SystemExit, Cancelled, GeneratorExit])
def test_an_importer_that_ends_the_process_names_its_plugin_and_leaves_a_failed_batch(run, database, exits):
    def read(stream, context):
        yield Row(Claim, dict(GOOD), None, 2)
        raise exits

    def reader(cell):
        raise exits

    for importer in (plugin_importer(read), importer_of(sheet(reader))):
        with pytest.raises(PluginError, match=f"of the plugin acme_shop .* raised {exits.__name__}"):
            run(importer, REFUNDS)
        with database.reading() as connection:
            assert set(connection.scalars(sa.select(ImportBatch.state))) == {"FAILED"}
        assert rows_in(database) == 0


def test_a_classifier_that_ends_the_process_names_its_plugin_and_leaves_a_failed_batch(database, loaded, account):
    def classify(rating, comment):
        raise SystemExit

    broken = dataclasses.replace(loaded, classify=Classifier((ACME, classify), *loaded.classify.classifiers))
    content = io.BytesIO(b"order_id,left_at,rating\nA-1,2026-03-01,1\n")
    with pytest.raises(PluginError, match=r"The classifier of the plugin acme_shop .* raised SystemExit"):
        import_stream(database, broken, OWNER, account, content, "feedback.csv", observed_at=NOW)
    with database.reading() as connection:
        assert connection.scalars(sa.select(ImportBatch.state)).all() == ["FAILED"]
    assert rows_in(database) == 0


def test_the_built_in_importers_count_as_plugins_in_the_tests_so_that_their_rows_are_checked(loaded):
    assert len(loaded.importers) > 10
    assert {loaded.importers.origin(name).distribution for name in loaded.importers}.isdisjoint({BUILT_IN_DISTRIBUTION})
