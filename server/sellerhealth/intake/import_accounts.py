"""Imports a file in which each row names its account: one record for each account, all or nothing for each."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sellerhealth.access import ReadSession, Viewer
from sellerhealth.errors import BadFile, BadInput, NotFound, SellerHealthError, StoreBusy, StoreFault
from sellerhealth.garbage import without_gc
from sellerhealth.intake.account_import import import_into, import_into_new
from sellerhealth.intake.entries_by_account import EntriesByAccount
from sellerhealth.intake.entry_reader import CHUNK, EntryReader
from sellerhealth.intake.import_stream import Progress
from sellerhealth.intake.rejects import Rejects
from sellerhealth.intake.report import Report, opened
from sellerhealth.intake.running_import import LISTED, Chunks, ImportSummary, Terms, Zones
from sellerhealth.model.tables import UNKNOWN
from sellerhealth.plugins.load import Loaded
from sellerhealth.rollups.tables import prepare
from sellerhealth.sources import Entry, FileContext, Files, Rejected, Remark, Sheet
from sellerhealth.sources.known_lines import KnownLines
from sellerhealth.store import lookups
from sellerhealth.store.accounts import NewAccount, check_new
from sellerhealth.store.bulk import chunks
from sellerhealth.store.database import Database
from sellerhealth.store.ingesting import settle
from sellerhealth.store.writing import check_may_create, check_permission


@dataclass(frozen=True)
class AccountImport:
    """What an import did to one account of the file: its summary, or why nothing of the account was imported.

    `key` is None for rows that name no account. `line`: the first line of the account in the file. `is_new`: it was created.
    """

    key: str | None
    line: int
    summary: ImportSummary | None
    error: SellerHealthError | None = None
    is_new: bool = False


def import_accounts(
    database: Database,
    loaded: Loaded,
    viewer: Viewer,
    stream: BinaryIO | Files,
    name: str,
    *,
    observed_at: dt.datetime,
    create: bool = False,
    time_zone: str = "UTC",
    marketplace: str | None = None,
    format: str | None = None,  # noqa: A002 - named as on the command line
    time_zones: Mapping[str, str] | None = None,
    skip_bad_rows: bool = False,
    dry_run: bool = False,
    rejects: Callable[[str], Path] | None = None,
    progress: Progress | None = None,
    clock: dt.datetime | None = None,
) -> Iterator[AccountImport]:
    """Imports the rows of a stream, or of files `together`, into the accounts that they name by their keys, and yields the result for each account.

    Each account has a record of its own, in the order in which the accounts begin in the file; its rows may be anywhere
    in it. It is imported as a whole, or not at all, and what cannot be imported fails its account alone. `create`: an account that does not exist is created, with its key as its name,
    and days that begin in `time_zone`; it needs a viewer who is an administrator of all accounts. Raises BadFile before anything
    is stored if the file cannot be read, or names no account at all, and StoreFault when the database fails: what was yielded stays. The other arguments are those of `import_stream`.
    """
    check_permission(viewer)
    if create:
        check_may_create(viewer)
    with (
        opened(stream, name, loaded.importers, observed_at=observed_at, marketplace=marketplace, format=format, of_accounts=True) as report,
        EntriesByAccount() as entries,
    ):
        zones = _TimeZones(database, viewer, time_zone, time_zones or {})
        _read(report, zones, entries, progress)
        if entries.lines.keys() <= {None}:
            raise _nobody(report, has_rows=bool(entries.lines))
        if loaded.keeps_rollups and not dry_run:
            prepare(database, loaded.measures)
        known = _known(database, viewer, [key for key in entries.lines if key is not None])
        terms = Terms(time_zones, skip_bad_rows, dry_run, clock or report.now)

        def target_of(key: str, line: int) -> int | NewAccount:
            return known.get(key) or _new_account(report, key, line, time_zone, create=create)

        with Rejects(rejects if skip_bad_rows and not dry_run else None, report.samples) as kept:
            if entries.has_rejected:
                kept.create()  # before anything is imported: it is refused if there is such a file
            running = _ImportOfGroups(database, loaded, viewer, report, kept, terms)
            accounts = _accounts(report, entries, zones, target_of)
            try:
                done, groups = 0, _groups(accounts)
                while group := without_gc(partial(next, groups, ())):
                    for result in running.results(group):
                        yield result
                        done += 1
                        if progress is not None:
                            progress(report.size + report.size * done // len(entries.lines), 2 * report.size)
            finally:
                settle(database, running.written)


class _Account(NamedTuple):
    """An account of the file: what it is imported into, or why it cannot be, and its entries. `is_small`: those are in one list, and none is bad."""

    key: str | None
    line: int
    target: int | NewAccount | SellerHealthError
    chunks: Chunks
    size: int
    is_small: bool


def _accounts(
    report: Report, entries: EntriesByAccount, zones: "_TimeZones", target_of: Callable[[str, int], int | NewAccount]
) -> Iterator[_Account]:
    """The accounts of a file in its order."""
    for key, line in entries.lines.items():
        taken = entries.take(key)
        if key is None:
            yield _Account(key, line, _without_account(report, taken), lambda zone_of, known: iter(()), 0, is_small=False)
            continue
        first = next(taken, [])
        is_small = len(first) < CHUNK and not any(isinstance(entry, Rejected) for entry in first)
        chunks = partial(_chunks, zones.used.get(key, ()), [first] if is_small else chain([first], taken))
        try:
            target: int | NewAccount | SellerHealthError = target_of(key, line)
        except SellerHealthError as error:
            target = error
        yield _Account(key, line, target, chunks, len(first), is_small)


def _chunks(used: Iterable[str], entries: Iterable[list[Entry]], zone_of: Zones, known: KnownLines | None) -> Iterator[list[Entry]]:
    """The entries of an account, which were read before. `used`: the marketplaces of which the zone was needed."""
    for marketplace in used:
        zone_of(marketplace)
    return iter(entries)


def _groups(accounts: Iterable[_Account]) -> Iterator[Sequence[_Account]]:
    """Accounts in their order: small new ones that follow each other together, as long as they have few entries, others alone."""
    group, size = list[_Account](), 0
    for account in accounts:
        is_together = account.is_small and isinstance(account.target, NewAccount)
        if group and not (is_together and size < CHUNK):
            yield group
            group, size = [], 0
        if is_together:
            group.append(account)
            size += account.size
        else:
            yield [account]
    if group:
        yield group


class _ImportOfGroups:
    """Imports accounts of a file. `written`: how many rows were stored, by table."""

    def __init__(self, database: Database, loaded: Loaded, viewer: Viewer, report: Report, kept: Rejects, terms: Terms) -> None:
        self.written = Counter[sa.Table]()
        self._database, self._loaded, self._viewer = database, loaded, viewer
        self._report, self._kept, self._terms = report, kept, terms

    def results(self, group: Sequence[_Account]) -> Iterator[AccountImport]:
        """The result for each account of a group: together if that is possible, else each by itself, so that what is wrong with one reaches no other."""
        yield from (self._together(group) if len(group) > 1 else None) or map(self._alone, group)

    def _together(self, group: Sequence[_Account]) -> Sequence[AccountImport] | None:
        new = [(each.target, each.chunks) for each in group if isinstance(each.target, NewAccount)]
        try:
            summaries = without_gc(
                partial(
                    import_into_new, self._database, self._loaded, self._viewer, new, self._report, self._kept, self._terms, self.written
                )
            )
        except SellerHealthError:
            self._kept.take_back()
            return None
        self._kept.keep()
        return [AccountImport(each.key, each.line, summary, is_new=True) for each, summary in zip(group, summaries, strict=True)]

    def _alone(self, account: _Account) -> AccountImport:
        key, line, target, chunks, _, _ = account
        if isinstance(target, SellerHealthError):
            return AccountImport(key, line, None, target)
        try:
            summary = import_into(
                self._database, self._loaded, self._viewer, target, self._report, chunks, self._kept, self._terms, key, self.written
            )
        except SellerHealthError as error:
            if isinstance(error, StoreFault) and not isinstance(error, StoreBusy):
                raise
            self._kept.take_back()
            return AccountImport(key, line, None, error)
        self._kept.keep()
        return AccountImport(key, line, summary, is_new=isinstance(target, NewAccount))


class _TimeZones:
    """The zones of the days of accounts. `used`: the marketplaces for which each was needed, by the key of the account."""

    def __init__(self, database: Database, viewer: Viewer, time_zone: str, time_zones: Mapping[str, str]) -> None:
        self.used: defaultdict[str, set[str]] = defaultdict(set)
        self._database, self._viewer, self._time_zone, self._time_zones = database, viewer, time_zone, time_zones
        self._zones: dict[tuple[str, str], ZoneInfo] = {}
        self._accounts: dict[str, tuple[str, Mapping[str, str]]] = {}

    def __call__(self, key: str, marketplace: str | None) -> ZoneInfo:
        named = marketplace or UNKNOWN
        if (key, named) not in self._zones:
            if key not in self._accounts:
                with self._database.reading() as connection:
                    found = lookups.time_zones(ReadSession(connection, self._viewer, dt.datetime.now(dt.UTC)), key)
                self._accounts[key] = found or (self._time_zone, {})
            of_account, markets = self._accounts[key]
            self._zones[key, named] = ZoneInfo(markets.get(named) or self._time_zones.get(named) or of_account)
            self.used[key].add(named)
        return self._zones[key, named]


def _read(report: Report, zones: _TimeZones, entries: EntriesByAccount, progress: Progress | None) -> None:
    """Reads a report. The zone of rows without an account does not matter: they are not imported."""
    context = FileContext(report.observed_at, report.marketplace, now=report.now, account_time_zones=zones)
    reader = EntryReader(report.importer, report.origin, report.content, context, report.name)

    def read_chunk() -> bool:
        chunk = reader.take(CHUNK)
        entries.add(chunk)
        return bool(chunk)

    while without_gc(read_chunk):
        if progress is not None:
            progress(report.size if report.content.closed else report.content.tell(), 2 * report.size)


def _known(database: Database, viewer: Viewer, keys: Sequence[str]) -> Mapping[str, int]:
    """The ids of those accounts with these keys that the viewer may see."""
    known: dict[str, int] = {}
    with database.reading() as connection:
        session = ReadSession(connection, viewer, dt.datetime.now(dt.UTC))
        for some in chunks(keys):
            known |= {key: row.account_id for key, row in lookups.accounts_by_key(session, some).items()}
    return known


def _new_account(report: Report, key: str, line: int, time_zone: str, *, create: bool) -> NewAccount:
    """The account to create for a key that is not known, if it can be."""
    if not create:
        raise NotFound(f"{report.name}: line {line}: there is no account {key!r}.", argument="create")
    new = NewAccount(key, key, time_zone)
    try:
        check_new(new)
    except BadInput as bad:
        raise BadFile(f"{report.name}: line {line}: {bad}") from bad
    return new


def _nobody(report: Report, *, has_rows: bool) -> BadFile:
    sheet = report.importer.recognises
    names = [column.name for column in sheet.columns if column.into == "account"] if isinstance(sheet, Sheet) else []
    if not has_rows:
        return BadFile(f"{report.name} has no row, so it names no account. Nothing was imported.")
    if names:
        return BadFile(f"{report.name} names no account: add a column {names[0]!r} with the key of the account of each row.")
    return BadFile(
        f"{report.name} names no account, and its format {report.importer.name} has no column for it. Import the file of each account by itself."
    )


def _without_account(report: Report, taken: Iterator[list[Entry]]) -> BadFile:
    """The error for rows that name no account: they could be of any."""
    entries = [entry for entry in chain.from_iterable(taken) if not isinstance(entry, Remark)]
    listed = ", ".join(str(entry.line) for entry in entries[:LISTED]) + (" …" if len(entries) > LISTED else "")
    what = "a row names no account, and was" if len(entries) == 1 else f"{len(entries):,} rows name no account, and were"
    errors = [entry.error.describe(report.name) for entry in entries[:LISTED] if isinstance(entry, Rejected)]
    return BadFile("\n".join([f"{report.name}: {what} not imported: line {listed}.", *errors]))
