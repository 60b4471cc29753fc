"""The branches of a statement that read rollups."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.metrics.expressions import in_days
from sellerhealth.metrics.measures import Measure
from sellerhealth.rollups.grain import Grain, number_column
from sellerhealth.rollups.tables import rollup_table


class Span(NamedTuple):
    """The names of the parameters for a span of days: the day before it, its first and its last."""

    before: str
    first: str
    last: str


class RolledBranch(NamedTuple):
    """What a branch reads: the accounts, the conditions of its scope by column, and the part that its rows are divided by."""

    accounts: sa.CTE
    grain: Grain
    scope: Mapping[str, sa.ColumnElement[Any]]
    part_column: str | None


def total_branch(
    branch: RolledBranch, measures: Sequence[tuple[Span, Measure]]
) -> tuple[sa.FromClause, Any, Any, Sequence[sa.ColumnElement[Any]]]:
    """The rows of whole windows: their source, account and part, and the number of each measure.

    For each end of a window the row of the last day up to it: a window is the difference of two.
    """
    table = rollup_table(branch.grain.name, _columns(measures))
    ends = list(dict.fromkeys(name for span, _ in measures for name in (span.last, span.before)))
    accounts = branch.accounts
    days = sa.union_all(
        *(
            sa.select(
                accounts.c.account_id.label("account_id"),
                sa.literal_column(str(number)).label("of_end"),
                _last_day(table.alias(), accounts.c.account_id, end).label("of_day"),
            )
            for number, end in enumerate(ends)
        )
    ).subquery()
    joined = days.join(table, sa.and_(table.c.account_id == days.c.account_id, table.c.day == days.c.of_day, *_in_scope(table, branch)))
    numbers = []
    for span, measure in measures:
        column = table.c[number_column(measure)]
        ended = {ends.index(span.last): column, ends.index(span.before): -column}
        numbers.append(sa.func.sum(sa.case(ended, value=days.c.of_end, else_=sa.literal_column("0"))))
    return joined, days.c.account_id, _part(table, branch), numbers


def daily_branch(
    branch: RolledBranch, measures: Sequence[tuple[Span, Measure]], begin: sa.ColumnElement[Any], end: sa.ColumnElement[Any]
) -> tuple[sa.FromClause, Any, Any, Any, Sequence[sa.ColumnElement[Any]]]:
    """The rows of days between two: their source, account, part and day, and the number of each measure. A day is what its sums grew by."""
    table = rollup_table(branch.grain.name, _columns(measures))
    accounts = branch.accounts
    earlier = table.alias()
    before = sa.select(sa.func.max(earlier.c.day)).where(earlier.c.account_id == accounts.c.account_id, earlier.c.day < begin)
    since = sa.func.coalesce(before.correlate(accounts).scalar_subquery(), begin)
    key = [table.c[name] for name in ("account_id", "marketplace", "channel", "part")]
    grown = [
        (table.c[name] - sa.func.lag(table.c[name], 1, 0).over(partition_by=key, order_by=table.c.day)).label(name)
        for name in dict.fromkeys(number_column(measure) for _, measure in measures)
    ]
    source = accounts.join(
        table, sa.and_(table.c.account_id == accounts.c.account_id, table.c.day.between(since, end), *_in_scope(table, branch))
    )
    days = sa.select(*key, table.c.day, *grown).select_from(source).subquery()
    rows = sa.select(days).where(days.c.day >= begin).subquery()
    numbers = [
        sa.func.sum(rows.c[number_column(measure)]).filter(
            in_days(rows.c.day, sa.bindparam(span.first, type_=sa.Date()), sa.bindparam(span.last, type_=sa.Date()))
        )
        for span, measure in measures
    ]
    return rows, rows.c.account_id, _part(rows, branch), rows.c.day, numbers


def _columns(measures: Sequence[tuple[Span, Measure]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(number_column(measure) for _, measure in measures))


def _last_day(table: Any, account_id: Any, end: str) -> Any:
    last = sa.select(sa.func.max(table.c.day)).where(table.c.account_id == account_id, table.c.day <= sa.bindparam(end, type_=sa.Date()))
    return last.correlate(account_id.table).scalar_subquery()


def _in_scope(table: Any, branch: RolledBranch) -> Sequence[sa.ColumnElement[bool]]:
    return [table.c[name] == value for name, value in branch.scope.items()]


def _part(rows: Any, branch: RolledBranch) -> Any:
    if branch.part_column is None:
        return None
    return rows.c["part" if branch.part_column == branch.grain.part else branch.part_column]
