"""The branches of a statement that read rollups."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.engine.join_in_order import JoinInOrder, JoinLastDay, with_constants
from sellerhealth.engine.running_text import sums_as_text
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


class Totals(NamedTuple):
    """The rows of whole windows: where they are read, their condition, account and part, and the number of each measure."""

    source: sa.FromClause
    where: sa.ColumnElement[bool]
    account: Any
    part: Any
    numbers: Sequence[sa.ColumnElement[Any]]


class RunningTexts(NamedTuple):
    """Running sums, as one text for each account and part: the account, the text, and what they are grouped by."""

    account: Any
    text: sa.ColumnElement[Any]
    grouped: Sequence[Any]


def total_branch(branch: RolledBranch, measures: Sequence[tuple[Span, Measure]]) -> Totals:
    """The rows of whole windows.

    For each end of a window the rows of the last day up to it: a window is the difference of two. Account by account, each end is looked up
    where it is needed: a list of all ends of all accounts, joined to the rows, took 2.4 times as long.
    """
    table = rollup_table(branch.grain.name, _columns(measure for _, measure in measures))
    ends = list(dict.fromkeys(name for span, _ in measures for name in (span.last, span.before)))
    accounts = branch.accounts
    numbered: list[Any] = [
        sa.select(sa.literal_column(str(number)).label("of_end"), sa.bindparam(end, type_=sa.Date()).label("end_day"))
        for number, end in enumerate(ends)
    ]
    all_ends = sa.union_all(*numbered).subquery()
    of_each = sa.select(accounts.c.account_id, all_ends).select_from(JoinInOrder(accounts, all_ends, sa.true()))
    ends_of_accounts = with_constants(of_each).subquery()
    on = sa.and_(table.c.account_id == ends_of_accounts.c.account_id, table.c.day <= ends_of_accounts.c.end_day)
    last = JoinLastDay(ends_of_accounts, table, on)
    numbers = []
    for span, measure in measures:
        column = table.c[number_column(measure)]
        # Literals, not parameters: each of a hundred would be converted and sent again with every request.
        ended: dict[Any, Any] = {
            sa.literal_column(str(ends.index(span.last))): column,
            sa.literal_column(str(ends.index(span.before))): -column,
        }
        numbers.append(sa.func.sum(sa.case(ended, value=ends_of_accounts.c.of_end, else_=sa.literal_column("0"))))
    return Totals(last, sa.and_(sa.true(), *_in_scope(table, branch)), ends_of_accounts.c.account_id, _part(table, branch), numbers)


def running_branch(
    branch: RolledBranch, measures: Sequence[Measure], begin: sa.ColumnElement[Any], end: sa.ColumnElement[Any]
) -> Iterator[RunningTexts]:
    """The running sums of the days between two, and those of the last day before them."""
    table, accounts = rollup_table(branch.grain.name, _columns(measures)), branch.accounts
    before = JoinLastDay(accounts, table, sa.and_(table.c.account_id == accounts.c.account_id, table.c.day < begin))
    in_days = sa.and_(table.c.account_id.in_(sa.select(accounts.c.account_id)), table.c.day.between(begin, end))
    in_scope = sa.and_(sa.true(), *_in_scope(table, branch))
    part = _part(table, branch)
    sums = [sa.func.sum(table.c[number_column(measure)]) for measure in measures]
    columns = {"of_account": table.c.account_id, **({} if part is None else {"in_part": part}), "on_day": table.c.day}
    for source, where in ((table, sa.and_(in_days, in_scope)), (before, in_scope)):
        select = sa.select(
            *(column.label(name) for name, column in columns.items()), *(each.label(f"s{at}") for at, each in enumerate(sums))
        )
        by_day = select.select_from(source).where(where).group_by(*columns.values()).subquery()
        account, in_part = by_day.c.of_account, by_day.c.get("in_part")
        text = sums_as_text(by_day.c.on_day, [by_day.c[f"s{at}"] for at in range(len(sums))], in_part)
        yield RunningTexts(account, text, (account,) if in_part is None else (account, in_part))


def _columns(measures: Iterable[Measure]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(number_column(measure) for measure in measures))


def _in_scope(table: Any, branch: RolledBranch) -> Sequence[sa.ColumnElement[bool]]:
    return [table.c[name] == value for name, value in branch.scope.items()]


def _part(rows: Any, branch: RolledBranch) -> Any:
    if branch.part_column is None:
        return None
    return rows.c["part" if branch.part_column == branch.grain.part else branch.part_column]
