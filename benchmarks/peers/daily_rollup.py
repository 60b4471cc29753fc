"""A daily rollup of a store on PostgreSQL, and the view that sums its windows: what somebody makes who has PostGraphile serve metrics.

Its counts are those of our rollups, whose running sums it turns into those of each day.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import sqlalchemy as sa

from sellerhealth.graphql_names import field_name
from sellerhealth.metrics.measures import Measure, Ratio
from sellerhealth.plugins.load import Loaded
from sellerhealth.rollups.grain import grain_for, number_column

SCHEMA = "beside"
VIEW = "dashboard"


class Count(NamedTuple):
    """One number of a metric: the metric, by its field of our schema, whether it is the numerator, and its measure."""

    metric: str
    number: str
    table: str
    running: str

    @property
    def column(self) -> str:
        """Its column of the daily rollup."""
        return f"{self.metric}_{self.number}".lower()


class Days(NamedTuple):
    """The days of a window, both included, by the number of its days."""

    days: int
    first: str
    last: str


def counts(loaded: Loaded) -> Iterator[Count]:
    """The numerator and the denominator of each metric that is one measure divided by another."""
    for key, metric in loaded.registry.items():
        if not isinstance(metric.value, Ratio):
            continue
        for number, term in {"numerator": metric.value.part, "denominator": metric.value.whole}.items():
            if not isinstance(term, Measure) or (grain := grain_for(metric, term, None)) is None:
                raise ValueError(f"no rollup has the {number} of {key}")
            yield Count(field_name(key), number, grain.name, number_column(term))


def make_daily_rollup(connection: sa.Connection, numbers: list[Count]) -> None:
    """Makes the rollup, with a row for each account and day on which anything is counted."""
    by_table: defaultdict[str, list[Count]] = defaultdict(list)
    for each in numbers:
        by_table[each.table].append(each)
    columns = [each.column for each in numbers]
    days = " UNION ALL ".join(_days_of(table, of_table, columns) for table, of_table in by_table.items())
    sums = ", ".join(f"sum({column})::bigint AS {column}" for column in columns)
    connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
    grouped = f"SELECT account_id, day, {sums} FROM ({days}) AS days GROUP BY account_id, day ORDER BY account_id, day"
    connection.exec_driver_sql(f"CREATE TABLE {SCHEMA}.daily AS {grouped}")
    connection.exec_driver_sql(f"ALTER TABLE {SCHEMA}.daily ADD PRIMARY KEY (account_id, day)")
    connection.exec_driver_sql(f"COMMENT ON TABLE {SCHEMA}.daily IS '@omit'")
    connection.exec_driver_sql("CREATE UNIQUE INDEX ON accounts (key)")  # ours finds an account by the hash of its key, and needs none


def make_view(connection: sa.Connection, windows: Mapping[str, list[Days]], numbers: list[Count]) -> None:
    """Makes the view: one row for each account, with each number in each window of its metric."""
    first = min(each.first for of_metric in windows.values() for each in of_metric)
    sums = ", ".join(
        f"coalesce(sum({each.column}) FILTER (WHERE day BETWEEN '{window.first}' AND '{window.last}'), 0)::int AS {each.column}_{window.days}"
        for each in numbers
        for window in windows[each.metric]
    )
    connection.exec_driver_sql(
        f"CREATE VIEW {SCHEMA}.{VIEW} AS SELECT accounts.key, accounts.name, sums.* FROM accounts CROSS JOIN LATERAL "
        f"(SELECT {sums} FROM {SCHEMA}.daily WHERE daily.account_id = accounts.account_id AND day >= '{first}') AS sums"
    )
    connection.exec_driver_sql(f"COMMENT ON VIEW {SCHEMA}.{VIEW} IS '@primaryKey key'")


def _days_of(table: str, numbers: list[Count], columns: list[str]) -> str:
    """The numbers of the days of a rollup table: each running sum without the one before it. Other columns are 0."""
    before = "OVER (PARTITION BY account_id, marketplace, channel, part ORDER BY day)"
    running = {each.column: each.running for each in numbers}
    listed = (
        f"{running[column]} - lag({running[column]}, 1, 0::bigint) {before} AS {column}" if column in running else f"0 AS {column}"
        for column in columns
    )
    return f"SELECT account_id, day, {', '.join(listed)} FROM {table}"
