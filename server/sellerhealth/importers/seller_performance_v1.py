"""Amazon's GET_V1_SELLER_PERFORMANCE_REPORT: its own figures over several windows, as XML. See docs/import.md#seller-performance-v1.

Nobody here could see a real one: the layout is Amazon's list of attributes, nested as programs that read such reports nest it. So an object
with a time frame, and each thing in it that has a rate, a count or a number, is a figure, under Amazon's name of it.
"""

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO

from sellerhealth.importers.performance_cells import NAME, count, day, decimal, word
from sellerhealth.importers.seller_performance import as_of
from sellerhealth.importers.xml_elements import PROLOG, Element, example, find_elements, text_of
from sellerhealth.sources import (
    BadFile,
    BadRow,
    Column,
    Entry,
    FigureUnit,
    FileContext,
    Importer,
    Rejected,
    Reported,
    Sample,
    key,
)

FORMAT = "GET_V1_SELLER_PERFORMANCE_REPORT"
FIGURE = (
    Column("rate", "rate", decimal, "The rate, with a percent sign or as a fraction.", "3.0%"),
    Column("count", "count", count, "What was divided, or the value of a figure without a rate.", "24"),
    Column("orderCount", "denominator", count, "What it was divided by: of all figures of its time frame.", "800"),
    Column("status", "status", word, "Of the checklist: the status as Amazon words it.", "Good"),
    Column("start", "first_on", day, "Of a `timeFrame`: the first day covered, in UTC.", "2026-01-31T00:00:00Z"),
    Column("end", "last_on", day, "Of a `timeFrame`: the last day covered, in UTC.", "2026-03-01T23:59:59Z"),
    Column("marketplaceId", "marketplace", key, "The marketplace; else that of the import.", "ATVPDKIKX0DER"),
)
_BY_NAME = {column.name: column for column in FIGURE}
_REPORT, _REPORTS = "sellerPerformanceReport", "sellerPerformanceReports"
_CHECKLIST, _TIME_FRAME, _HOURS = "performanceChecklist", "timeFrame", "InHours"
# Our metrics know these by the names of the newer report.
SAME = {
    "a_z_claims": "orderDefectRate.claims",
    "chargebacks": "orderDefectRate.chargebacks",
    "lateShipment": "lateShipmentRate",
    "negativeFeedbacks": "orderDefectRate.negativeFeedback",
    "onTimeDelivery": "onTimeDeliveryRate",
    "orderCancellationRate": "preFulfillmentCancellationRate",
    "orderWithDefects": "orderDefectRate",
    "preFulfillmentCancellation": "preFulfillmentCancellationRate",
    "validTracking": "validTrackingRate",
}


def _take(name: str, element: Element | None) -> Any:
    """The value of a field, by the text of its element."""
    return None if element is None else _BY_NAME[name].take(element.text, element.line)


def _read(stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    latest = (context.now + dt.timedelta(days=1)).date()
    for report in find_elements(stream, _REPORT, _REPORTS):
        named = next((each for each in report.children if each.name.lower() == "marketplaceid"), None)
        marketplace = _take("marketplaceId", named) or context.marketplace
        if marketplace is None:
            raise BadFile("The report does not name its marketplace: name it.", argument="marketplace")
        entries = list(_figures(report, "", marketplace, latest))
        last_on = max((each.last_on for each in entries if isinstance(each, Reported) and each.last_on), default=dt.date.min)
        yield from as_of(entries, last_on, context.observed_at)


def _figures(parent: Element, path: str, marketplace: str, latest: dt.date) -> Iterator[Entry]:
    for element in parent.children:
        here = f"{path}.{element.name}".removeprefix(".")
        if element.name == _CHECKLIST:
            for each in element.children:
                yield from _rejecting(
                    _status(each, marketplace), f"{here}.{each.name}", marketplace, Element(_CHECKLIST, each.line, "", [each])
                )
        elif element.child(_TIME_FRAME) is not None:
            yield from _rejecting(_of_time_frame(element, marketplace, latest), here, marketplace, element)
        else:
            yield from _figures(element, here, marketplace, latest)


def _status(element: Element, marketplace: str) -> Iterator[Reported]:
    status = _take("status", element.child("status"))
    if status is not None:
        yield Reported(_name(element), marketplace, element.line, FigureUnit.WORD, status=status)


def _of_time_frame(element: Element, marketplace: str, latest: dt.date) -> Iterator[Reported]:
    frame = element.child(_TIME_FRAME) or Element(_TIME_FRAME, element.line)
    first_on, last_on = (_take(name, frame.child(name)) for name in ("start", "end"))
    if first_on is not None and last_on is not None and not first_on <= last_on <= latest:
        raise BadRow(frame.line, _TIME_FRAME, f"{first_on} to {last_on}", "days that begin before they end, and not later than today")
    denominator = _take("orderCount", element.child("orderCount"))
    for each in element.children:
        if each.name in (_TIME_FRAME, "orderCount"):
            continue
        rate, number = _take("rate", each.child("rate")), _take("count", each.child("count"))
        if each.children:
            unit, value, numerator = (
                (FigureUnit.COUNT, None if number is None else Decimal(number), None)
                if each.child("rate") is None
                else (FigureUnit.FRACTION, rate, number)
            )
        elif any(map(str.isdigit, each.text)):
            unit, value, numerator = _unit_of(each), _BY_NAME["rate"].take(each.text, each.line), None
        else:
            continue  # words, such as the names of categories
        if value is None and numerator is None:
            continue
        if unit is FigureUnit.FRACTION and value is not None and value > 1:
            raise BadRow(each.line, "rate", str(value), "a rate from 0 to 1, or one with a percent sign, from 0% to 100%")
        yield Reported(_name(each), marketplace, each.line, unit, value, None, numerator, denominator, first_on=first_on, last_on=last_on)


def _unit_of(element: Element) -> FigureUnit:
    """The unit of a figure that is a number alone."""
    if element.name.endswith(_HOURS):
        return FigureUnit.HOURS
    return FigureUnit.FRACTION if "%" in element.text else FigureUnit.COUNT


def _name(element: Element) -> str:
    if NAME.fullmatch(element.name) is None:
        raise BadRow(element.line, None, None, "a name of a figure: at most 100 letters, digits and underscores")
    return SAME.get(element.name, element.name)


def _rejecting(figures: Iterator[Reported], path: str, marketplace: str, element: Element) -> Iterator[Entry]:
    """Figures, or the reason why those of an element are rejected: in a report of its own, so that it can be read again."""
    try:
        yield from list(figures)
    except BadRow as bad:
        report = Element(_REPORT, bad.line, "", [Element("marketplaceId", bad.line, marketplace), element])
        yield Rejected(BadRow(bad.line, f"{path}.{bad.field}" if bad.field else path, bad.value, bad.expected), text_of(report))


def _recognises(sample: Sample) -> bool:
    return re.match(PROLOG + rb"<(\w+:)?sellerPerformanceReports?[\s>/]", sample.start, re.DOTALL) is not None


def _example(*names: str) -> tuple[Column, ...]:
    return tuple(_BY_NAME[name] for name in names)


_FIGURES = example(
    "orderDefectMetrics",
    _example("orderCount"),
    example(_TIME_FRAME, _example("start", "end")),
    example("orderWithDefects", _example("rate", "count")),
)
_CHECKED = example(_CHECKLIST, (), example("lateShipmentRate", _example("status")))
_EXAMPLE = example(_REPORTS, (), example(_REPORT, _example("marketplaceId"), _CHECKED, example("orderDefects", (), _FIGURES)))

IMPORTER = Importer(
    name=FORMAT,
    title="Amazon's own figures over several windows, in the older report",
    covers=frozenset(),
    rank=10,
    recognises=_recognises,
    template=f'<?xml version="1.0"?>\n{_EXAMPLE}\n',
    read=_read,
    has_facts=False,
    where="the Reports API alone",
)
