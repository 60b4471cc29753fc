"""Drivers: the values of a column that hold most of the misses of a metric, and what the metric would be without their rows.

All is counted from the facts, in one snapshot: how many rows there are in all, then how many there are of each value, the most misses first. A row with
several values, such as an order with several products, counts for each of them.
"""

import functools
import operator
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa

from sellerhealth.access import ReadSession
from sellerhealth.engine.driver_columns import driver_names, grouped, name_of_value
from sellerhealth.engine.evidence import checked_measure
from sellerhealth.engine.queries import MetricQuery, QueryResult
from sellerhealth.engine.shapes import unavailable_reason
from sellerhealth.engine.what_if import result_with
from sellerhealth.errors import BadInput, did_you_mean
from sellerhealth.metrics.aggregates import aggregate_of, classified_once, split_key
from sellerhealth.metrics.expressions import clock_parameters, clock_values, in_days, table_of
from sellerhealth.metrics.measures import Measure, Number
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.misses import Misses, counted_by, misses_of
from sellerhealth.metrics.result import MetricResult
from sellerhealth.model.records import Account
from sellerhealth.store.keyset import Row

Visible: TypeAlias = "sa.Select[*tuple[Any, ...]]"  # the account, if the viewer may see it: one condition in all of a statement


@dataclass(frozen=True)
class Driver:
    """A value of the column, None for rows without one: its misses, the rows that they are a share of, and the metric without its rows."""

    value: str | None
    misses: int
    rows: int | None
    without: MetricResult


@dataclass(frozen=True)
class Drivers:
    """The values with the most misses, and what all values have together. A row with several values counts here once."""

    drivers: Sequence[Driver]
    misses: int
    rows: int | None
    number_of_values: int


@dataclass(frozen=True)
class DriverQuery:
    """The drivers of a metric query for an account, by a column."""

    account_id: int
    query: MetricQuery
    by: str
    misses: Misses


def checked(account_id: int, query: MetricQuery, by: str, measure: str | None) -> DriverQuery:
    """The drivers by a column, of the misses of a metric or of one of its measures. Raises BadInput for what the metric does not have."""
    metric = query.metric
    if by not in (names := driver_names(metric)):
        raise BadInput(f"{metric.key} has no drivers by {by!r}, only by {', '.join(names)}.{did_you_mean(by, names)}")
    misses = misses_of(metric) if measure is None else counted_by(metric, checked_measure(metric, measure))
    if misses is None:
        raise BadInput(f"What is a miss of {metric.key} is not declared. Name a measure: {', '.join(metric.measures)}.")
    return DriverQuery(account_id, query, by, misses)


def read_drivers(session: ReadSession, drivers: DriverQuery, result: MetricResult, query_result: QueryResult, limit: int) -> Drivers:
    """The values with the most misses, at most `limit`. `result` is that of the query, and `query_result` contains it.

    Of values with as many misses that with the fewest rows comes first, then rows without a value, then values in their order.
    Raises DeadlinePassed.
    """
    query, metric, misses = drivers.query, drivers.query.metric, drivers.misses
    if unavailable_reason(query) is not None:  # the query is about a channel, and the facts have none
        return Drivers((), 0, 0 if misses.of else None, 0)
    visible = session.visible_accounts().where(Account.account_id == drivers.account_id)
    whole = _counted(visible, drivers, by=None)
    (totals,) = _run(session, sa.select(*_sums(metric, whole)))
    of_values = _counted(visible, drivers, by=drivers.by)
    rows = _run(session, _worst(drivers, of_values, limit))
    in_all = _numbers(metric, totals)
    weights = _Weights(session, visible, drivers, [row["in_value"] for row in rows]) if query.window.half_life is not None else None
    found = []
    for row in rows:
        numbers = _numbers(metric, row)
        left = {key: number - numbers[key] for key, number in in_all.items()}
        without = result_with(metric, result, query_result, left, None if weights is None else weights.without(row["in_value"]))
        counted = metric.by_measure(numbers)
        name = name_of_value(metric, drivers.by, row["in_value"])
        found.append(Driver(name, misses.number(counted), misses.rows(counted), without))
    counted = metric.by_measure(in_all)
    return Drivers(tuple(found), misses.number(counted), misses.rows(counted), int(rows[0]["of_values"]) if rows else 0)


class _Weights:
    """The numbers of a window in which older days weigh less: of all rows, and of those with each of some values."""

    def __init__(self, session: ReadSession, visible: Visible, drivers: DriverQuery, values: Sequence[Any]) -> None:
        self._metric = drivers.query.metric
        whole = _counted(visible, drivers, by=None, by_day=True)
        self._whole = self._added_up(
            drivers, _run(session, sa.select(whole.c.on_day, *_sums(self._metric, whole)).group_by(whole.c.on_day))
        )
        each = _counted(visible, drivers, by=drivers.by, by_day=True)
        columns = each.c.in_value, each.c.on_day
        some = sa.or_(each.c.in_value.is_(None), each.c.in_value.in_([value for value in values if value is not None]))
        by_value: defaultdict[Any, list[Row]] = defaultdict(list)
        for row in _run(session, sa.select(*columns, *_sums(self._metric, each)).where(some).group_by(*columns)):
            by_value[row["in_value"]].append(row)
        self._of_value = {value: self._added_up(drivers, rows) for value, rows in by_value.items()}

    def without(self, value: Any) -> Mapping[Measure, Number]:
        """The numbers of all rows but those with a value."""
        return {measure: number - self._of_value[value][measure] for measure, number in self._whole.items()}

    def _added_up(self, drivers: DriverQuery, rows: Iterable[Row]) -> Mapping[Measure, Number]:
        query = drivers.query
        added: dict[Measure, Number] = dict.fromkeys(self._metric.all_measures.values(), 0)
        for row in rows:
            weight = query.window.weight(row["on_day"], query.as_of)
            for measure, number in self._metric.by_measure(_numbers(self._metric, row)).items():
                added[measure] += weight * number
        return added


def _run(session: ReadSession, statement: "sa.Select[*tuple[Any, ...]]") -> Sequence[Row]:
    parameters = clock_parameters(statement)
    values = clock_values(parameters, session.clock) if parameters else {}
    return [dict(row) for row in session.execute(statement, values).mappings()]


def _numbers(metric: Metric, row: Row) -> dict[str, int]:
    """The numbers of a row by the key of their measure. PostgreSQL adds whole numbers up as decimals."""
    return {key: int(row[f"n{index}"]) for index, key in enumerate(metric.all_measures)}


def _sums(metric: Metric, counted: sa.Subquery) -> list[sa.ColumnElement[Any]]:
    names = [f"n{index}" for index in range(len(metric.all_measures))]
    return [sa.func.coalesce(sa.func.sum(counted.c[name]), 0).label(name) for name in names]


def _worst(drivers: DriverQuery, counted: sa.Subquery, limit: int) -> "sa.Select[*tuple[Any, ...]]":
    """The values in their order, each with its numbers and the number of all values. Values whose rows count nowhere are left out."""
    metric, value = drivers.query.metric, counted.c.in_value
    sums = _sums(metric, counted)
    of_measure = dict(zip(metric.all_measures.values(), (each.element for each in sums), strict=True))
    misses = _total(of_measure[each] for each in drivers.misses.counted)
    if drivers.misses.but_not:
        misses = misses - _total(of_measure[each] for each in drivers.misses.but_not)
    rows = [_total(of_measure[each] for each in drivers.misses.of)] if drivers.misses.of else []
    order = [misses.desc(), *rows, sa.case((value.is_(None), 0), else_=1), value]
    of_values = sa.func.count().over().label("of_values")
    return (
        sa.select(value, *sums, of_values)
        .group_by(value)
        .having(sa.or_(*(number > 0 for number in (misses, *rows))))
        .order_by(*order)
        .limit(limit)
    )


def _total(numbers: Iterable[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
    return functools.reduce(operator.add, numbers)


def _counted(visible: Visible, drivers: DriverQuery, *, by: str | None, by_day: bool = False) -> sa.Subquery:
    """The numbers of all measures, by value and day. The measures of one fact and day are counted together, as those of a split are."""
    together: defaultdict[tuple[Any, ...], list[tuple[int, Measure]]] = defaultdict(list)
    for index, measure in enumerate(drivers.query.metric.all_measures.values()):
        together[table_of(measure), measure.on.key, split_key(measure)].append((index, measure))
    return sa.union_all(*(_branch(visible, drivers, by, of_fact, by_day=by_day) for of_fact in together.values())).subquery()


def _branch(
    visible: Visible, drivers: DriverQuery, by: str | None, measures: Sequence[tuple[int, Measure]], *, by_day: bool
) -> "sa.Select[*tuple[Any, ...]]":
    """The numbers of measures of one fact. It is read without an alias: a condition on related facts refers to the table."""
    of_fact = [measure for _, measure in measures]
    table, day = table_of(of_fact[0]), table_of(of_fact[0]).c[of_fact[0].on.key]
    source, value = grouped(table, by) if by is not None else (table, sa.cast(sa.null(), sa.String()))
    columns = {"in_value": value, **({"on_day": day} if by_day else {})}
    where = _where(visible, drivers, table, day)
    if split_key(of_fact[0]) is None:
        aggregates = [aggregate_of(measure) for measure in of_fact]
        select = sa.select(*(column.label(name) for name, column in columns.items())).select_from(source).where(*where)
    else:
        classified, aggregates = classified_once(columns, of_fact, where, source)
        select = sa.select(*(classified.c[name] for name in columns))
    numbers = {index: aggregate() for (index, _), aggregate in zip(measures, aggregates, strict=True)}
    every = range(len(drivers.query.metric.all_measures))
    return select.add_columns(*(numbers.get(index, sa.literal_column("0")).label(f"n{index}") for index in every)).group_by(*columns)


def _where(visible: Visible, drivers: DriverQuery, table: sa.Table, day: Any) -> Sequence[sa.ColumnElement[bool]]:
    query = drivers.query
    part = (query.part_column, query.part.name) if query.part else (None, None)
    columns = [("marketplace", query.scope.marketplace), ("channel", query.scope.channel), part]
    of_scope = [table.c[name] == value for name, value in columns if name is not None and value is not None]
    return [table.c.account_id.in_(visible), in_days(day, *query.window.span(query.as_of)), *of_scope]
