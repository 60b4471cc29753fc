"""What reports list: the time that each spans, and the facts of that time which a newer report lacks. They are noted as gone.

A fact is gone if a report spans its instant, knows more than every report that has listed the fact, and lists facts of its marketplace.
All of that only grows with imports, so their order never matters. See docs/spec/facts.md#what-newer-reports-lack.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.facts import Feedback, Order
from sellerhealth.model.records import DataNote, ImportBatch, ReportSpan, UnreadRow
from sellerhealth.model.tables import UNKNOWN, Fact, FactKind
from sellerhealth.sources import Importer, Rejected, Row, Skipped
from sellerhealth.sources.importer import LISTABLE
from sellerhealth.store.account_rows import AccountRows
from sellerhealth.store.changes import Values
from sellerhealth.store.derive import Zones, day_of
from sellerhealth.store.merge import shape_of, version_of
from sellerhealth.store.unit_of_work import UnitOfWork

_NOTES: sa.Table = DataNote.__table__
_DAY, _INSTANT = dt.timedelta(days=1), dt.timedelta(microseconds=1)
_ANY = ""  # the key of an unread row whose key cannot be read


class _Listed(NamedTuple):
    """A kind of fact that reports list: its columns, and the note when it is gone. Its key is the number of an order."""

    fact: type[Fact]
    at: str
    on: str
    marketplace: str  # the one that the source named
    code: str


_KINDS: Mapping[FactKind, _Listed] = {
    FactKind.ORDER: _Listed(Order, "placed_at", "placed_on", "marketplace", "order_gone"),
    FactKind.FEEDBACK: _Listed(Feedback, "left_at", "left_on", "reported_marketplace", "feedback_gone"),
}
CODES = frozenset(listed.code for listed in _KINDS.values())
_UNFAVOURABLE = 3  # stars up to which feedback hurts


@dataclass(frozen=True)
class _Span:
    """The time of which a report lists every fact: after one instant and before another."""

    listed: str  # the report's instant, as facts store it
    after: dt.datetime
    before: dt.datetime
    complete: bool


class Listings:
    """What reports list of one account, during an import."""

    def __init__(self, rows: AccountRows, importer: Importer, batch: ImportBatch, zone_of: Zones) -> None:
        self._rows, self._importer, self._batch, self._zone_of = rows, importer, batch, zone_of
        self.listed = version_of(batch.observed_at, 0)
        self._instants: dict[tuple[FactKind, str], tuple[dt.datetime, dt.datetime]] = {}  # of this file: the first and the last
        self._unread: set[tuple[FactKind, str]] = set()  # in this file
        # What is new to the account is in this file, so that nothing of it can be missing.
        self._has_facts = {kind for kind in importer.lists if not rows.is_empty(shape_of(_KINDS[kind].fact).table)}
        self._gone: defaultdict[FactKind, set[str]] = defaultdict(set)
        for kind, listed in _KINDS.items() if not rows.is_new else ():
            noted = sa.select(DataNote.order_id).where(DataNote.account_id == rows.account_id, DataNote.code == listed.code)
            self._gone[kind] = {order_id for order_id in rows.connection.scalars(noted) if order_id is not None}
        self._load()

    def _load(self) -> None:
        """Loads what reports span and which of their rows were not read."""
        self._listed_unread: defaultdict[FactKind, dict[str, str]] = defaultdict(dict)  # when each was last listed in such a row
        undecided, self._stored = set(), set[tuple[FactKind, str]]()  # stored: the unread rows of this report
        for row in self._of_account(UnreadRow):
            if (row.format, row.observed_at) == (self._importer.name, self._batch.observed_at):
                self._stored.add((FactKind(row.fact), row.fact_key))
            if row.fact_key == _ANY:
                undecided.add((row.fact, row.format, row.observed_at))
            else:
                of_kind, listed = self._listed_unread[FactKind(row.fact)], version_of(row.observed_at, 0)
                of_kind[row.fact_key] = max(listed, of_kind.get(row.fact_key, ""))
        self._spans: defaultdict[tuple[FactKind, str], list[_Span]] = defaultdict(list)  # newest first
        self._newest: dict[FactKind, str] = {}
        for row in self._of_account(ReportSpan):
            if (row.fact, row.format, row.observed_at) not in undecided:
                span = self._span(FactKind(row.fact), row)
                self._spans[FactKind(row.fact), row.marketplace].append(span)
                self._newest[FactKind(row.fact)] = max(span.listed, self._newest.get(FactKind(row.fact), ""))
        for spans in self._spans.values():
            spans.sort(key=lambda span: span.listed, reverse=True)

    def _of_account(self, table: type[ReportSpan | UnreadRow]) -> Sequence[sa.Row[Any]]:
        if self._rows.is_empty(table.__table__):
            return ()
        columns: sa.Table = table.__table__
        return self._rows.connection.execute(sa.select(columns).where(columns.c.account_id == self._rows.account_id)).all()

    def _span(self, kind: FactKind, row: sa.Row[Any]) -> _Span:
        """The first and the last row may be in the middle of a day, or of a second: what is of the same day or instant may be missing."""
        after, before = row.first_at, row.last_at
        if kind is FactKind.FEEDBACK:  # reports know only its day
            zone = self._zone_of(row.marketplace)
            first_on, last_on = (day_of(instant, zone) or instant.date() for instant in (after, before))
            midnight, start = (dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC) for day in (first_on + _DAY, last_on))
            after, before = midnight - _INSTANT, start
        return _Span(version_of(row.observed_at, 0), after, before, row.complete)

    def add(self, rows: Sequence[Row]) -> None:
        """Widens what this file spans by some of its rows."""
        for kind in self._importer.lists:
            fact = _KINDS[kind].fact
            names = (_KINDS[kind].at, _KINDS[kind].marketplace)
            values = [row.values for row in rows if row.fact is fact]
            self.widen(fact, {name: [each.get(name) for each in values] for name in names})

    def widen(self, fact: type[Fact], values: Mapping[str, Sequence[Any]]) -> None:
        """The same by values of rows of one kind of fact, by column: their instants and their marketplaces."""
        for kind in self._importer.lists:
            if _KINDS[kind].fact is not fact:
                continue
            instants: defaultdict[str | None, list[dt.datetime]] = defaultdict(list)
            for instant, marketplace in zip(values[_KINDS[kind].at], values[_KINDS[kind].marketplace], strict=True):
                if instant is not None:
                    instants[marketplace].append(instant)
            for key, of_marketplace in instants.items():
                if key is not None and key != UNKNOWN:
                    of_marketplace += self._instants.get((kind, key), ())
                    self._instants[kind, key] = min(of_marketplace), max(of_marketplace)

    def leave_out(self, rows: Iterable[Rejected | Skipped]) -> None:
        """Adds rows of this file that are not imported. What they are about is listed all the same."""
        for kind in (self._importer.covers | self._importer.lists) & LISTABLE:
            for row in rows:
                key = row.values.get("order_id")
                if key is not None or kind in self._importer.lists:
                    self._unread.add((kind, key or _ANY))

    @property
    def is_newest(self) -> bool:
        """Whether no newer report lists orders, so that none of this one is gone."""
        return self._newest.get(FactKind.ORDER, "") <= self.listed

    def gone(self, fact: type[Fact]) -> Set[str]:
        """The orders whose facts of a kind are noted as gone."""
        return next((self._gone[kind] for kind, listed in _KINDS.items() if listed.fact is fact), frozenset())

    def note(self, work: UnitOfWork) -> None:
        """Notes which of the facts at hand are gone, as far as the reports before this one show."""
        for kind, listed in _KINDS.items():
            newest, gone = self._newest.get(kind, ""), self._gone[kind]
            if newest or gone:
                facts = work.current[listed.fact]
                now = {key for key, row in facts.items() if (row["listed"] or newest) < newest and self._is_gone(kind, row)}
                self._change(kind, now - gone, gone & facts.keys() - now)

    def finish(self, *, has_most: bool = False) -> None:
        """Stores what this file spans, and notes the facts that it lacks. `has_most`: the account has few orders besides those of this file."""
        account_id, batch = self._rows.account_id, self._batch
        report = {"account_id": account_id, "format": self._importer.name, "observed_at": batch.observed_at}
        unread = [{**report, "fact": str(kind), "fact_key": key} for kind, key in sorted(self._unread - self._stored)]
        self._rows.save(shape_of(UnreadRow), unread, [])
        spanned = list(self._spans_with_other_pieces(report))
        if self._rows.is_new:
            self._rows.save(shape_of(ReportSpan), spanned, [])
            return  # all that was ever listed is in this file
        self._rows.save(shape_of(ReportSpan), [], spanned)
        if self._unread or self._instants:
            self._load()
        for kind, listed in _KINDS.items():
            if any(kind is of_kind for of_kind, _ in self._unread):
                self._recheck(kind)
            spans = [span for key in self._instants if key[0] is kind for span in self._spans[key] if span.listed == self.listed]
            if spans and kind in self._has_facts:
                ends = min(span.after for span in spans), max(span.before for span in spans)
                missing = self._missing(listed, *ends, in_order=has_most and listed.fact is Order)
                self._change(kind, {row["order_id"] for row in missing if self._is_gone(kind, row)} - self._gone[kind], set())

    def _spans_with_other_pieces(self, report: Values) -> Iterator[Values]:
        """The spans of this file, joined with those of other files of the same report."""
        table: sa.Table = ReportSpan.__table__
        known: dict[tuple[str, str], sa.Row[Any]] = {}
        if not self._rows.is_empty(table):
            same = (table.c[name] == value for name, value in report.items())
            known = {(row.fact, row.marketplace): row for row in self._rows.connection.execute(sa.select(table).where(*same))}
        for (kind, marketplace), (first, last) in self._instants.items():
            if (other := known.get((str(kind), marketplace))) is not None:
                first, last = min(first, other.first_at), max(last, other.last_at)
            span = {"fact": str(kind), "marketplace": marketplace, "first_at": first, "last_at": last}
            yield {**report, **span, "complete": self._importer.complete}

    def _recheck(self, kind: FactKind) -> None:
        """Removes the notes of facts that turn out to be listed."""
        gone = self._gone[kind]
        rows = self._rows.load(shape_of(_KINDS[kind].fact).table, "order_id", gone)
        self._change(kind, set(), gone - {row["order_id"] for row in rows if self._is_gone(kind, row)})

    def _missing(self, listed: _Listed, after: dt.datetime, before: dt.datetime, *, in_order: bool) -> Iterator[Values]:
        """The facts between two instants that were listed before this report only. `in_order`: to read all is faster than to look up those of the days."""
        table = shape_of(listed.fact).table
        days = (table.c[listed.on].between(after.date() - _DAY, before.date() + _DAY),)  # by day they have an index
        between = table.c[listed.at] > after, table.c[listed.at] < before
        own = table.c.account_id == self._rows.account_id
        rows = self._rows.connection.execute(
            sa.select(table).where(own, *(() if in_order else days), *between, table.c.listed < self.listed)
        )
        return (dict(row) for row in rows.mappings())

    def _is_gone(self, kind: FactKind, row: Values) -> bool:
        """Whether the newest report that spans a fact, and that it could be in, lacks it."""
        at, marketplace = row[_KINDS[kind].at], row[_KINDS[kind].marketplace] or row["marketplace"]
        if at is None or row["listed"] is None or row.get("removed_at") is not None or row.get("struck_through"):
            return False
        listed = max(row["listed"], self._listed_unread[kind].get(row["order_id"], ""))
        hurts = kind is FactKind.FEEDBACK and row["rating"] is not None and row["rating"] <= _UNFAVOURABLE
        newer = (span for span in self._spans.get((kind, marketplace), ()) if span.listed > listed)
        return any(span.after < at < span.before and (span.complete or hurts) for span in newer)

    def _change(self, kind: FactKind, gone: set[str], listed: set[str]) -> None:
        """Stores the notes of facts that are now gone, and deletes those of facts that are listed after all."""
        fact, code = _KINDS[kind].fact, _KINDS[kind].code
        note = {"account_id": self._rows.account_id, "code": code}
        new = [{**note, "fact_key": f"{fact.__name__} {order_id}", "order_id": order_id} for order_id in gone]
        self._rows.delete(_NOTES, "order_id", listed, _NOTES.c.code == code)
        self._rows.save(shape_of(DataNote), new, [])
        self._gone[kind] = (self._gone[kind] | gone) - listed
