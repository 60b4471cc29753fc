"""`evidence` lists the facts behind a measure."""

import csv
import io

import pytest

LATE = ("evidence", "late_shipment_rate", "late", "--account", "shop")


def test_the_facts_of_a_measure_are_listed_with_what_decides_them(invoke, sold):
    done = invoke(*LATE)
    assert done.exit_code == 0
    header, row = done.out.splitlines()
    assert header.split() == ["placed_on", "order_id", "ship_by", "confirmed_at", "missing", "measures", "leaves_window_on"]
    placed_on, order, ship_by, confirmed_at, *measures, leaves = row.split()
    assert (placed_on, order, leaves) == ("2026-03-20", "123-4567890-0000002", "2026-04-19")
    assert ship_by < confirmed_at == "2026-03-24T10:00:00+00:00"
    assert {"orders", "late"} <= set(measures)


def test_as_csv_every_fact_is_a_line(invoke, sold, monkeypatch):
    monkeypatch.setattr("sellerhealth.cli.commands.evidence.PAGE", 2)  # several pages
    done = invoke("evidence", "lateShipmentRate", "orders", "--account", sold, "--csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [row["order_id"][-1] for row in rows] == ["2", "1", "0"]
    assert ["late" in row["measures"].split() for row in rows] == [True, False, False]


def test_an_empty_list_is_said(invoke, sold):
    done = invoke(*LATE, "--as-of", "2026-03-10")
    assert (done.exit_code, done.out) == (0, "")
    assert done.err == "`late` of late_shipment_rate counts nothing in this window.\n"
    header = invoke(*LATE, "--as-of", "2026-03-10", "--csv").out
    assert header.startswith("placed_on,order_id,")


@pytest.mark.parametrize(
    ("measure", "message"),
    [
        ("lates", "There is no measure of late_shipment_rate called 'lates'. Did you mean late?"),
        ("projected_rate", "`projected_rate` is computed from measures and has no facts of its own."),
    ],
)
def test_what_has_no_facts_is_refused(invoke, sold, measure, message):
    done = invoke("evidence", "late_shipment_rate", measure, "--account", sold)
    assert (done.exit_code, message in done.err) == (1, True)
