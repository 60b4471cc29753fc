"""The SQL of a metric as an analyst would write it. It counts what the engine counts, for one account and one window."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import visitors

from sellerhealth.describe.sql_format import format_sql
from sellerhealth.engine.stack import AnySelect
from sellerhealth.metrics.expressions import hours_of, in_days, table_of
from sellerhealth.metrics.instants import CLOCK
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.metric import Metric
from sellerhealth.model.conjuncts import conjuncts

# Named parameters: the markers of other styles would have to be escaped in literals.
DIALECTS: Mapping[str, sa.Dialect] = {dialect.name: dialect(paramstyle="named") for dialect in (sqlite.dialect, postgresql.dialect)}


def plain_sql(metric: Metric, dialect: str = "sqlite") -> list[str]:
    """A SELECT for the measures of each fact and day column, over the metric's first window. KeyError for an unknown dialect.

    Parameters: `:account_id`; `:first_day` and `:last_day` of the window; `:now`, and `:now_less_24h` for 24 hours before it.
    Columns are named after measures. Classes of `Measure.split` are a SELECT of their own, with a row for each class.
    """
    groups: defaultdict[tuple[Any, ...], dict[str, Measure]] = defaultdict(dict)
    for name, measure in metric.all_measures.items():
        split = id(measure.split_class.class_name) if measure.split_class is not None and measure.summed is None else None
        groups[table_of(measure), measure.on.key, split][name] = measure
    has_first_day = metric.windows[0].days > 0
    selects = [
        (_select_columns if split is None else _select_classes)(table, measures, _in_window(table, on, has_first_day=has_first_day))
        for (table, on, split), measures in groups.items()
    ]
    return [_compile(select, DIALECTS[dialect]) for select in selects]


def _in_window(table: sa.Table, on: str, *, has_first_day: bool) -> Sequence[sa.ColumnElement[bool]]:
    first, last = (sa.literal_column(name, sa.Date) for name in (":first_day", ":last_day"))
    in_window = in_days(table.c[on], first if has_first_day else None, last)
    return table.c.account_id == sa.literal_column(":account_id", sa.BigInteger), in_window


def _select_columns(table: sa.Table, measures: dict[str, Measure], where: Sequence[sa.ColumnElement[bool]]) -> AnySelect:
    """A column for each measure. Conditions that all measures share are in WHERE, so that FILTER shows how they differ."""
    conditions = {name: list(conjuncts(measure.condition)) for name, measure in measures.items()}
    first, *others = conditions.values()
    shared = [each for each in first if all(any(each.compare(other) for other in parts) for parts in others)]
    columns = []
    for name, measure in measures.items():
        aggregate: sa.Function[Any] = sa.func.count() if measure.summed is None else sa.func.sum(measure.summed)
        own = [each for each in conditions[name] if not any(each.compare(other) for other in shared)]
        number = aggregate.filter(*own) if own else aggregate
        columns.append((number if measure.summed is None else sa.func.coalesce(number, sa.literal_column("0"))).label(name))
    return sa.select(*columns).select_from(table).where(*where, *shared)


def _select_classes(table: sa.Table, measures: dict[str, Measure], where: Sequence[sa.ColumnElement[bool]]) -> AnySelect:
    """A row for each class, whether or not it is a measure."""
    (split_class, *_) = [measure.split_class for measure in measures.values() if measure.split_class is not None]
    columns = split_class.class_name.label("class"), sa.func.count().label("number")
    return sa.select(*columns).select_from(table).where(*where, *conjuncts(split_class.rows)).group_by(sa.literal_column("class"))


def _compile(select: AnySelect, dialect: sa.Dialect) -> str:
    def name_clock(element: Any, **_: Any) -> Any:
        if isinstance(element, sa.BindParameter) and element.key.startswith(CLOCK):
            hours = hours_of(element.key)
            return sa.literal_column(f":now_less_{hours}h" if hours else ":now", element.type)
        return None

    named: Any = visitors.replacement_traverse(select, {}, name_clock)
    return format_sql(str(named.compile(dialect=dialect, compile_kwargs={"literal_binds": True})))
