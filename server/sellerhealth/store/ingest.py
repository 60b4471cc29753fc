"""One import as one transaction: rows merged into facts, what follows from them worked out, coverage and notes kept.

An order and what belongs to it are worked out together: a child that comes before its order waits, and is worked out again
when the order arrives. So the order of arrival does not matter.
"""

import contextlib
import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sellerhealth.facts import Item, Message, Order, Package, Reply
from sellerhealth.model.records import Account, DataNote, ImportBatch, ImportState, Market, Source
from sellerhealth.model.tables import UNKNOWN, Fact
from sellerhealth.sources import Importer, Row
from sellerhealth.store.bulk import AccountRows
from sellerhealth.store.database import Database
from sellerhealth.store.derive import CHILDREN, Classify, derive_answers, derive_child, derive_order, is_accepted, note_order
from sellerhealth.store.merge import begin, in_file, merge, shape_of, version_of

Key = Any  # of a fact within its account: a text, or a tuple where it takes several columns
Values = dict[str, Any]
_NOTES: sa.Table = DataNote.__table__
_PARTS: tuple[type[Fact], ...] = (Item, Package)  # what an order's derived columns are made of
_IN_MARKETS: tuple[type[Fact], ...] = (Order, *CHILDREN)
_handed_down = itemgetter("marketplace", "channel", "deliver_by")  # what an order's children take from it


@dataclass(frozen=True)
class Counts:
    """What came of rows: new facts, facts that changed, and rows that said nothing new."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged)


class _Touched:
    """The facts that a call of `add` has in hand: as they were, as they are, and which have to be worked out."""

    def __init__(self, rows: AccountRows) -> None:
        self.rows = rows
        self.now: defaultdict[type[Fact], dict[Key, Values]] = defaultdict(dict)
        self.before: defaultdict[type[Fact], dict[Key, Values]] = defaultdict(dict)
        self.by_order: defaultdict[type[Fact], defaultdict[str, list[Values]]] = defaultdict(lambda: defaultdict(list))
        self.told: defaultdict[type[Fact], dict[Key, None]] = defaultdict(dict)  # in the order of the file: as they lie in memory

    def fetch(self, fact: type[Fact], column: str, values: Collection[Any]) -> None:
        """Takes the stored rows in hand whose column holds one of the values."""
        shape = shape_of(fact)
        for row in self.rows.load(shape.table, column, values):
            key = shape.key_of(row)
            if key not in self.now[fact]:
                self.before[fact][key] = dict(row)
                self.keep(fact, key, row)

    def keep(self, fact: type[Fact], key: Key, row: Values) -> None:
        """Takes a row in hand."""
        self.now[fact][key] = row
        if fact in _PARTS:
            self.by_order[fact][row["order_id"]].append(row)

    def save(self) -> None:
        """Stores what is not as it was."""
        for fact, rows in self.now.items():
            before = self.before[fact]
            new = [row for key, row in rows.items() if key not in before] if before else list(rows.values())
            self.rows.save(shape_of(fact), new, [rows[key] for key, was in before.items() if rows[key] != was])


class Ingest:
    """An import under way. Made by `ingesting`."""

    def __init__(
        self,
        connection: sa.Connection,
        account_id: int,
        importer: Importer,
        batch: ImportBatch,
        classify: Classify,
        time_zones: Mapping[str, str],
    ) -> None:
        self.counts = Counts()
        self.batch = batch
        self._connection, self._importer, self._classify = connection, importer, classify
        self._rows = AccountRows(connection, account_id)
        account_zone = connection.execute(sa.select(Account.time_zone).where(Account.account_id == account_id)).scalar_one()
        self._markets: dict[str, str] = dict(
            iter(connection.execute(sa.select(Market.marketplace, Market.time_zone).where(Market.account_id == account_id)))
        )
        # Without a reference to itself, so that what an import holds is freed at its end, also while collection is off.
        self.zone_of = cache(partial(_zone_of, self._markets, time_zones, account_zone))
        noted = sa.select(DataNote.fact_key).where(DataNote.account_id == account_id)
        self._noted: set[str] = set(connection.scalars(noted))  # what is contradictory is rare enough to be kept in hand

    def add(self, rows: Sequence[Row]) -> Counts:
        """Merges up to some 10,000 rows, in any order, children before parents as well."""
        touched = _Touched(self._rows)
        counts = self._merge(touched, rows)
        notes = self._derive(touched)
        touched.save()
        self._store_markets(touched)
        self._store_notes(notes)
        self.counts += counts
        return counts

    def _merge(self, touched: _Touched, rows: Sequence[Row]) -> Counts:
        by_fact: defaultdict[type[Fact], list[Row]] = defaultdict(list)
        for row in rows:
            by_fact[row.fact].append(row)
        new = changed = 0
        account_id, rank, file_version = self._rows.account_id, self._importer.rank, version_of(self.batch.observed_at, self._importer.rank)
        for fact, tellings in by_fact.items():
            shape = shape_of(fact)
            first, key_of = shape.key[0], shape.key_of
            touched.fetch(fact, first, {row.values[first] for row in tellings})
            now, told, is_order = touched.now[fact], touched.told[fact], fact is Order
            for _, values, observed_at, _ in tellings:
                key = key_of(values)
                if is_order and is_accepted(values.get("status")):
                    values["seen_accepted"] = True  # remembered, for the day on which it is cancelled
                version = in_file(file_version, values) if observed_at is None else version_of(observed_at, rank)
                stored = now.get(key)
                if stored is None:
                    touched.keep(fact, key, begin(shape, account_id, values, version))
                    told[key] = None
                    new += 1
                elif merge(shape, stored, values, version):
                    told[key] = None
                    changed += 1
        return Counts(new, changed, len(rows) - new - changed)

    # ---------------------------------------------------------------- what follows

    def _derive(self, touched: _Touched) -> dict[str, tuple[str | None, list[str]]]:
        """Works out every fact that a change bears on. Returns the notes on each by the name of the fact."""
        notes: dict[str, tuple[str | None, list[str]]] = {}
        self._derive_orders(touched, notes)
        children: dict[type[Fact], set[Key]] = {fact: set(touched.told[fact]) for fact in CHILDREN}
        orders, before = touched.now[Order], touched.before[Order]
        handing_down = orders.keys() - before.keys()
        handing_down |= {order_id for order_id, was in before.items() if _handed_down(was) != _handed_down(orders[order_id])}
        for fact in CHILDREN:
            touched.fetch(fact, "order_id", handing_down)
            children[fact] |= {key for key, row in touched.now[fact].items() if row["order_id"] in handing_down}
        parents = {touched.now[fact][key]["order_id"] for fact, keys in children.items() for key in keys}
        touched.fetch(Order, "order_id", parents - orders.keys() - {None})
        for fact, keys in children.items():
            for key in keys:
                row = touched.now[fact][key]
                order = orders.get(row["order_id"])
                notes[_name(fact, row)] = row["order_id"], list(derive_child(fact, row, order, self.zone_of, self._classify))
        self._derive_conversations(touched)
        return notes

    def _derive_orders(self, touched: _Touched, notes: dict[str, tuple[str | None, list[str]]]) -> None:
        told, orders = touched.told[Order], touched.now[Order]
        through = {row["order_id"] for fact in _PARTS for row in (touched.now[fact][key] for key in touched.told[fact])}
        touched.fetch(Order, "order_id", through - told.keys())
        affected = told | dict.fromkeys(through & orders.keys())
        for fact in _PARTS:
            touched.fetch(fact, "order_id", affected.keys())
        items_of, packages_of, before = touched.by_order[Item], touched.by_order[Package], touched.before[Order]
        for order_id in affected:
            order = orders[order_id]
            items, packages = items_of.get(order_id, ()), packages_of.get(order_id, ())
            derive_order(order, items, packages, self.zone_of(order["marketplace"]))
            codes = list(note_order(order, items, packages)) if packages or order["canceller_unknown"] else []
            if codes or order_id in before:  # a new order has no note that would have to go
                notes[_name(Order, order)] = order_id, codes
            if items and self._noted:
                notes |= {_name(Item, item): (order_id, []) for item in items}
        for order_id in through - affected.keys():
            notes |= {_name(Item, item): (order_id, ["order_not_imported"]) for item in items_of.get(order_id, ())}

    @staticmethod
    def _derive_conversations(touched: _Touched) -> None:
        threads = {touched.now[Reply][key]["thread_id"] for key in touched.told[Reply]}
        threads |= {row["thread_id"] or row["message_id"] for row in (touched.now[Message][key] for key in touched.told[Message])}
        if not threads:
            return
        for fact, column in ((Message, "thread_id"), (Message, "message_id"), (Reply, "thread_id")):
            touched.fetch(fact, column, threads)
        conversations: defaultdict[str, tuple[list[Values], list[Values]]] = defaultdict(lambda: ([], []))
        for row in touched.now[Message].values():
            conversations[row["thread_id"] or row["message_id"]][0].append(row)
        for row in touched.now[Reply].values():
            conversations[row["thread_id"]][1].append(row)
        for thread in threads:
            derive_answers(*conversations[thread])

    # ---------------------------------------------------------------- beside the facts

    def _store_markets(self, touched: _Touched) -> None:
        """Keeps the marketplaces that have a fact. The zone of one is fixed when it is met for the first time."""
        met = {row["marketplace"] for fact in _IN_MARKETS for row in touched.now[fact].values()}
        left = {row["marketplace"] for fact in _IN_MARKETS for row in touched.before[fact].values()} - met - {UNKNOWN}
        for marketplace in left:
            self._drop_if_empty(marketplace)
        for marketplace in sorted(met - self._markets.keys() - {UNKNOWN}):
            zone = self.zone_of(marketplace).key
            self._markets[marketplace] = zone
            self._connection.execute(
                sa.insert(Market), {"account_id": self._rows.account_id, "marketplace": marketplace, "time_zone": zone}
            )

    def _drop_if_empty(self, marketplace: str) -> None:
        account_id = self._rows.account_id
        for fact in _IN_MARKETS:
            columns = shape_of(fact).table.c
            if self._connection.scalar(sa.select(sa.exists().where(columns.account_id == account_id, columns.marketplace == marketplace))):
                return
        self._connection.execute(sa.delete(Market).where(Market.account_id == account_id, Market.marketplace == marketplace))
        del self._markets[marketplace]

    def _store_notes(self, notes: dict[str, tuple[str | None, list[str]]]) -> None:
        self._rows.delete(_NOTES, "fact_key", self._noted & notes.keys())
        new: list[Values] = [
            {"account_id": self._rows.account_id, "code": code, "fact_key": name, "order_id": order_id}
            for name, (order_id, codes) in notes.items()
            for code in codes
        ]
        self._rows.save(shape_of(DataNote), new, [])
        self._noted = (self._noted - notes.keys()) | {note["fact_key"] for note in new}

    def finish(self) -> None:
        """Notes what is now covered, raises the account's version if anything changed, and records the batch."""
        account_id, batch, counts = self._rows.account_id, self.batch, self.counts
        self._cover()
        if counts.new or counts.changed:
            told = sa.update(Account).where(Account.account_id == account_id)
            self._connection.execute(told.values(version=Account.version + 1, updated_at=dt.datetime.now(dt.UTC)))
        batch.rows_new, batch.rows_changed, batch.rows_unchanged = counts.new, counts.changed, counts.unchanged
        batch.state, batch.finished_at = ImportState.DONE, dt.datetime.now(dt.UTC)
        record(self._connection, batch)

    def _cover(self) -> None:
        """Notes through which day the format covers each of its kinds of fact."""
        importer, through = self._importer, self.batch.observed_at.date()
        same_format = (Source.account_id == self._rows.account_id, Source.format == importer.name)
        known = dict(iter(self._connection.execute(sa.select(Source.fact, Source.through).where(*same_format))))
        new = [
            Source(account_id=self._rows.account_id, fact=kind, format=importer.name, complete=importer.complete, through=through)
            for kind in sorted(importer.tells - known.keys())
        ]
        if new:
            self._connection.execute(sa.insert(Source), [source.model_dump() for source in new])
        older = [kind for kind in importer.tells & known.keys() if known[kind] < through]
        if older:
            self._connection.execute(sa.update(Source).where(*same_format, Source.fact.in_(older)).values(through=through))


def _zone_of(markets: Mapping[str, str], time_zones: Mapping[str, str], account_zone: str, marketplace: str) -> ZoneInfo:
    return ZoneInfo(markets.get(marketplace) or time_zones.get(marketplace) or account_zone)


def _name(fact: type[Fact], row: Values) -> str:
    """What a note calls a fact."""
    parts = (row[name] for name in shape_of(fact).key)
    return " ".join((fact.__name__, *(part.isoformat() if isinstance(part, dt.datetime) else str(part) for part in parts)))


def record(connection: sa.Connection, batch: ImportBatch) -> None:
    """Stores a batch. One that is done stays as it is when its content comes again: that brings nothing."""
    same = (ImportBatch.account_id == batch.account_id, ImportBatch.batch_id == batch.batch_id)
    if connection.scalar(sa.select(ImportBatch.state).where(*same)) != ImportState.DONE:
        connection.execute(sa.delete(ImportBatch).where(*same))
        connection.execute(sa.insert(ImportBatch), batch.model_dump())


class _Undo(Exception):
    """Takes a dry run back."""


@contextlib.contextmanager
def ingesting(
    database: Database,
    account_id: int,
    importer: Importer,
    batch: ImportBatch,
    classify: Classify,
    *,
    time_zones: Mapping[str, str] | None = None,
    dry_run: bool = False,
) -> Iterator[Ingest]:
    """An import of one account: all or nothing. An exception, or `dry_run`, leaves the store as it was.

    `time_zones` says in which zone the days of a marketplace are cut when it is met for the first time.
    """
    with contextlib.suppress(_Undo), database.writing() as connection:
        # Two imports of one account take turns: on a server database this row is what the second one waits for.
        connection.execute(sa.select(Account.version).where(Account.account_id == account_id).with_for_update()).scalar_one()
        ingest = Ingest(connection, account_id, importer, batch, classify, time_zones or {})
        yield ingest
        ingest.finish()
        if dry_run:
            raise _Undo
    database.analyse()
