"""`drivers` lists the values that hold most of the misses."""

import pytest

DRIVERS = ("drivers", "late_shipment_rate", "--account", "shop")


def test_values_are_listed_with_what_the_metric_would_be_without_them(invoke, sold):
    done = invoke(*DRIVERS, "--by", "hour")
    assert done.exit_code == 0
    header, row = done.out.splitlines()
    assert header.split() == ["hour", "misses", "rows", "rate", "share", "without", "status", "without"]
    assert row.split() == ["10", "1", "3", "33.3", "%", "100.0", "%", "N/A", "NOT_AVAILABLE"]
    assert done.err == (
        "Values: 1 of 1. Misses: 1 of 3 rows. Late shipment rate: 33.33 %, CRITICAL. An empty value: no source reported it.\n"
    )


def test_no_rows_are_said(invoke, sold):
    done = invoke(*DRIVERS, "--by", "sku", "--as-of", "2026-03-01")
    assert (done.exit_code, done.out, done.err) == (0, "", "late_shipment_rate has no misses and no rows in this window.\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--by", "carier"), "late_shipment_rate has no drivers by 'carier', only by asin, carrier, "),
        (("--by", "sku", "--measure", "lates"), "There is no measure of late_shipment_rate called 'lates'. Did you mean late?"),
    ],
)
def test_what_the_metric_does_not_have_is_refused(invoke, sold, options, message):
    done = invoke(*DRIVERS, *options)
    assert (done.exit_code, message in done.err) == (1, True)
