"""Amazon's GET_V2_SELLER_PERFORMANCE_REPORT: its own figures of each marketplace, as JSON. See docs/import.md#seller-performance.

Names and words vary between Amazon's schema, its example and real reports. So every object of a marketplace with a value, a count or a
status is a figure, under Amazon's name of it, and statuses are kept as they are worded.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO

from sellerhealth.facts import Channel
from sellerhealth.importers.json_fields import at_path, document, example
from sellerhealth.importers.json_objects import Api, Repeated, find_objects
from sellerhealth.importers.performance_cells import NAME, count, day, decimal, word
from sellerhealth.sources import (
    BadFile,
    BadRow,
    Column,
    Entry,
    FigureUnit,
    FileContext,
    Importer,
    Rejected,
    Remark,
    Reported,
    Skipped,
    Values,
    key,
)

FORMAT = "GET_V2_SELLER_PERFORMANCE_REPORT"
MARKETPLACE = Column(
    "marketplaceId", "marketplace", key, "The marketplace; else that of the account status, or of the import.", "ATVPDKIKX0DER"
)
# Of several columns that fill the same, the first with a value is taken.
FIGURE = (
    Column("rate", "rate", decimal, "The rate, as a fraction or with a percent sign; in percent if it or its target is above 1.", "0.03"),
    Column("ahrScore", "score", decimal, "The points of the account health rating."),
    Column("defectsCount", "defects", count, "The number of defects: the value of a figure without a rate."),
    Column("count", "defects", count, "The same, of a part such as `claims`."),
    Column("orderWithDefects.count", "numerator", count, "What was divided."),
    Column("lateShipmentCount", "numerator", count, "The same.", "24"),
    Column("cancellationCount", "numerator", count, "The same."),
    Column("unitOnTimeDeliveryCount", "numerator", count, "The same."),
    Column("onTimeDeliveryCount", "numerator", count, "The same."),
    Column("validTrackingCount", "numerator", count, "The same."),
    Column("invoiceDefect.count", "numerator", count, "The same."),
    Column("orderCount", "denominator", count, "What it was divided by.", "800"),
    Column("totalUnitCount", "denominator", count, "The same."),
    Column("shipmentCountWithValidTracking", "denominator", count, "The same."),
    Column("shipmentCount", "denominator", count, "The same."),
    Column("status", "status", word, "The status as Amazon words it.", "GOOD"),
    Column("accountHealthRatingStatus", "status", word, "The same, of the account health rating."),
    Column("ahrStatus", "status", word, "The same."),
    Column("targetValue", "target", decimal, "The target, in the unit of the value.", "0.04"),
    Column("targetCondition", "target_condition", word, "How the value is compared with the target, as Amazon words it.", "LESS_THAN"),
    Column("reportingDateRange.reportingDateFrom", "first_on", day, "The first day covered, in UTC.", "2026-01-31T00:00Z"),
    Column("reportingDateRange.reportingDateTo", "last_on", day, "The last day covered, in UTC.", "2026-03-01T23:59Z"),
)
# Names of the same figure: those of Amazon's schema, beside those of its example and of real reports.
SAME = {
    "documentRequest": "documentRequests",
    "lateShipmentRateList": "lateShipmentRate",
    "prefulfillmentCancelRate": "preFulfillmentCancellationRate",
    "warningState": "warningStates",
}
_WARNINGS, _WARNING = "warningStates", "warningType"
_STATUS_OF_ACCOUNT = "accountStatus"
_PARTS = frozenset({"orderWithDefects", "invoiceDefect"})  # whose count is that of the figure itself
_CHANNELS = {"mfn": Channel.SELLER, "afn": Channel.AMAZON}
_METRICS, _ACCOUNTS = "performanceMetrics", "accountStatuses"
_API = Api("marketplaceId", frozenset(), frozenset({_METRICS, _ACCOUNTS}), noun="performance metric")
_ONE = Decimal(1)


@dataclass
class _Reader:
    """Reads the figures of one marketplace: an object of the report, which begins on a line."""

    line: int
    marketplace: str
    latest: dt.date  # that a figure can cover
    entries: list[Entry] = field(default_factory=list)

    def read(self, name: str, node: Any, path: str, channel: Channel | None = None) -> None:
        """Adds the figures of a field, or the reason why it is rejected."""
        name = SAME.get(name, name)
        if isinstance(node, Repeated):
            self._reject(name, node, channel, node.error(self.line, path))
        elif isinstance(node, list):
            for index, each in enumerate(node):
                warning = each.get(_WARNING) if name == _WARNINGS and isinstance(each, dict) else None
                self.read(warning if isinstance(warning, str) else name, each, f"{path}[{index}]", channel)
        elif not isinstance(node, dict):
            return  # null, or a text about the marketplace
        elif node and channel is None and node.keys() <= _CHANNELS.keys():
            for word_, each in node.items():
                self.read(name, each, f"{path}.{word_}", _CHANNELS[word_])
        elif name == _WARNINGS:
            for inner, each in node.items():
                self.read(inner, each, f"{path}.{inner}", channel)
        else:
            try:
                self.entries += self._figures(name, node, path, channel)
            except BadRow as bad:
                self._reject(name, node, channel, BadRow(bad.line, f"{path}.{bad.field}" if bad.field else path, bad.value, bad.expected))

    def _reject(self, name: str, node: Any, channel: Channel | None, bad: BadRow) -> None:
        whole = {"marketplaceId": self.marketplace, name: node if channel is None else {_word_of(channel): node}}
        self.entries.append(Rejected(bad, json.dumps({_METRICS: whole})))

    def _figures(self, name: str, node: dict[str, Any], path: str, channel: Channel | None) -> Iterator[Entry]:
        """A figure, and those of its parts, such as the claims among the order defects."""
        if NAME.fullmatch(name) is None:
            raise BadRow(self.line, None, None, "a name of a figure: at most 100 letters, digits and underscores")
        for part, child in node.items():
            if isinstance(child, Repeated):
                raise child.error(self.line, part)
        values = self._values(node)
        if all(value is None for name_, value in values.items() if name_ not in ("first_on", "last_on")):
            yield Skipped(self.line)
            return
        first_on, last_on = values["first_on"], values["last_on"]
        if first_on is not None and last_on is not None and first_on > last_on:
            yield Remark(self.line, f"{path}.reportingDateRange", "ends before it begins, and was left out")
            values["first_on"] = values["last_on"] = None
        elif last_on is not None and last_on > self.latest:
            raise BadRow(self.line, "reportingDateRange.reportingDateTo", last_on.isoformat(), "a day that is not later than today")
        parts = {part: child for part, child in node.items() if isinstance(child, dict) and "count" in child and part not in _PARTS}
        if (values["rate"] or 0) > _ONE and not _is_marked(node):
            yield Remark(self.line, f"{path}.rate", "is above 1, and was read as percent")
        figure = self._figure(name, node, values, channel)
        yield figure
        for part, child in parts.items():
            inner = self._values(child) | {"first_on": figure.first_on, "last_on": figure.last_on, "denominator": figure.denominator}
            yield self._figure(f"{name}.{part}", child, inner, channel)

    def _figure(self, name: str, node: dict[str, Any], values: Values, channel: Channel | None) -> Reported:
        rate, score, defects = (values.pop(each) for each in ("rate", "score", "defects"))
        unit, value = FigureUnit.WORD, None
        if "rate" in node:
            unit, value = FigureUnit.FRACTION, rate
            values["numerator"] = defects if values["numerator"] is None else values["numerator"]
            if max(value or 0, values["target"] or 0) > _ONE and not _is_marked(node):
                value, values["target"] = (None if each is None else each.scaleb(-2) for each in (value, values["target"]))
            if value is not None and value > _ONE:
                raise BadRow(self.line, "rate", str(rate), "a rate from 0 to 1, or in percent from 0 to 100")
        elif score is not None:
            unit, value = FigureUnit.POINTS, score
        elif defects is not None:
            unit, value = FigureUnit.COUNT, Decimal(defects)
        return Reported(name, self.marketplace, self.line, unit, value, channel, **values)

    def _values(self, node: dict[str, Any]) -> Values:
        values: Values = dict.fromkeys(column.into for column in FIGURE)
        for column in FIGURE:
            if values[column.into] is None:
                values[column.into] = column.take(at_path(node, column.name, self.line), self.line)
        return values

    @property
    def last_on(self) -> dt.date:
        """The last day that any of the figures covers."""
        return max((each.last_on for each in self.entries if isinstance(each, Reported) and each.last_on), default=dt.date.min)


def _is_marked(node: dict[str, Any]) -> bool:
    """Whether the rate of a figure has a percent sign: it then needs no guess."""
    return "%" in str(node["rate"])


def as_of(entries: Iterable[Entry], last_on: dt.date, observed_at: dt.datetime) -> Iterator[Entry]:
    """Entries of a report as of the end of the last day that any figure of it covers, or of the file, if that knows less.

    So a file that was copied since still is the report of its day.
    """
    end = dt.datetime.combine(last_on, dt.time(23, 59, 59), dt.UTC)
    taken_at = observed_at if last_on == dt.date.min else min(end, observed_at)
    return (each._replace(taken_at=taken_at) if isinstance(each, Reported) else each for each in entries)


def _word_of(channel: Channel) -> str:
    return next(word_ for word_, each in _CHANNELS.items() if each is channel)


def _read(stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    statuses: dict[str, Entry] = {}  # of accounts, by marketplace: they come before the figures
    last_on = dt.date.min
    latest = (context.now + dt.timedelta(days=1)).date()  # the last day ends at midnight UTC, and clocks differ
    for line, node, _ in find_objects(stream, _API, None):
        if not isinstance(node, dict):
            yield Rejected(BadRow(line, _METRICS, None, "an object"), json.dumps({_METRICS: [node]}))
            continue
        try:
            marketplace = MARKETPLACE.take(at_path(node, MARKETPLACE.name, line), line)
        except BadRow as bad:
            yield Rejected(bad, json.dumps({_METRICS: [node]}))
            continue
        is_account = not any(isinstance(each, dict | list) for each in node.values())
        if marketplace is None:
            marketplace = context.marketplace or (next(iter(statuses)) if len(statuses) == 1 and not is_account else None)
        if marketplace is None:
            raise BadFile("The report does not name its marketplace: name it.", argument="marketplace")
        reader = _Reader(line, marketplace, latest)
        if is_account:
            reader.read(_STATUS_OF_ACCOUNT, node, _ACCOUNTS)
            statuses.update((marketplace, each) for each in reader.entries if isinstance(each, Reported))
            yield from (each for each in reader.entries if not isinstance(each, Reported))
            continue
        for name, each in node.items():
            reader.read(name, each, f"{_METRICS}.{name}")
        if (status := statuses.pop(marketplace, None)) is not None:
            reader.entries.insert(0, status)
        last_on = max(last_on, reader.last_on)
        yield from as_of(reader.entries, reader.last_on, context.observed_at)
    yield from as_of(statuses.values(), last_on, context.observed_at)


IMPORTER = Importer(
    name=FORMAT,
    title="Amazon's own figures of the account health",
    covers=frozenset(),
    rank=10,
    recognises=_API.has_objects,
    template=document({_METRICS: [example([MARKETPLACE]) | {"lateShipmentRate": example(FIGURE, decimal, count)}]}),
    read=_read,
    has_facts=False,
    where="the Reports API alone",
)
