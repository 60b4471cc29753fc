"""Ingests an import into one account: stores what is new in its rows and what follows from them, and records coverage and notes."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Protocol

import sqlalchemy as sa

from sellerhealth.facts import Order
from sellerhealth.model.records import Account, DataNote, ImportBatch, ImportState
from sellerhealth.sources import Importer, Known, OrderBlock, Rejected, Reported, Row, Skipped
from sellerhealth.sources.importer import CLOCK_SKEW, RANKS
from sellerhealth.sources.known_lines import KnownLines
from sellerhealth.store import rejected_rows
from sellerhealth.store.account_rows import AccountRows
from sellerhealth.store.accounts import NewAccount
from sellerhealth.store.changes import Changes, Values
from sellerhealth.store.coverage import cover
from sellerhealth.store.derive import Classify
from sellerhealth.store.held_inserts import HeldInserts
from sellerhealth.store.import_batches import find_done, store_batch
from sellerhealth.store.known_lines import KnownOrders
from sellerhealth.store.known_rows import KnownRows
from sellerhealth.store.listings import CODES, Listings
from sellerhealth.store.markets import Markets
from sellerhealth.store.merge import shape_of, version_of
from sellerhealth.store.merge_rows import Counts, RowMerger
from sellerhealth.store.order_blocks import OrderBlocks
from sellerhealth.store.rederive import Notes, rederive
from sellerhealth.store.repeated import Reading, code
from sellerhealth.store.reported import store_figures
from sellerhealth.store.unit_of_work import UnitOfWork
from sellerhealth.store.writing import note_change, raised_version

_NOTES: sa.Table = DataNote.__table__
_NOT_GONE = DataNote.code.not_in(CODES)
_CHANGED_AT = sa.select(Account.updated_at).where(Account.account_id == sa.bindparam("of_account"))
_NOTED = sa.select(DataNote.fact_key).where(DataNote.account_id == sa.bindparam("of_account"), _NOT_GONE)


class RollupUpkeep(Protocol):
    """Keeps the rollups of an account while an import changes its facts."""

    def add(self, changes: Mapping[sa.Table, Changes]) -> None:
        """Adds facts that were stored."""

    def finish(self) -> None:
        """Brings the rollups up to date, at the version that the account has by then."""


KeepRollups = Callable[[sa.Connection, int], RollupUpkeep | None]  # of an account, by its id


class Ingest:
    """A running import. Made by `ingesting`."""

    def __init__(
        self,
        connection: sa.Connection,
        account: int | NewAccount,
        importer: Importer,
        batch: ImportBatch,
        classify: Classify,
        time_zones: Mapping[str, str],
        keep_rollups: KeepRollups | None,
        held: HeldInserts | None = None,
    ) -> None:
        """`account`: its id, or what it was created as in this transaction, so that nothing of it is stored. `held`: see `AccountRows`."""
        account_id, new = (account.account_id, account) if isinstance(account, NewAccount) else (account, None)
        self.counts, self.figures = Counts(), Counts()
        self._rollups = None if keep_rollups is None else keep_rollups(connection, account_id)
        self._has_changed_facts = False
        self.batch = batch
        self._connection, self._importer, self._classify = connection, importer, classify
        self._rows = AccountRows(connection, account_id, is_new=new is not None, held=held)
        latest = dt.datetime.now(dt.UTC) + CLOCK_SKEW
        # Older releases accepted observations from the future. Any new observation replaces them.
        self._latest_version, self._latest_day = version_of(latest, RANKS - 1), latest.date()
        self._markets = Markets(self._rows, time_zones, new)
        self.zone_of = self._markets.zone_of
        # All of the account: contradictions are rare enough to keep their keys in memory.
        self._noted = set(connection.scalars(_NOTED, {"of_account": account_id})) if new is None else set[str]()
        self._listings = Listings(self._rows, importer, batch, self.zone_of)
        self._version = partial(version_of, rank=importer.rank)
        self._merger = RowMerger(account_id, self._listings.listed, self._version(batch.observed_at), self._version)
        self._known_orders = KnownOrders(self._rows, self._listings, self._latest_version)
        self._known = KnownRows(self._rows, self._listings, self._version, self._latest_version)
        self._blocks = OrderBlocks(self._rows, self._listings, self.zone_of, self._version)
        self._awaited = rejected_rows.awaited(connection, account_id) if new is None else set()
        self._arrived: set[tuple[str, str]] = set()
        self._rejected = 0
        self._done = find_done(connection, batch) if new is None else None  # of the same content: writers of an account wait for each other

    def add(self, rows: Sequence[Row], blocks: Sequence[OrderBlock] = ()) -> Counts:
        """Ingests a chunk of up to about 10,000 rows, in any order, children before parents as well. `blocks`: further ones, by column."""
        if not blocks:
            return self._add_rows(rows)
        block, counts = OrderBlock.joined(blocks), Counts()
        chosen: Sequence[bool] = [False] * len(block.sizes)
        # Awaited facts, and what a newer report lacks, are looked for row by row.
        if not self._awaited and self._listings.is_newest:
            others = {part.values.get("order_id") for row in rows for part in (row, *row.parts)}
            chosen, new, changed, changes = self._blocks.store(block, others, self._noted)
            stored = block.those(chosen)
            counts = Counts(new, changed, stored.lines - new - changed)
            self.counts += counts
            self._note_changes(changes)
            self._markets.add(set(stored.orders["marketplace"]))
            self._listings.widen(Order, stored.orders)
        if not all(chosen):
            rows = sorted((*rows, *block.those([not each for each in chosen]).rows()), key=attrgetter("line"))
        return counts + self._add_rows(rows) if rows else counts

    def _note_changes(self, changes: Mapping[sa.Table, Changes]) -> None:
        if changes:
            self._has_changed_facts = True
            if self._rollups is not None:
                self._rollups.add(changes)

    def _add_rows(self, rows: Sequence[Row]) -> Counts:
        work = UnitOfWork(self._rows, self._latest_version)
        news, unchanged = self._known.take_out(rows)
        counts = self._merger.merge(work, news) + Counts(unchanged=unchanged)
        notes = rederive(work, self.zone_of, self._classify, {key.split(" ")[1] for key in self._noted})
        self._note_changes(work.save())
        self._markets.update(work)
        self._store_notes(notes)
        self._listings.note(work)
        self._listings.add(rows)
        self.counts += counts
        if self._awaited:
            self._arrived |= rejected_rows.settled(self._awaited, rows)
        return counts

    @property
    def known_lines(self) -> KnownLines:
        """The lines that need not be read. Rejected rows wait for their facts in any file, so then all are; also if the clock was set back since the last change."""
        may_skip = not (self._rows.is_new or self._awaited or self._is_behind)
        return self._known_orders.lines(self._importer, self.batch.marketplace, may_skip=may_skip)

    @property
    def _is_behind(self) -> bool:
        changed_at: dt.datetime | None = self._connection.scalar(_CHANGED_AT, {"of_account": self._rows.account_id})
        return changed_at is not None and changed_at > dt.datetime.now(dt.UTC)

    def add_known(self, known: Sequence[Known]) -> None:
        """Adds lines that are known."""
        self.counts += Counts(unchanged=self._known_orders.add(known))

    def report(self, figures: Sequence[Reported]) -> None:
        """Stores figures that Amazon itself reports. They are no facts, so nothing follows from them."""
        self.figures += Counts(*store_figures(self._rows, self._importer, self.batch.observed_at, figures))

    def repeats(self) -> bool:
        """Whether the content was imported before, and reading it again would change nothing. It then counts as read.

        Rejected rows that wait for their facts are settled by any file with those, so none may be waiting.
        """
        done, before = self._done, self._before
        if self._awaited or done is None or before is None or not before.includes(self._importer, self.batch.observed_at, self.zone_of):
            return False
        self.batch.rows_read = done.rows_read
        self.counts = Counts(unchanged=done.rows_new + done.rows_changed + done.rows_unchanged)
        self.batch.reading = done.reading
        return True

    def remember(self, zones: Iterable[str]) -> None:
        """Notes how the content was read, which was imported as a whole: all that it says is in the facts.

        `zones`: the marketplaces in whose zone a day of it was cut.
        """
        of_zones = {marketplace: self.zone_of(marketplace).key for marketplace in zones}
        self.batch.reading = Reading(code(), of_zones, self.batch.observed_at).after(self._before).text

    @property
    def _before(self) -> Reading | None:
        """How the same content was read before."""
        return None if self._done is None else Reading.of_text(self._done.reading)

    @property
    def may_have_notes(self) -> bool:
        """Whether the account may have data quality notes: one that is new has none unless some were stored."""
        return not (self._rows.is_new and self._rows.is_empty(_NOTES))

    @property
    def written(self) -> Mapping[sa.Table, int]:
        """How many rows were written so far, by table."""
        return self._rows.written

    def reject(self, rejected: Sequence[Rejected]) -> None:
        """Stores bad rows that the import skips, unless it is a repeated one: each may be a miss until its fact is imported."""
        account_id, batch_id = self._rows.account_id, self.batch.batch_id
        self._listings.leave_out(rejected)
        if self._done is None and self._importer.has_facts:
            first = self._rejected + 1
            rejected_rows.reject(self._connection, account_id, batch_id, self._importer, rejected, first, self.zone_of)
            self._rejected += len(rejected)

    def set_aside(self, skipped: Iterable[Skipped]) -> None:
        """Adds rows that are not imported but name their facts, which are therefore not gone."""
        self._listings.leave_out([each for each in skipped if each.values])

    def _store_notes(self, notes: Notes) -> None:
        self._rows.delete(_NOTES, "fact_key", self._noted & notes.keys(), _NOT_GONE)
        new: list[Values] = [
            {"account_id": self._rows.account_id, "code": code, "fact_key": fact_key, "order_id": order_id}
            for fact_key, (order_id, codes) in notes.items()
            for code in codes
        ]
        self._rows.save(shape_of(DataNote), new, [])
        self._noted = (self._noted - notes.keys()) | {note["fact_key"] for note in new}

    def finish(self) -> None:
        """Records the coverage and the batch, and raises the account's version if anything changed."""
        account_id, batch, counts = self._rows.account_id, self.batch, self.counts
        is_covered_further = cover(self._rows, self._importer, batch.observed_at.date(), self._latest_day)
        self._known_orders.finish()
        self._listings.finish(has_most=self._known_orders.are_most)
        rejected_rows.settle(self._connection, account_id, self._arrived)
        if counts.new or counts.changed or self._has_changed_facts or self._rejected or self._arrived:
            self._note_change(of_facts=True)
        elif is_covered_further or self.figures.new or self.figures.changed:
            self._note_change(of_facts=False)
        if self._rollups is not None:
            self._rollups.finish()
        counts += self.figures
        batch.rows_new, batch.rows_changed, batch.rows_unchanged = counts.new, counts.changed, counts.unchanged
        batch.state, batch.finished_at = ImportState.DONE, dt.datetime.now(dt.UTC)
        store_batch(self._rows, batch, self._done)

    def _note_change(self, *, of_facts: bool) -> None:
        if self._rows.is_new:
            self._rows.execute(*raised_version(self._rows.account_id, of_facts=of_facts))
        else:
            note_change(self._rows.connection, self._rows.account_id, of_facts=of_facts)
