"""Each check of ImporterConformance finds importers that break its rule, and says how to fix them."""

import dataclasses
import datetime as dt
import importlib
import itertools
from collections.abc import Iterable

import pytest

from sellerhealth.facts import Claim, Feedback, Item, Order, Refund
from sellerhealth.sources import BadRow, Column, FactKind, Importer, Rejected, Row, Sheet, instant, key
from sellerhealth.testing import ImporterConformance
from tests.support.file_set import FILES, IMPORTER
from tests.testing.conformance import problems

SHEET = Sheet(
    (
        Column("acme order", "order_id", key, "The order.", required=True, filled=True),
        Column("back", "refunded_at", instant, "When.", required=True, filled=True),
    ),
    fact=lambda values: Refund,
)
CORRECT = Importer("acme_returns", "Returns", frozenset(), 10, SHEET, SHEET.read)
SAMPLE = b"acme order,back\nA-1,2026-03-09T12:00:00Z\nA-2,2026-03-10T12:00:00Z\n"
BAD = SAMPLE.replace(b"2026-03-10T12:00:00Z", b"yesterday")


def register_importers() -> Iterable[Importer]:
    return [CORRECT]


def conformance(**changed):
    """An instance of the conformance class of a correct importer, with changed fields of the class or of the importer."""
    fields = {name: changed.pop(name) for name in ("sample", "bad", "expected", "module", "long") if name in changed}
    defaults = {
        "sample": SAMPLE,
        "bad": BAD,
        "expected": {Refund: 2},
        "importer": dataclasses.replace(CORRECT, **changed),
        "__module__": __name__,
    }
    return type("TestIt", (ImporterConformance,), defaults | fields)()


@pytest.mark.parametrize("check", [name for name in vars(ImporterConformance) if name.startswith("test_") and "importing_it" not in name])
def test_a_correct_importer_passes_every_check(check):
    getattr(conformance(), check)()


def test_a_missing_importer_or_file_is_named():
    class Bare(ImporterConformance):
        pass

    with pytest.raises(NotImplementedError, match="Bare names no importer"):
        Bare().test_its_rows_fit_the_facts()
    with pytest.raises(NotImplementedError, match="has no file"):
        type("TestIt", (ImporterConformance,), {"importer": CORRECT, "__module__": __name__})().test_its_rows_fit_the_facts()
    with pytest.raises(NotImplementedError, match="has no file with a bad row"):
        type(
            "TestIt", (ImporterConformance,), {"importer": CORRECT, "sample": SAMPLE, "__module__": __name__}
        )().test_its_rows_fit_the_facts()


def test_an_importer_that_a_server_would_quarantine():
    report = problems(conformance(name="claims").test_it_loads_as_an_installed_plugin_would)
    assert "a server would quarantine claims (your-distribution 0): " in report


def test_an_import_with_side_effects(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    tmp_path.joinpath("acme_opens.py").write_text("open(__file__ + '.log', 'w').close()\n")
    assert "importing acme_opens opens the file" in problems(conformance(module="acme_opens").test_importing_it_does_no_input_or_output)
    assert "the module to import is unknown" in problems(conformance().test_importing_it_does_no_input_or_output)


SIDE_EFFECT = "open(__file__[:-3] + '.log', 'w').close()\n"
MODULES = {
    "a_sheet": """
from sellerhealth import hookimpl
from sellerhealth.facts import Refund
from sellerhealth.sources import Column, Importer, Sheet, instant, key

SHEET = Sheet((Column("a", "order_id", key, "A.", required=True), Column("b", "refunded_at", instant, "B.")), lambda values: Refund)

@hookimpl
def register_importers():
    yield Importer("acme_returns", "Returns", frozenset(), 10, SHEET, SHEET.read)
""",
    "a_sheet_inside": """
from sellerhealth import hookimpl
from sellerhealth.facts import Refund
from sellerhealth.sources import Column, Importer, Sheet, instant, key

@hookimpl
def register_importers():
    columns = Column("a", "order_id", key, "A.", required=True), Column("b", "refunded_at", instant, "B.")
    sheet = Sheet(columns, lambda values: Refund)
    yield Importer("acme_returns", "Returns", frozenset(), 10, sheet, sheet.read)
""",
    "functions": """
from sellerhealth import hookimpl
from sellerhealth.sources import Importer

def read(stream, context):
    yield from ()

@hookimpl
def register_importers():
    yield Importer("acme_returns", "Returns", frozenset(), 10, lambda sample: False, read)
""",
}


@pytest.mark.parametrize("kind", MODULES)
def test_the_module_is_found_by_the_parts_of_an_importer(tmp_path, monkeypatch, kind):
    monkeypatch.syspath_prepend(tmp_path)
    tmp_path.joinpath(f"acme_{kind}.py").write_text(SIDE_EFFECT + MODULES[kind])
    (importer,) = importlib.import_module(f"acme_{kind}").register_importers()
    tests = type("TestIt", (ImporterConformance,), {"importer": importer, "sample": SAMPLE, "bad": BAD, "__module__": __name__})()
    assert f"importing acme_{kind} opens the file" in problems(tests.test_importing_it_does_no_input_or_output)


def test_a_file_that_no_importer_recognises_or_several():
    assert "export.csv is of no known format" in problems(
        conformance(recognises=lambda sample: False).test_its_file_is_recognised_by_it_alone
    )
    claims = b"order_id,opened_at,state,decided_at,marketplace,acme order,back\n"
    report = problems(conformance(sample=claims).test_its_file_is_recognised_by_it_alone)
    assert "export.csv can be read as claims and as acme_returns" in report or "acme_returns and as claims" in report
    report = problems(conformance(sample=claims, recognises=lambda sample: False).test_its_file_is_recognised_by_it_alone)
    assert "`sample` is recognised as claims" in report


def test_foreign_files_that_are_recognised_or_raise():
    report = problems(conformance(recognises=lambda sample: "order_id" in sample.columns).test_it_recognises_no_other_file)
    assert "it recognises a file of claims as its own" in report
    report = problems(conformance(recognises=lambda sample: sample.columns[0] == "acme order").test_it_recognises_no_other_file)
    assert "`recognises` fails on an empty file: IndexError: tuple index out of range" in report


def test_rows_that_do_not_fit_their_facts():
    naive = problems(
        conformance(
            read=lambda stream, context: iter([Row(Refund, {"order_id": "A-1", "refunded_at": dt.datetime(2026, 3, 1)}, None, 2)])
        ).test_its_rows_fit_the_facts
    )
    assert "in line 2 it sets 'refunded_at' of Refund to an instant without an offset" in naive
    assert "`sample` has no row" in problems(conformance(read=lambda stream, context: iter(())).test_its_rows_fit_the_facts)
    report = problems(conformance(sample=BAD).test_its_rows_fit_the_facts)
    assert "it rejects a row of `sample`: line 3, column 'back': found 'yesterday'" in report


def test_other_rows_than_expected():
    report = problems(conformance(expected={Refund: 3, Claim: 1}, covers=frozenset({FactKind.CLAIM})).test_its_rows_are_those_expected)
    assert "`sample` has 2 rows of Refund, but `expected` says 3" in report
    assert "`sample` has 0 rows of Claim" in report
    assert "`covers` names CLAIM, but `sample` has no such row" in report


def test_a_bad_row_that_is_not_rejected():
    def fragile(stream, context):
        for number, line in enumerate(stream.read().decode().splitlines()[1:], 2):
            order_id, back = line.split(",")
            yield Row(Refund, {"order_id": order_id, "refunded_at": dt.datetime.fromisoformat(back)}, None, number)

    def skipping(stream, context):
        return (entry for entry in SHEET.read(stream, context) if isinstance(entry, Row))

    def unexplained(stream, context):
        yield Rejected(BadRow(0, None, None, ""), "")

    check = "test_a_bad_row_is_rejected_and_the_others_are_read"
    report = problems(getattr(conformance(read=fragile), check))
    assert "reading the file failed: ValueError: Invalid isoformat string: 'yesterday'" in report
    assert "test_importer_conformance.py, line" in report
    assert "no row of `bad` is rejected. Yield Rejected(" in problems(getattr(conformance(read=skipping), check))
    report = problems(getattr(conformance(read=unexplained), check))
    assert "a row is rejected without its line, reason or text" in report
    assert "no good row of `bad` is read. If it has none" in report


def test_line_ends_that_change_what_is_read():
    def bytewise(stream, context):
        for number, line in enumerate(stream, 1):
            order_id, back = line.decode().split(",")
            if number > 1:
                yield Row(Refund, {"order_id": order_id, "reason": back}, None, number)

    report = problems(conformance(read=bytewise).test_byte_order_marks_and_line_ends_do_no_harm)
    assert "with line ends of Windows it reads other rows" in report
    assert "declare a Sheet" in report


def test_keys_that_do_not_come_from_the_file():
    counter = itertools.count()

    def counting(stream, context):
        for entry in SHEET.read(stream, context):
            yield entry._replace(values=entry.values | {"order_id": f"row-{next(counter)}"})

    report = problems(conformance(read=counting).test_importing_a_file_twice_changes_nothing)
    assert "imported again, the same file adds 2 rows and changes 0, after 2 new ones at first" in report
    report = problems(conformance(read=lambda stream, context: iter([7])).test_importing_a_file_twice_changes_nothing)
    assert "`sample` cannot be imported: export.csv" in report


def test_a_file_that_is_read_whole():
    def hoarding(stream, context):
        import io

        yield from SHEET.read(io.BytesIO(stream.read()), context)

    report = problems(conformance(read=hoarding).test_rows_come_before_the_file_is_read_to_its_end)
    assert "bytes are read before the first row comes. Yield rows while reading" in report


# ---------------------------------------------------------------- several files

BAD_FILES = {**FILES, "reviews": FILES["reviews"].replace(b"A-2,1,", b"A-2,six,")}


def of_files(importer=IMPORTER, **changed):
    """An instance of the conformance class of an importer of several files."""
    fields = {"sample": FILES, "bad": BAD_FILES, "importer": importer, "expected": {Order: 3, Item: 3, Feedback: 3}, "__module__": __name__}
    return type("TestIt", (ImporterConformance,), fields | changed)()


@pytest.mark.parametrize("check", [name for name in vars(ImporterConformance) if name.startswith("test_") and "importing_it" not in name])
def test_a_correct_importer_of_several_files_passes_every_check(check):
    getattr(of_files(), check)()


def test_the_files_of_a_set_are_named_by_their_parts():
    assert "give the content of each by the name of its part" in problems(of_files(sample=SAMPLE).test_its_rows_fit_the_facts)
    assert "the format has one file" in problems(conformance(sample=FILES).test_its_rows_fit_the_facts)
    some = {"items": FILES["items"], "orders": FILES["reviews"]}
    report = problems(of_files(sample=some).test_its_file_is_recognised_by_it_alone)
    assert "orders.csv of `sample` is recognised as the part 'reviews'" in report
    assert "`sample` has no reviews" in report
