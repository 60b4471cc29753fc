"""Runs the statements of queries, and reads their rows back as results."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any, NamedTuple

from sellerhealth.access import ReadSession
from sellerhealth.deadline import NEVER, Deadline, DeadlinePassed
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.compile import Plan, compile_queries
from sellerhealth.engine.compile_unproven import UnprovenPlan, compile_unproven
from sellerhealth.engine.covered_by import in_order
from sellerhealth.engine.covering import AlikeAccounts, RejectedRows, alike_accounts, covering
from sellerhealth.engine.judged_alike import judged, result_of_alike, with_coverage
from sellerhealth.engine.judged_days import judge_days
from sellerhealth.engine.queries import MetricQuery, QueryResult, Series
from sellerhealth.engine.running_text import read_sums, split_sums
from sellerhealth.engine.sliding_window import RunningSums, grown
from sellerhealth.engine.sources import sources
from sellerhealth.engine.stack import COVERAGE, NUMBERS, REJECTED, UNKNOWN_CELLS
from sellerhealth.engine.statement_size import divided
from sellerhealth.engine.totals import Columns, Totals
from sellerhealth.engine.unproven_days import DayRows, UnprovenDays
from sellerhealth.metrics.expressions import table_of
from sellerhealth.metrics.measures import Measure, Number, Numbers
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.result import MetricResult
from sellerhealth.metrics.unproven import UnprovenRows, added_up
from sellerhealth.model.tables import UNKNOWN, FactKind
from sellerhealth.settings import STALE_AFTER, StaleAfter

ROWS = 1_000  # read between two looks at the deadline
UnprovenByPart = defaultdict[str, UnprovenDays]
PartRows = defaultdict[str, list[tuple[dt.date | None, dict[str, int]]]]  # by part: the day, and the numbers by measure


class OfParts(NamedTuple):
    """The numbers of a query over whole windows, by part and in the order of its measures; and the unproven rows of each part."""

    by_part: Mapping[str, Sequence[int]]
    unproven: Mapping[str, Sequence[UnprovenRows]]


class _OfEachQuery(dict[MetricQuery, Totals]):
    def __missing__(self, query: MetricQuery) -> Totals:
        self[query] = found = Totals(query)
        return found


class Results:
    """The rows of statements, by query, account and part."""

    def __init__(self, today: dt.date, stale_after: StaleAfter = STALE_AFTER, deadline: Deadline = NEVER) -> None:
        self._today, self._stale_after, self._deadline = today, stale_after, deadline
        self._totals = _OfEachQuery()
        self._kept: dict[MetricQuery, dict[int, Mapping[str, Sequence[int]]]] = {}  # the rows of those that the store keeps
        self._days: defaultdict[MetricQuery, defaultdict[int, PartRows]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
        self._running: defaultdict[MetricQuery, defaultdict[int, defaultdict[str, list[RunningSums]]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(list))
        )
        self._sources: dict[int, str] = {}
        self._alike: dict[tuple[str, RejectedRows], AlikeAccounts] = {}  # by what is stored of their coverage
        self._alike_with: dict[int, AlikeAccounts] = {}  # by account
        self._rejected: defaultdict[int, dict[tuple[FactKind, dt.date | None], int]] = defaultdict(dict)
        self._unproven: defaultdict[MetricQuery, defaultdict[int, UnprovenByPart]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(UnprovenDays))
        )

    def add(self, plan: Plan, rows: Iterable[Any]) -> Collection[MetricQuery]:
        """Adds the rows of a statement. Returns the queries to which unknown cells of any account matter."""
        self._alike_with.clear()
        unknown_cells = set[tuple[Any, ...]]()  # the numbers of all accounts
        # There may be tens of thousands of rows: a row of whole windows is kept as it is, and the columns of others are mapped once.
        totals: list[defaultdict[int, dict[str, Any]]] = [defaultdict(dict) for _ in plan.branches]
        by_day = [[(self._days[query], *reader) for query, reader in each.readers if query.is_daily] for each in plan.branches]
        for each, rows_of_accounts in zip(plan.branches, totals, strict=True):
            for query, (names, read) in each.readers:
                if not query.is_daily:
                    self._totals[query].add(Columns(names, read, rows_of_accounts))
        running: defaultdict[tuple[int, int, str], list[Sequence[str]]] = defaultdict(list)
        for number, row in enumerate(rows):
            if not number % ROWS:
                self._deadline.check()
            branch, account, part, day = row[:NUMBERS]
            if branch == COVERAGE:
                self._sources[account] = part
            elif branch == REJECTED:
                self._rejected[account][FactKind(part), day] = int(row[NUMBERS])  # PostgreSQL adds whole numbers up as decimals
            elif branch == UNKNOWN_CELLS:
                unknown_cells.add(row[NUMBERS:])
            elif plan.branches[branch].is_running:
                of_part, lists = split_sums(part, plan.branches[branch].width)
                running[branch, account, of_part].append(lists)
            elif by_day[branch]:
                for by_account, names, read in by_day[branch]:
                    by_account[account][part].append((day, dict(zip(names, map(int, read(row)), strict=True))))
            else:
                totals[branch][account][part] = row
        for (branch, account, part), texts in running.items():
            days, by_column = read_sums(texts)
            for query, columns in plan.branches[branch].columns:
                of_query = RunningSums(days, {name: by_column[index] for index, name in columns})
                if query.since is None or query.window.half_life is not None:  # the number of each day is weighed
                    self._days[query][account][part] += grown(of_query, query.span)
                else:
                    self._running[query][account][part].append(of_query)
        of_any = [reduce(int.__or__, map(int, bits)) for bits in zip(*unknown_cells, strict=True)]
        return dict.fromkeys(plan.with_unknown_cells(of_any) if any(of_any) else ())

    def add_unproven(self, plan: UnprovenPlan, rows: Iterable[Any]) -> None:
        """Adds the rows of a statement that counts unproven rows."""
        for number, row in enumerate(rows):
            if not number % ROWS:
                self._deadline.check()
            branch, account, part, day = row[:NUMBERS]
            queries, layout = plan.branches[branch]
            unproven = layout.read(row[NUMBERS:])
            for query in queries:
                self._unproven[query][account][part].add(day, unproven)

    def sources_of(self, account_id: int) -> tuple[str, RejectedRows]:
        """The sources of an account as text, and the rows that imports rejected."""
        return self._sources.get(account_id, ""), tuple(self._rejected[account_id].items()) if account_id in self._rejected else ()

    def numbers_of(self, account_id: int, query: MetricQuery) -> OfParts:
        """The numbers of a query for each part, and the unproven rows."""
        unproven: UnprovenByPart | dict[str, Any] = self._unproven[query].get(account_id, {})
        return OfParts(
            self._totals[query].by_part(account_id, None),
            {part: [rows for _, rows in of_part.rows()] for part, of_part in unproven.items()},
        )

    def put_sources(self, account_id: int, sources: str, rejected: RejectedRows) -> None:
        """Adds what `sources_of` has returned."""
        self._sources[account_id] = sources
        if rejected:
            self._rejected[account_id] = dict(rejected)

    def put_numbers(self, account_id: int, query: MetricQuery, numbers: OfParts) -> None:
        """Adds what `numbers_of` has returned."""
        if (of_query := self._kept.get(query)) is None:
            of_query = self._kept[query] = {}
            self._totals[query].add(Columns([*query.metric.all_measures], tuple, of_query))
        of_query[account_id] = numbers.by_part
        if numbers.unproven:
            unproven = self._unproven[query][account_id]
            for part, rows in numbers.unproven.items():
                unproven[part] = UnprovenDays((None, each) for each in rows)

    def result(self, account_id: int, query: MetricQuery) -> QueryResult:
        """The result of a query for one account."""
        (found,) = self.results((account_id,), query)
        if isinstance(found, Exception):
            raise found
        return found

    def by_part(self, account_ids: Iterable[int], query: MetricQuery) -> Iterator[Mapping[str, MetricResult]]:
        """The results of a query for each of many accounts, by part."""
        for found in self.results(account_ids, query):
            if isinstance(found, Exception):
                raise found
            yield found.by_part

    def results(self, account_ids: Iterable[int], query: MetricQuery) -> Iterator[QueryResult | Exception]:
        """The result of a query for each of many accounts, or what a plugin's value or target has raised.

        Most accounts have the same coverage as others, and many the same numbers: they share a result. Raises DeadlinePassed.
        """
        totals = self._totals[query.of_each_part]
        with_unproven: Mapping[int, object] = self._unproven.get(query.of_each_part, {})
        known: dict[Hashable, QueryResult | Exception] = {}
        for account_id in account_ids:
            if query.is_daily or account_id in with_unproven:
                yield self._attempt(account_id, query, self._result)
                continue
            key = self._alike_to(account_id), totals.as_read(account_id)
            if (found := known.get(key)) is None:
                known[key] = found = self._attempt(account_id, query, self._result_of_alike)
            yield found

    def _attempt(self, account_id: int, query: MetricQuery, read: Callable[[int, MetricQuery], QueryResult]) -> QueryResult | Exception:
        self._deadline.check()
        try:
            return read(account_id, query)
        except DeadlinePassed:
            raise
        except Exception as error:  # noqa: BLE001 - a plugin's value or target may raise anything
            return error

    def _result_of_alike(self, account_id: int, query: MetricQuery) -> QueryResult:
        by_part = self._totals[query.of_each_part].by_part(account_id, query.named_part)
        return result_of_alike(self._alike_to(account_id), query, tuple([(part, tuple(numbers)) for part, numbers in by_part.items()]))

    def _result(self, account_id: int, query: MetricQuery) -> QueryResult:
        """The result of a query for an account with unproven rows, or of which older days weigh less."""
        alike, names = self._alike_to(account_id), tuple(query.metric.all_measures)
        about = covering(alike, query).about
        of_account = account_id in self._unproven.get(query.of_each_part, ())
        results = {}
        for part, (numbers, weighted) in self._numbers(account_id, query).items():
            if query.part is None or any(numbers):
                unproven = added_up(rows for _, rows in self._unproven_rows(account_id, query, part)) if of_account else ()
                if weighted is None:
                    results[part] = judged(query.metric, numbers, about, unproven)
                else:
                    by_name = dict(zip(names, numbers, strict=True))
                    results[part] = query.metric.result(by_name, weighted=weighted, **about.judging, unproven=unproven)
        return with_coverage(alike, query, results)

    def _alike_to(self, account_id: int) -> AlikeAccounts:
        if (found := self._alike_with.get(account_id)) is None:
            stored = self.sources_of(account_id)
            if (found := self._alike.get(stored)) is None:
                self._alike[stored] = found = alike_accounts(in_order(stored[0]), stored[1], self._today, self._stale_after)
            self._alike_with[account_id] = found
        return found

    def series(self, account_id: int, query: MetricQuery, deadline: Deadline = NEVER) -> Series:
        """The result as of each day of a series, for one account: the window slid over the numbers of the days.

        Raises DeadlinePassed.
        """
        part = query.named_part or ""
        return judge_days(
            query,
            covering(self._alike_to(account_id), query).coverage,
            [(day, numbers) for day, numbers in self._days_of(account_id, query)[part] if day is not None],
            self._running[query.of_each_part][account_id][part],
            self._unproven_days(account_id, query, part),
            deadline,
        )

    def _unproven_days(self, account_id: int, query: MetricQuery, part: str) -> UnprovenDays:
        """The unproven rows of a series."""
        if query.part is None and (of_whole := self._unproven[query].get(account_id)) is not None:
            return of_whole[part]
        return UnprovenDays(self._unproven_rows(account_id, query, part))

    def _unproven_rows(self, account_id: int, query: MetricQuery, part: str) -> Iterator[DayRows]:
        """The unproven rows of a part, or of the whole under '', by day. Those of an unknown part may be of any part."""
        of_query: Mapping[int, Mapping[str, UnprovenDays]] = self._unproven.get(query.of_each_part, {})
        by_part = of_query.get(account_id, {})
        if part in by_part:
            yield from ((day, rows) for day, rows in by_part[part].rows() if rows.kind.are_open)
        if query.part is not None and part != UNKNOWN and UNKNOWN in by_part:
            for day, (kind, numbers) in by_part[UNKNOWN].rows():
                if kind.counts:
                    yield day, UnprovenRows(replace(kind, elsewhere=True), numbers)

    def _numbers(self, account_id: int, query: MetricQuery) -> Mapping[str, tuple[Sequence[int], Numbers | None]]:
        """The numbers of a query by part, and the same with older days weighing less, where they do."""
        if query.is_daily:
            return {part: _added_up(query, rows) for part, rows in self._days_of(account_id, query).items()}
        by_part = self._totals[query.of_each_part].by_part(account_id, query.named_part)
        return {part: (numbers, None) for part, numbers in by_part.items()}

    def _days_of(self, account_id: int, query: MetricQuery) -> Mapping[str, Sequence[tuple[dt.date | None, Mapping[str, int]]]]:
        """The numbers of days by part: of all parts, or only of the one that is named, or of the whole under ''."""
        parts: Mapping[str, Any] = self._days[query.of_each_part].get(account_id, {})
        name = query.named_part
        return parts if name is None else {name: parts.get(name, ())}


def read_results(session: ReadSession, queries: Iterable[MetricQuery], accounts: AccountFilter, others: Results | None = None) -> Results:
    """The results of queries for all filtered accounts, with those of others if there are any.

    From one statement, or two if a fact of any account has an unknown cell; many queries are divided among several.
    Accounts with current rollups are read from those.
    Raises DeadlinePassed.
    """
    results = Results(session.today, session.stale_after, session.deadline) if others is None else others
    for source in sources(session, queries, accounts):  # which says for how long their numbers hold
        with_unknown_cells: list[MetricQuery] = []
        for some in divided(source.queries):
            plan = compile_queries(
                some, source.accounts, session.instant, sees_all=session.viewer.sees_all, from_rollups=source.from_rollups
            )
            with_unknown_cells += results.add(plan, session.rows(plan.statement, plan.parameters))
        for some in divided([query for query in with_unknown_cells if _matter_to(query)]):
            read_unproven(session, results, some, source.accounts, from_rollups=source.from_rollups)
    return results


def read_unproven(
    session: ReadSession, results: Results, queries: Iterable[MetricQuery], accounts: AccountFilter, *, from_rollups: bool = False
) -> UnprovenPlan:
    """Adds the unproven rows of queries to results. Returns the statement that was run."""
    plan = compile_unproven(queries, accounts, session.instant, sees_all=session.viewer.sees_all, from_rollups=from_rollups)
    results.add_unproven(plan, session.rows(plan.statement, plan.parameters))
    return plan


def _matter_to(query: MetricQuery) -> bool:
    """Whether a query reads unproven rows: of a day, a series has the verdict alone, and without a target nothing has to be proven."""
    return query.since is None or query.metric.target is not None


def _added_up(query: MetricQuery, rows: Iterable[tuple[dt.date | None, Mapping[str, int]]]) -> tuple[Sequence[int], Numbers]:
    """The numbers of days added up, in the order of the measures, and the same weighted by the age of their day."""
    measures = query.metric.all_measures
    totals = dict.fromkeys(measures, 0)
    weighted: dict[Measure, Number] = dict.fromkeys(measures.values(), 0)
    for day, numbers in rows:
        weight = 1 if day is None else query.window.weight(day, query.as_of)
        for name, number in numbers.items():
            totals[name] += number
            weighted[measures[name]] += weight * number
    return [*totals.values()], weighted


def dimensions(metric: Metric) -> tuple[str, ...]:
    """The dimensions of a metric: marketplace, channel where all its facts have one, and its own parts."""
    tables = [table_of(measure) for measure in metric.all_measures.values()]
    shared = [name for name in ("marketplace", "channel") if all(name in table.c for table in tables)]
    return tuple(dict.fromkeys((*shared, *metric.parts)))
