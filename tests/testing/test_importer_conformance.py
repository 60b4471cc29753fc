"""Each check of ImporterConformance finds an importer that does not hold it, and says how to mend it."""

import dataclasses
import datetime as dt
import importlib
import itertools
from collections.abc import Iterable

import pytest

from sellerhealth.facts import Claim, Refund
from sellerhealth.sources import BadRow, Column, FactKind, Importer, Rejected, Row, Sheet, instant, key
from sellerhealth.testing import ImporterConformance

SHEET = Sheet(
    (
        Column("acme order", "order_id", key, "The order.", required=True, filled=True),
        Column("back", "refunded_at", instant, "When.", required=True, filled=True),
    ),
    fact=lambda values: Refund,
)
SOUND = Importer("acme_returns", "Returns", frozenset(), 10, SHEET, SHEET.read)
SAMPLE = b"acme order,back\nA-1,2026-03-09T12:00:00Z\nA-2,2026-03-10T12:00:00Z\n"
BAD = SAMPLE.replace(b"2026-03-10T12:00:00Z", b"yesterday")


def register_importers() -> Iterable[Importer]:
    return [SOUND]


def conforming(**changed):
    """An instance of the class of tests of an importer that is sound but for what is given."""
    words = {name: changed.pop(name) for name in ("sample", "bad", "expected", "module", "long") if name in changed}
    given = {
        "sample": SAMPLE,
        "bad": BAD,
        "expected": {Refund: 2},
        "importer": dataclasses.replace(SOUND, **changed),
        "__module__": __name__,
    }
    return type("TestIt", (ImporterConformance,), given | words)()


def reading(read):
    """The sound importer with another way to read."""
    return conforming(read=read)


def complaints(check):
    """What a check that must fail says."""
    with pytest.raises(pytest.fail.Exception) as failed:
        check()
    return str(failed.value)


@pytest.mark.parametrize("check", [name for name in vars(ImporterConformance) if name.startswith("test_") and "importing_it" not in name])
def test_a_sound_importer_holds_every_check(check):
    getattr(conforming(), check)()


def test_what_is_forgotten_is_said():
    class Bare(ImporterConformance):
        pass

    with pytest.raises(NotImplementedError, match="Bare names no importer"):
        Bare().test_its_rows_fit_the_facts()
    with pytest.raises(NotImplementedError, match="has no file"):
        type("TestIt", (ImporterConformance,), {"importer": SOUND, "__module__": __name__})().test_its_rows_fit_the_facts()
    with pytest.raises(NotImplementedError, match="has no file with a bad row"):
        type(
            "TestIt", (ImporterConformance,), {"importer": SOUND, "sample": SAMPLE, "__module__": __name__}
        )().test_its_rows_fit_the_facts()


def test_an_importer_that_a_server_would_leave_out():
    said = complaints(conforming(name="claims").test_it_loads_as_an_installed_plugin_would)
    assert "a server would leave out claims (your-distribution 0): " in said


def test_an_import_that_does_something(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    tmp_path.joinpath("acme_busy.py").write_text("open(__file__ + '.log', 'w').close()\n")
    assert "importing acme_busy opens the file" in complaints(conforming(module="acme_busy").test_importing_it_does_no_input_or_output)
    assert "it is not known which module to import" in complaints(conforming().test_importing_it_does_no_input_or_output)


BUSY = "open(__file__[:-3] + '.log', 'w').close()\n"
PARTS = {
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

def read(stream, given):
    yield from ()

@hookimpl
def register_importers():
    yield Importer("acme_returns", "Returns", frozenset(), 10, lambda sample: False, read)
""",
}


@pytest.mark.parametrize("kind", PARTS)
def test_the_module_is_found_by_what_an_importer_is_made_of(tmp_path, monkeypatch, kind):
    monkeypatch.syspath_prepend(tmp_path)
    tmp_path.joinpath(f"acme_{kind}.py").write_text(BUSY + PARTS[kind])
    (importer,) = importlib.import_module(f"acme_{kind}").register_importers()
    tests = type("TestIt", (ImporterConformance,), {"importer": importer, "sample": SAMPLE, "bad": BAD, "__module__": __name__})()
    assert f"importing acme_{kind} opens the file" in complaints(tests.test_importing_it_does_no_input_or_output)


def test_a_file_that_nobody_recognises_or_several():
    assert "export.csv is of no known format" in complaints(
        conforming(recognises=lambda sample: False).test_its_file_is_recognised_by_it_alone
    )
    claims = b"order_id,opened_at,state,decided_at,marketplace,acme order,back\n"
    said = complaints(conforming(sample=claims).test_its_file_is_recognised_by_it_alone)
    assert "export.csv can be read as claims and as acme_returns" in said or "acme_returns and as claims" in said
    said = complaints(conforming(sample=claims, recognises=lambda sample: False).test_its_file_is_recognised_by_it_alone)
    assert "`sample` is recognised as claims" in said


def test_files_of_others_that_are_recognised_or_break_it():
    said = complaints(conforming(recognises=lambda sample: "order_id" in sample.columns).test_it_recognises_no_other_file)
    assert "it recognises a file of claims as its own" in said
    said = complaints(conforming(recognises=lambda sample: sample.columns[0] == "acme order").test_it_recognises_no_other_file)
    assert "`recognises` fails at an empty file: IndexError: tuple index out of range" in said


def test_rows_that_do_not_fit():
    naive = complaints(
        reading(
            lambda stream, context: iter([Row(Refund, {"order_id": "A-1", "refunded_at": dt.datetime(2026, 3, 1)}, None, 2)])
        ).test_its_rows_fit_the_facts
    )
    assert "in line 2 it tells 'refunded_at' of Refund as an instant without an offset" in naive
    assert "`sample` has no row" in complaints(reading(lambda stream, context: iter(())).test_its_rows_fit_the_facts)
    said = complaints(conforming(sample=BAD).test_its_rows_fit_the_facts)
    assert "it rejects a row of `sample`: line 3, column 'back': found 'yesterday'" in said


def test_other_rows_than_expected():
    said = complaints(conforming(expected={Refund: 3, Claim: 1}, tells=frozenset({FactKind.CLAIM})).test_its_rows_are_those_expected)
    assert "`sample` brings 2 rows of Refund, but `expected` says 3" in said
    assert "`sample` brings 0 rows of Claim" in said
    assert "it says that it tells of CLAIM, but `sample` has no row of that" in said


def test_a_bad_row_that_does_harm():
    def fragile(stream, given):
        for number, line in enumerate(stream.read().decode().splitlines()[1:], 2):
            order_id, back = line.split(",")
            yield Row(Refund, {"order_id": order_id, "refunded_at": dt.datetime.fromisoformat(back)}, None, number)

    def deaf(stream, given):
        return (entry for entry in SHEET.read(stream, given) if isinstance(entry, Row))

    def mute(stream, given):
        yield Rejected(BadRow(0, None, None, ""), "")

    check = "test_a_bad_row_is_rejected_and_the_others_are_read"
    said = complaints(getattr(reading(fragile), check))
    assert "reading the file failed: ValueError: Invalid isoformat string: 'yesterday'" in said
    assert "test_importer_conformance.py, line" in said
    assert "no row of `bad` is rejected. Yield Rejected(" in complaints(getattr(reading(deaf), check))
    said = complaints(getattr(reading(mute), check))
    assert "a row is rejected without saying where, why or what" in said
    assert "with one bad row no other is read any more" in said


def test_marks_and_line_ends_that_do_harm():
    def bytewise(stream, given):
        for number, line in enumerate(stream, 1):
            order_id, back = line.decode().split(",")
            if number > 1:
                yield Row(Refund, {"order_id": order_id, "reason": back}, None, number)

    said = complaints(reading(bytewise).test_byte_order_marks_and_line_ends_do_no_harm)
    assert "with line ends of Windows other rows are read" in said
    assert "declare a Sheet" in said


def test_keys_that_are_made_up():
    counter = itertools.count()

    def counting(stream, given):
        for entry in SHEET.read(stream, given):
            yield entry._replace(values=entry.values | {"order_id": f"row-{next(counter)}"})

    said = complaints(reading(counting).test_importing_a_file_twice_changes_nothing)
    assert "imported again, the same file brings 2 new rows and changes 0, after 2 at first" in said
    said = complaints(reading(lambda stream, context: iter([7])).test_importing_a_file_twice_changes_nothing)
    assert "`sample` cannot be imported: export.csv" in said


def test_a_file_that_is_read_as_a_whole():
    def hoarding(stream, given):
        import io

        yield from SHEET.read(io.BytesIO(stream.read()), given)

    said = complaints(reading(hoarding).test_rows_come_before_the_file_is_read_to_its_end)
    assert "bytes are read before the first row comes. Yield rows as the file comes" in said
