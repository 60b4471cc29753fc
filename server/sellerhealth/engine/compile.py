"""Compiles metric queries to one statement. Pure: no connection, no clock.

The statement stacks one aggregate for each table with UNION ALL. Nothing is joined, so nothing can be counted twice. The
filtered accounts stand in one CTE. Days, scopes, accounts, the viewer and the clock are parameters, so queries of the same shape
share one statement. Parameter names begin with `query_`, which no column name does: SQLAlchemy names the values of conditions after
their column (`channel_1`), and if two parameters have the same name, the last value silently replaces the other.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.engine.account_filter import AccountFilter, filtered_accounts
from sellerhealth.engine.covered_by import sources_as_text
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.engine.rolled_up import RolledBranch, Span, running_branch, total_branch
from sellerhealth.engine.shapes import QueryShape, number_shapes
from sellerhealth.engine.stack import COVERAGE, NUMBERS, REJECTED, UNKNOWN_CELLS, AnySelect, about, between_parameters, padded
from sellerhealth.metrics.aggregates import aggregate_of, classified_once, split_key
from sellerhealth.metrics.expressions import clock_parameters, clock_values, table_of
from sellerhealth.metrics.measures import Measure
from sellerhealth.model.records import Account, RejectedRow, Source
from sellerhealth.rollups.grain import grain_for
from sellerhealth.unproven.alike import Lookup

_BITS = 30  # in a number of the branch UNKNOWN_CELLS: any database computes with so many


class _Counted(NamedTuple):
    """The facts that a branch counts: of a table, by a day column, and by the classes of a split."""

    table: sa.Table
    on: str
    split: int | None

    @classmethod
    def by(cls, measure: Measure) -> "_Counted":
        return cls(table_of(measure), measure.on.key, split_key(measure))


@dataclass(frozen=True)
class _Branch:
    """One aggregate of the stack, or several with the same columns."""

    selects: Sequence[AnySelect]
    numbers: Sequence[sa.ColumnElement[Any]]
    columns: Sequence[tuple[int, str]]  # for each number its shape and the key of its measure
    spans: frozenset[int]
    is_running: bool = False  # the columns are running sums, as one text


@dataclass(frozen=True)
class _Statement:
    select: sa.Executable
    branches: Sequence[_Branch]
    lookups: Sequence[frozenset[int]]  # for each bit of UNKNOWN_CELLS the shapes to which it matters
    clock: frozenset[str]


class NumbersReader(NamedTuple):
    """The keys of measures, and what reads their numbers from a row."""

    names: Sequence[str]
    read: Callable[[Any], tuple[Any, ...]]

    @classmethod
    def of(cls, columns: Sequence[tuple[int, str]]) -> "NumbersReader":
        """The reader of columns."""
        first, *others = (NUMBERS + index for index, _ in columns)
        return cls([name for _, name in columns], itemgetter(first, *others) if others else lambda row: (row[first],))


class PlanBranch(NamedTuple):
    """How to read the rows of a branch: for each query the columns of its numbers, each with the key of its measure."""

    columns: Sequence[tuple[MetricQuery, Sequence[tuple[int, str]]]]
    is_running: bool  # the columns are running sums, as one text
    readers: Sequence[tuple[MetricQuery, NumbersReader]]
    width: int  # how many columns it has


@dataclass(frozen=True)
class Plan:
    """A statement with its parameters, and how to read its rows."""

    statement: sa.Executable
    parameters: Mapping[str, Any]
    branches: Sequence[PlanBranch]
    lookups: Sequence[Sequence[MetricQuery]]  # for each bit of UNKNOWN_CELLS the queries to which it matters

    @property
    def asking_for_unknown_cells(self) -> Sequence[MetricQuery]:
        """The queries to which any unknown cell matters."""
        return list(dict.fromkeys(query for queries in self.lookups for query in queries))

    def with_unknown_cells(self, numbers: Sequence[int]) -> Iterator[MetricQuery]:
        """The queries to which the unknown cells of an account matter, from its numbers in the branch UNKNOWN_CELLS."""
        for index, queries in enumerate(self.lookups):
            if int(numbers[index // _BITS]) >> index % _BITS & 1:
                yield from queries


def compile_queries(
    queries: Iterable[MetricQuery], accounts: AccountFilter, clock: dt.datetime, *, sees_all: bool, from_rollups: bool = False
) -> Plan:
    """One statement for all queries on all filtered accounts, for viewers who see all accounts or granted ones.

    Queries without a possible result are left out. `from_rollups`: the accounts have current rollups of all their measures.

    Its rows are (branch, account, part, day, numbers...). Part is '' and day is null where the query has none. In the branch
    COVERAGE the part is the text of all sources: see `sources_as_text`; in a branch of running sums it is the text of these: see `sums_as_text`.
    In the branch REJECTED it is a kind of fact, the day null where it could not be read, and the number that of rejected rows.
    In the branch UNKNOWN_CELLS the numbers are bits: see `Plan.lookups`.
    """
    plan, clocks = _plan(tuple(queries), accounts.conditions, sees_all, from_rollups)
    return replace(plan, parameters={**accounts.parameters, **plan.parameters, **clock_values(clocks, clock)})


@lru_cache(maxsize=256)  # most requests are for the same day as another
def _plan(queries: tuple[MetricQuery, ...], conditions: tuple[str, ...], sees_all: bool, from_rollups: bool) -> tuple[Plan, frozenset[str]]:
    """The plan without the parameters of the accounts and the clock, and the names of those of the clock."""
    numbered = number_shapes(queries)
    statement = _statement(tuple(numbered.shapes), conditions, sees_all, from_rollups)
    parameters = dict(numbered.parameters)
    for number, branch in enumerate(statement.branches):
        parameters[f"query_from_{number}"] = min(numbered.days[span][0] for span in branch.spans)
        parameters[f"query_to_{number}"] = max(numbered.days[span][1] for span in branch.spans)
    queries_of = list(numbered.shapes.values())
    branches = []
    for branch in statement.branches:
        columns: defaultdict[MetricQuery, list[tuple[int, str]]] = defaultdict(list)
        for index, (shape, name) in enumerate(branch.columns):
            for query in queries_of[shape]:
                columns[query].append((index, name))
        readers = [(query, NumbersReader.of(of_query)) for query, of_query in columns.items()]
        branches.append(PlanBranch(list(columns.items()), branch.is_running, readers, len(branch.columns)))
    matter_to = [[query for shape in sorted(shapes) for query in queries_of[shape]] for shapes in statement.lookups]
    return Plan(statement.select, parameters, branches, matter_to), statement.clock


@lru_cache(maxsize=128)  # some 250 kB each
def _statement(shapes: tuple[QueryShape, ...], conditions: tuple[str, ...], sees_all: bool, from_rollups: bool) -> _Statement:
    accounts = filtered_accounts(conditions, sees_all=sees_all).cte("filtered_accounts")
    groups: defaultdict[tuple[Any, ...], list[tuple[int, str, Measure]]] = defaultdict(list)
    for number, shape in enumerate(shapes):
        for name, measure in shape.metric.all_measures.items():
            source = grain_for(shape.metric, measure, shape.part_column) if from_rollups else _Counted.by(measure)
            groups[source, shape.part_column, shape.is_daily, shape.scope, shape.restricted].append((number, name, measure))
    make = _rolled_branch if from_rollups else _branch
    branches = [make(number, key, measures, shapes, accounts) for number, (key, measures) in enumerate(groups.items())]
    matter_to: defaultdict[tuple[sa.Table, str], set[int]] = defaultdict(set)
    found: dict[tuple[sa.Table, str], Lookup] = {}
    for number, shape in enumerate(shapes):
        for lookup in shape.lookups(from_rollups=from_rollups):
            matter_to[lookup.table, lookup.text].add(number)
            found[lookup.table, lookup.text] = lookup
    bits = list(_bits(list(found.values())))
    width = max(1, len(bits), *(len(branch.numbers) for branch in branches))
    stack = [_coverage(accounts, width), _rejected(accounts, width)]
    stack += [padded(select, branch.numbers, width) for branch in branches for select in branch.selects]
    if bits:  # last: SQLite keeps the cursor of every look-up open, and each one slows down those that are opened after it
        of_accounts = filtered_accounts(conditions, *about(UNKNOWN_CELLS, Account.account_id, None, None), sees_all=sees_all)
        stack.append(padded(of_accounts, bits, width))
    select = sa.union_all(*stack)
    return _Statement(select, branches, [frozenset(matter_to[key]) for key in found], clock_parameters(select))


def _bits(found: Sequence[Lookup]) -> Iterator[sa.ColumnElement[int]]:
    """For each lookup a bit that says whether an account has such rows. Of the table itself: a cluster does not look up those of a CTE."""
    accounts: sa.Table = Account.__table__
    for start in range(0, len(found), _BITS):
        bits: Any = sa.literal_column("0", sa.Integer())
        for index, (table, _, condition) in enumerate(found[start : start + _BITS]):
            exists = sa.exists(sa.literal_column("1")).where(table.c.account_id == accounts.c.account_id, condition).correlate(accounts)
            bits = bits + sa.case((exists, sa.literal_column(str(1 << index))), else_=sa.literal_column("0"))
        yield bits


def _branch(
    number: int, key: tuple[Any, ...], measures: Sequence[tuple[int, str, Measure]], shapes: Sequence[QueryShape], accounts: sa.CTE
) -> _Branch:
    (table, on, split), part_column, is_daily, scope, restricted = key
    spans = frozenset(shapes[shape].span for shape, _, _ in measures)
    where = [
        table.c.account_id.in_(sa.select(accounts.c.account_id)),
        between_parameters(table.c[on], f"query_from_{number}", f"query_to_{number}"),
        *(table.c[name] == sa.bindparam(f"query_{name}_{scope}", type_=sa.String()) for name in restricted),
    ]
    part = None if part_column is None else table.c[part_column]
    if split is None:
        source, account, day = table, table.c.account_id, table.c[on]
        aggregates = [aggregate_of(measure) for _, _, measure in measures]
    else:
        columns = {"of_account": table.c.account_id, "on_day": table.c[on], **({} if part is None else {"in_part": part})}
        source, aggregates = classified_once(columns, [measure for _, _, measure in measures], where)
        account, day, part = source.c.of_account, source.c.on_day, source.c.get("in_part")
    numbers = []
    for (shape, _, _), aggregate in zip(measures, aggregates, strict=True):
        span = shapes[shape].span
        inside = [between_parameters(day, f"query_first_{span}", f"query_last_{span}")] if len(spans) > 1 else []
        numbers.append(sa.func.coalesce(aggregate(*inside), 0))
    grouped = [column for column in (account, part, day if is_daily else None) if column is not None]
    select: AnySelect = sa.select(*about(number, account, part, day if is_daily else None)).select_from(source)
    select = select.group_by(*grouped)
    return _Branch([select.where(*where) if split is None else select], numbers, [(shape, name) for shape, name, _ in measures], spans)


def _rolled_branch(
    number: int, key: tuple[Any, ...], measures: Sequence[tuple[int, str, Measure]], shapes: Sequence[QueryShape], accounts: sa.CTE
) -> _Branch:
    """The same branch from rollups."""
    grain, part_column, is_daily, scope, restricted = key
    in_scope = {name: sa.bindparam(f"query_{name}_{scope}", type_=sa.String()) for name in restricted}
    branch = RolledBranch(accounts, grain, in_scope, part_column)
    spans = [shapes[shape].span for shape, _, _ in measures]
    columns = [(shape, name) for shape, name, _ in measures]
    if is_daily:
        begin, end = (sa.bindparam(f"query_{name}_{number}", type_=sa.Date()) for name in ("from", "to"))
        running = running_branch(branch, [measure for _, _, measure in measures], begin, end)
        selects = [sa.select(*about(number, account, text, None)).group_by(*grouped) for account, text, grouped in running]
        return _Branch(selects, [], columns, frozenset(spans), is_running=True)
    of_spans = [
        (Span(f"query_before_{span}", f"query_first_{span}", f"query_last_{span}"), measure)
        for span, (_, _, measure) in zip(spans, measures, strict=True)
    ]
    source, where, account, part, numbers = total_branch(branch, of_spans)
    grouped = [column for column in (account, part) if column is not None]
    select: AnySelect = sa.select(*about(number, account, part, None)).select_from(source).where(where).group_by(*grouped)
    # PostgreSQL adds whole numbers up as decimals.
    whole = [sa.cast(sa.func.coalesce(each, sa.literal_column("0")), sa.BigInteger()) for each in numbers]
    return _Branch([select], whole, columns, frozenset(spans))


def _coverage(accounts: sa.CTE, width: int) -> AnySelect:
    """One row for each account: of 2,000 accounts, a row for each kind of fact took a quarter of the time of a ranking."""
    day = sa.cast(sa.null(), sa.Date())  # the first branch: its types are those of the whole statement
    select: AnySelect = (
        sa.select(*about(COVERAGE, Source.account_id, sources_as_text(), day))
        .where(Source.account_id.in_(sa.select(accounts.c.account_id)))
        .group_by(Source.account_id)
    )
    return padded(select, [], width)


def _rejected(accounts: sa.CTE, width: int) -> AnySelect:
    select: AnySelect = (
        sa.select(
            sa.literal_column(str(REJECTED)).label("branch"),
            RejectedRow.account_id.label("account_id"),
            RejectedRow.fact.label("part"),
            sa.type_coerce(RejectedRow.day, sa.Date).label("day"),
        )
        .where(RejectedRow.account_id.in_(sa.select(accounts.c.account_id)))
        .group_by(RejectedRow.account_id, RejectedRow.fact, RejectedRow.day)
    )
    return padded(select, [sa.func.count()], width)
