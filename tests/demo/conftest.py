"""The demo's report files, made once."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import ijson
import pytest

from sellerhealth.demo.reports import Report, reports_of
from sellerhealth.demo.sellers import SELLERS
from sellerhealth.demo.simulation import simulate

Files = Mapping[tuple[str, str], Report]


@pytest.fixture(scope="session")
def files() -> Files:
    """The reports by seller and name."""
    return {(seller.key, report.name): report for seller in SELLERS for report in reports_of(simulate(seller))}


def rows(report: Report) -> list[dict[str, str]]:
    """The lines of a delimited file."""
    text = report.content.decode("cp1252" if report.name.startswith("feedback-") else "utf-8")
    if report.name.endswith(".txt"):
        head, *lines = (line.split("\t") for line in text.splitlines())
        return [dict(zip(head, line, strict=True)) for line in lines]
    return list(csv.DictReader(io.StringIO(text, newline="")))


def orders(report: Report) -> list[dict[str, Any]]:
    """The orders in the responses of the Orders API."""
    return list(ijson.items(io.BytesIO(report.content), "orders.item", multiple_values=True))
