"""Buckets: the numbers of measures on each day, counted from the facts of one account; and until when they hold."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from sellerhealth.metrics.aggregates import aggregate_of, classified_once, split_key
from sellerhealth.metrics.expressions import clock_parameters, clock_values, of_same
from sellerhealth.metrics.measures import Measure
from sellerhealth.rollups.falling_due import FallingDue, compared_with_clock, falling_due
from sellerhealth.rollups.grain import Grain, due_column
from sellerhealth.store.bulk import chunks

Key = tuple[str, str, str]  # marketplace, channel, part
KEY_LABELS = ("on_day", "in_marketplace", "in_channel", "in_part")


@dataclass
class Bucket:
    """The rows of one key that count on one day: the numbers of their measures, and until when those hold, both by column."""

    numbers: dict[str, int] = field(default_factory=dict)
    until: dict[str, dt.datetime] = field(default_factory=dict)


Buckets = Mapping[dt.date, Mapping[Key, Bucket]]


class Counting(NamedTuple):
    """A statement that counts: the parameters for the clock, and its columns after the key."""

    statement: sa.Executable
    clock: frozenset[str]
    columns: Sequence[str]


class _Dating(NamedTuple):
    """A statement that finds what falls due next: the parameters for the clock, and of which measures, by column."""

    statement: sa.Executable
    clock: frozenset[str]
    due: FallingDue
    columns: Sequence[str]


class BucketStatements(NamedTuple):
    """The statements for the buckets of a grain."""

    counting: Sequence[Counting]
    dating: Sequence[_Dating]


def count_buckets(
    connection: sa.Connection,
    grain: Grain,
    measures: Mapping[str, Measure],
    account_id: int,
    clock: dt.datetime,
    days: Collection[dt.date] | None = None,
    statements: BucketStatements | None = None,
) -> Buckets:
    """The buckets of an account, of all days or of some. `measures` are by column. A key has a bucket if any row has it, counted or not.

    `statements`: others with the same result, of the fast path in `one_pass`.
    """
    found: defaultdict[dt.date, defaultdict[Key, Bucket]] = defaultdict(lambda: defaultdict(Bucket))
    counting, dating = statements or _plain_statements(grain, tuple(measures.items()), days is not None)
    for some in [None] if days is None else chunks(sorted(days)):
        parameters = {"of_account": account_id} | ({} if some is None else {"of_days": some})
        for statement, names, columns in counting:
            for day, marketplace, channel, part, *numbers in connection.execute(statement, parameters | clock_values(names, clock)):
                found[day][marketplace, channel, part].numbers.update(zip(columns, map(int, numbers), strict=True))
        for statement, names, due, columns in dating:
            for day, marketplace, channel, part, instant in connection.execute(statement, parameters | clock_values(names, clock)):
                until = found[day][marketplace, channel, part].until
                for column in columns:
                    until[column] = min(due.at(instant), until.get(column, due.at(instant)))
    return found


@lru_cache(maxsize=256)
def _plain_statements(grain: Grain, measures: tuple[tuple[str, Measure], ...], some_days: bool) -> BucketStatements:
    return bucket_statements(grain, dict(measures), grain.table.c[grain.on], some_days=some_days)


def bucket_statements(grain: Grain, measures: Mapping[str, Measure], day: Any, *, some_days: bool) -> BucketStatements:
    """The statements for the buckets of a grain. `day`: the day of a row, as rows are looked up by it."""
    where = [grain.table.c.account_id == sa.bindparam("of_account"), day.is_not(None)]
    if some_days:
        where.append(day.in_(sa.bindparam("of_days", expanding=True)))
    key = key_columns(grain, day)
    by_split: defaultdict[Any, list[tuple[str, Measure]]] = defaultdict(list)
    by_split[None] = []  # counted also without measures: it finds the keys
    for column, measure in measures.items():
        by_split[split_key(measure)].append((column, measure))
    counting = [_counting(key, of_split, where, is_split=split is not None) for split, of_split in by_split.items()]
    by_due: defaultdict[tuple[Any, FallingDue], list[tuple[str, Measure]]] = defaultdict(list)
    for column, measure in measures.items():
        for due in falling_due(measure):
            shared = id(measure) if measure.split_class is None else id(measure.split_class.class_name)
            by_due[shared, due].append((column, measure))
    dating = [
        _Dating(
            _dating(grain, key, due, of_due[0][1], where), frozenset({due.parameter}), due, [due_column(measure) for _, measure in of_due]
        )
        for (_, due), of_due in by_due.items()
    ]
    return BucketStatements(counting, dating)


def key_columns(grain: Grain, day: Any) -> Mapping[str, sa.ColumnElement[Any]]:
    """The columns of the facts that give the key of a bucket: the day, and what else a row of the rollup table is for."""
    none = sa.literal_column("''", sa.String())
    columns = grain.table.c
    channel = columns.channel if "channel" in columns else none
    part = none if grain.part is None else sa.cast(columns[grain.part], sa.String)
    return dict(zip(KEY_LABELS, (day, columns.marketplace, channel, part), strict=True))


def _counting(key: Mapping[str, Any], measures: Sequence[tuple[str, Measure]], where: Sequence[Any], *, is_split: bool) -> Counting:
    if is_split:
        inner, aggregates = classified_once(key, [measure for _, measure in measures], where)
        statement: Any = sa.select(*(inner.c[name] for name in KEY_LABELS)).select_from(inner)
        grouped: Sequence[Any] = [inner.c[name] for name in KEY_LABELS]
    else:
        aggregates = [aggregate_of(measure) for _, measure in measures]
        statement = sa.select(*(column.label(name) for name, column in key.items())).where(*where)
        grouped = KEY_LABELS
    statement = statement.add_columns(*(sa.func.coalesce(aggregate(), 0) for aggregate in aggregates))
    return Counting(statement.group_by(*grouped), clock_parameters(statement), [column for column, _ in measures])


def _dating(grain: Grain, key: Mapping[str, Any], due: FallingDue, measure: Measure, where: Sequence[Any]) -> sa.Executable:
    """The statement for the first instant of each bucket that has not passed."""
    is_own = due.instant.table is grain.table
    after_clock = sa.bindparam(due.parameter, type_=due.instant.type)
    labels = [column.label(name) for name, column in key.items()]
    if is_own:
        rows = sa.select(*labels, due.instant.label("falls_due")).where(*where, due.instant >= after_clock)
        # Where one thing alone can fall due, rows that count alike before and after are left out: most are settled in time.
        if len(falling_due(measure)) == 1 and not _adds_by_clock(measure):
            rows = rows.where(_changes(measure))
    else:
        related = due.instant.table.alias()
        instant = related.c[due.instant.key]
        own = related.c.account_id == sa.bindparam("of_account")
        both = grain.table.join(related, of_same(related, grain.table))
        rows = sa.select(*labels, instant.label("falls_due")).select_from(both).where(*where, own, instant >= after_clock)
    found = rows.subquery()
    first_due = sa.func.min(found.c.falls_due, type_=due.instant.type)
    return sa.select(*(found.c[name] for name in KEY_LABELS), first_due).group_by(*(found.c[name] for name in KEY_LABELS))


def _adds_by_clock(measure: Measure) -> bool:
    """Whether what is added up depends on the clock, not only which rows are."""
    return measure.summed is not None and bool(clock_parameters(sa.type_coerce(measure.summed, sa.BigInteger)))


def _changes(measure: Measure) -> sa.ColumnElement[bool]:
    """The condition that a row counts otherwise once the instant has passed."""
    counted = measure.condition if measure.split_class is None else sa.case((measure.split_class.rows, measure.split_class.class_name))
    before, after = (_with_clock_passed(counted, value) for value in (sa.false(), sa.true()))
    if measure.split_class is None:
        before, after = (sa.case((each, sa.literal_column("1")), else_=sa.literal_column("0")) for each in (before, after))
    return before.is_distinct_from(after)  # type: ignore[no-any-return]  # both are expressions of SQLAlchemy


def _with_clock_passed(expression: Any, value: Any) -> Any:
    def replaced(node: Any, **_: Any) -> Any:
        return value if compared_with_clock(node) is not None else None

    replacement: Any = replaced  # SQLAlchemy types only functions of a narrower kind
    return visitors.replacement_traverse(expression, {}, replacement)
