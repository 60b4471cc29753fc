"""Runs the statements of queries, and reads their rows back as results."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any, NamedTuple

from sellerhealth.access import ReadSession
from sellerhealth.deadline import NEVER, Deadline
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.compile import Plan, compile_queries
from sellerhealth.engine.compile_unproven import UnprovenPlan, compile_unproven
from sellerhealth.engine.covering import About, AlikeAccounts, RejectedRows, alike_accounts, covering
from sellerhealth.engine.judged_days import judge_days
from sellerhealth.engine.queries import MetricQuery, QueryResult, Series
from sellerhealth.engine.sliding_window import RunningSums, grown
from sellerhealth.engine.sources import sources
from sellerhealth.engine.stack import COVERAGE, NUMBERS, REJECTED, UNKNOWN_CELLS
from sellerhealth.engine.statement_size import divided
from sellerhealth.engine.unproven_days import DayRows, UnprovenDays
from sellerhealth.metrics.expressions import table_of
from sellerhealth.metrics.measures import Measure, Number, Numbers
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.result import MetricResult, UnavailableReason
from sellerhealth.metrics.unproven import UnprovenRows, added_up
from sellerhealth.model.tables import UNKNOWN, FactKind
from sellerhealth.settings import STALE_AFTER, StaleAfter

ROWS = 1_000  # read between two looks at the deadline
UnprovenByPart = defaultdict[str, UnprovenDays]
PartRows = defaultdict[str, list[tuple[dt.date | None, dict[str, int]]]]  # by part: the day, and the numbers by measure


class OfParts(NamedTuple):
    """The numbers of a query over whole windows, by part and by the key of the measure; and the unproven rows of each part."""

    by_part: Mapping[str, dict[str, int]]
    unproven: Mapping[str, Sequence[UnprovenRows]]


class Results:
    """The rows of statements, by query, account and part."""

    def __init__(self, today: dt.date, stale_after: StaleAfter = STALE_AFTER, deadline: Deadline = NEVER) -> None:
        self._today, self._stale_after, self._deadline = today, stale_after, deadline
        self._rows: defaultdict[MetricQuery, defaultdict[int, PartRows]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
        self._running: defaultdict[MetricQuery, defaultdict[int, defaultdict[str, list[RunningSums]]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(list))
        )
        self._sources: dict[int, str] = {}
        self._alike_with: dict[int, AlikeAccounts] = {}  # by account
        self._rejected: defaultdict[int, dict[tuple[FactKind, dt.date | None], int]] = defaultdict(dict)
        self._judged: dict[Any, MetricResult] = {}
        self._unproven: defaultdict[MetricQuery, defaultdict[int, UnprovenByPart]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(UnprovenDays))
        )

    def add(self, plan: Plan, rows: Iterable[Any]) -> Collection[MetricQuery]:
        """Adds the rows of a statement. Returns the queries to which unknown cells of any account matter."""
        with_unknown_cells: dict[MetricQuery, None] = {}
        self._alike_with.clear()
        # There may be tens of thousands of rows: the columns of a branch are mapped once, not for each row.
        branches = [[(self._rows[query], *reader) for query, reader in branch.readers] for branch in plan.branches]
        running: defaultdict[tuple[int, int, str], list[tuple[dt.date, Sequence[Any]]]] = defaultdict(list)
        for number, row in enumerate(rows):
            if not number % ROWS:
                self._deadline.check()
            branch, account, part, day = row[:NUMBERS]
            if branch == COVERAGE:
                self._sources[account] = part
            elif branch == REJECTED:
                self._rejected[account][FactKind(part), day] = int(row[NUMBERS])  # PostgreSQL adds whole numbers up as decimals
            elif branch == UNKNOWN_CELLS:
                with_unknown_cells |= dict.fromkeys(plan.with_unknown_cells(row[NUMBERS:]))
            elif plan.branches[branch].is_running:
                running[branch, account, part].append((day, row))
            else:
                for by_account, names, read in branches[branch]:
                    by_account[account][part].append((day, dict(zip(names, map(int, read(row)), strict=True))))
        for (branch, account, part), sums in running.items():
            sums.sort(key=itemgetter(0))
            days, by_column = [day.toordinal() for day, _ in sums], [*zip(*(row for _, row in sums), strict=True)][NUMBERS:]
            for query, columns in plan.branches[branch].columns:
                if query.since is None or query.window.half_life is not None:  # the number of each day is weighed
                    self._rows[query][account][part] += grown(sums, [(NUMBERS + index, name) for index, name in columns], query.span)
                else:
                    by_name = {name: by_column[index] for index, name in columns}
                    self._running[query][account][part].append(RunningSums(days, by_name))
        return with_unknown_cells

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
        by_part: PartRows | dict[str, Any] = self._rows[query].get(account_id, {})
        unproven: UnprovenByPart | dict[str, Any] = self._unproven[query].get(account_id, {})
        return OfParts(
            {part: _totals(query, rows)[0] for part, rows in by_part.items()},
            {part: [rows for _, rows in of_part.rows()] for part, of_part in unproven.items()},
        )

    def put_sources(self, account_id: int, sources: str, rejected: RejectedRows) -> None:
        """Adds what `sources_of` has returned."""
        self._sources[account_id] = sources
        if rejected:
            self._rejected[account_id] = dict(rejected)

    def put_numbers(self, account_id: int, query: MetricQuery, numbers: OfParts) -> None:
        """Adds what `numbers_of` has returned."""
        by_part, unproven = self._rows[query][account_id], self._unproven[query][account_id] if numbers.unproven else {}
        for part, of_part in numbers.by_part.items():
            by_part[part] = [(None, of_part)]
        for part, rows in numbers.unproven.items():
            unproven[part] = UnprovenDays((None, each) for each in rows)

    def result(self, account_id: int, query: MetricQuery) -> QueryResult:
        """The result of a query for one account."""
        about, _, through, stale, known_through = covering(self._alike_to(account_id), query)
        return QueryResult(self._by_part(account_id, query, about), through, stale, known_through, about.rejected)

    def by_part(self, account_ids: Iterable[int], query: MetricQuery) -> Iterator[Mapping[str, MetricResult]]:
        """The results of a query for each of many accounts, by part. Most of them have the same coverage, which is looked at once."""
        about: dict[AlikeAccounts, About] = {}
        for account_id in account_ids:
            alike = self._alike_to(account_id)
            if alike not in about:
                about[alike] = covering(alike, query).about
            yield self._by_part(account_id, query, about[alike])

    def _by_part(self, account_id: int, query: MetricQuery, about: "About") -> Mapping[str, MetricResult]:
        results, has_unproven = {}, account_id in self._unproven.get(query.of_each_part, ())
        for part, rows in self._parts(account_id, query).items():
            numbers, weighted = _totals(query, rows)
            if query.part is None or any(numbers.values()):
                used = weighted if query.window.half_life else None
                unproven = added_up(rows for _, rows in self._unproven_rows(account_id, query, part)) if has_unproven else ()
                results[part] = self._judge(query.metric, numbers, used, about, unproven)
        if query.part is not None and query.part.name is not None and not results:
            results[query.part.name] = query.metric.result({}, unavailable=UnavailableReason.NOTHING_TO_MEASURE)
        return results

    def _alike_to(self, account_id: int) -> AlikeAccounts:
        found = self._alike_with.get(account_id)
        if found is None:
            found = alike_accounts(*self.sources_of(account_id), self._today, self._stale_after)
            self._alike_with[account_id] = found
        return found

    def series(self, account_id: int, query: MetricQuery, deadline: Deadline = NEVER) -> Series:
        """The result as of each day of a series, for one account: the window slid over the numbers of the days.

        Raises DeadlinePassed.
        """
        part = "" if query.part is None else query.part.name or ""  # the whole, or the one part that is named
        return judge_days(
            query,
            covering(self._alike_to(account_id), query).coverage,
            [(day, numbers) for day, numbers in self._parts(account_id, query)[part] if day is not None],
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

    def _parts(self, account_id: int, query: MetricQuery) -> Mapping[str, Sequence[tuple[dt.date | None, Mapping[str, int]]]]:
        """The rows of a query by part: all parts, or only the one that is named, or the whole under ''."""
        parts: Mapping[str, Any] = self._rows[query.of_each_part].get(account_id, {})
        if query.part is not None and query.part.name is None:
            return parts
        name = "" if query.part is None else query.part.name or ""
        return {name: parts.get(name, ())}

    def _judge(
        self,
        metric: Metric,
        numbers: Mapping[str, int],
        weighted: Numbers | None,
        about: "About",
        unproven: tuple[UnprovenRows, ...],
    ) -> MetricResult:
        """The result for some numbers.

        It is cached: most counts are small, so many of thousands of accounts have the same numbers.
        """
        key = metric, *numbers.values(), about, unproven
        if weighted is None and key in self._judged:
            return self._judged[key]
        result = metric.result(
            numbers,
            weighted=weighted,
            unavailable=about.unavailable,
            proven=about.proven,
            stale=about.stale,
            rejected=about.rejected,
            unproven=unproven,
        )
        if weighted is None:
            self._judged[key] = result
        return result


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


def _totals(query: MetricQuery, rows: Iterable[tuple[dt.date | None, Mapping[str, int]]]) -> tuple[dict[str, int], Numbers]:
    """The numbers of some rows added up, and the same weighted by the age of their day."""
    measures = query.metric.all_measures
    totals = dict.fromkeys(measures, 0)
    if not query.is_daily:  # each number is in one row
        for _, numbers in rows:
            totals.update(numbers)
        return totals, {}
    weighted: dict[Measure, Number] = dict.fromkeys(measures.values(), 0)
    for day, numbers in rows:
        weight = 1 if day is None else query.window.weight(day, query.as_of)
        for name, number in numbers.items():
            totals[name] += number
            weighted[measures[name]] += weight * number
    return totals, weighted


def dimensions(metric: Metric) -> tuple[str, ...]:
    """The dimensions of a metric: marketplace, channel where all its facts have one, and its own parts."""
    tables = [table_of(measure) for measure in metric.all_measures.values()]
    shared = [name for name in ("marketplace", "channel") if all(name in table.c for table in tables)]
    return tuple(dict.fromkeys((*shared, *metric.parts)))
