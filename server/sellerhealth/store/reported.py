"""Amazon's own figures, kept by day beside the facts: of two reports of one day the newer wins, in any order of import."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from sellerhealth.model.records import ReportedFigure
from sellerhealth.sources import Importer, Reported
from sellerhealth.store.account_rows import AccountRows
from sellerhealth.store.changes import Values
from sellerhealth.store.merge import shape_of

_TAKEN_AT = "taken_at"


def store_figures(rows: AccountRows, importer: Importer, observed_at: dt.datetime, figures: Iterable[Reported]) -> tuple[int, int, int]:
    """Stores figures of a file that is true as of an instant. Returns how many are new, changed and unchanged, by lines of the file."""
    shape = shape_of(ReportedFigure)
    read = [(_row(rows.account_id, importer, observed_at, each), each.lines) for each in figures]
    same_days = (
        ReportedFigure.account_id == rows.account_id,
        ReportedFigure.marketplace.in_({row["marketplace"] for row, _ in read}),
        ReportedFigure.format == importer.name,
        ReportedFigure.taken_on.in_({row["taken_on"] for row, _ in read}),
    )
    found = () if rows.is_empty(shape.table) else rows.connection.execute(sa.select(shape.table).where(*same_days)).mappings()
    stored = {shape.key_of(row): row for row in map(dict, found)}
    new: dict[Any, Values] = {}
    changed: dict[Any, Values] = {}
    counts = [0, 0, 0]
    for row, lines in read:
        key = shape.key_of(row)
        known = new.get(key) or changed.get(key) or stored.get(key)
        if known is None:
            new[key] = row
            counts[0] += lines
            continue
        is_news = _version(row) > _version(known)
        if is_news:
            (new if key in new else changed)[key] = row
        counts[1 if is_news and row != known | {_TAKEN_AT: row[_TAKEN_AT]} else 2] += lines
    rows.save(shape, list(new.values()), list(changed.values()))
    return counts[0], counts[1], counts[2]


def _row(account_id: int, importer: Importer, observed_at: dt.datetime, figure: Reported) -> Values:
    taken_at = figure.taken_at or observed_at
    first_on, last_on = figure.first_on, figure.last_on
    return {
        "account_id": account_id,
        "taken_on": taken_at.date(),
        "marketplace": figure.marketplace,
        "format": importer.name,
        "figure": figure.figure,
        "channel": str(figure.channel or ""),
        "days": 0 if first_on is None or last_on is None else (last_on - first_on).days + 1,
        _TAKEN_AT: taken_at,
        "value": None if figure.value is None else f"{figure.value:f}",
        "unit": str(figure.unit),
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "status": figure.status,
        "first_on": first_on,
        "last_on": last_on,
        "target": None if figure.target is None else f"{figure.target:f}",
        "target_condition": figure.target_condition,
    }


def _version(row: Values) -> tuple[dt.datetime, str]:
    """What decides which of two figures stays: the instant of its report, else anything that does not depend on their order."""
    taken_at: dt.datetime = row[_TAKEN_AT]
    return taken_at, str(sorted((name, str(value)) for name, value in row.items()))
