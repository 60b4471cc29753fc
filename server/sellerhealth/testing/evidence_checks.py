"""Whether the proof behind a metric's numbers is theirs: its rows are as many as were counted, its parts add up to the whole."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from sellerhealth.access import OWNER
from sellerhealth.engine.evidence import EvidenceQuery, number_of_rows
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.engine.results import dimensions
from sellerhealth.metrics.expressions import table_of
from sellerhealth.metrics.measures import Measure
from sellerhealth.testing.clock import TODAY
from sellerhealth.testing.subject import Subject, over
from sellerhealth.testing.world import Account


def unproven(subject: Subject) -> Iterator[str]:
    """Measures that are not the number of their rows, or for a total not the sum over them."""
    with subject.told() as (world, account):
        for window in subject.metric.windows:
            numbers = subject.numbers(world, account, window)
            with world.database.reading() as connection:
                for name, measure in subject.metric.all_measures.items():
                    evidence = EvidenceQuery(account.account_id, MetricQuery(subject.metric, window, TODAY), name)
                    if measure.summed is None:
                        proof, what = number_of_rows(connection, evidence, OWNER, world.clock), "rows are its proof"
                    else:
                        rows = subject.rows(world, connection, account, name, window)
                        proof, what = (
                            sum(_summed(connection, account, measure, row) for row in rows),
                            f"is the sum over the {len(rows)} rows",
                        )
                    if proof != numbers[name]:
                        yield (
                            f"the measure {name!r} is {numbers[name]} {over(window, TODAY)}, but {proof} {what} that prove it. Make it with "
                            "count, total, .where, .without or .split, and let its condition depend on the row alone."
                        )


def _summed(connection: sa.Connection, account: Account, measure: Measure, row: Any) -> int:
    """What one row adds to a total; nothing where the column is empty."""
    table = table_of(measure)
    key = [column == row[column.name] for column in table.primary_key if column.name != "account_id"]
    summed: Any = measure.summed
    found = connection.scalar(sa.select(sa.func.sum(summed)).select_from(table).where(table.c.account_id == account.account_id, *key))
    return int(found or 0)


def torn(subject: Subject) -> Iterator[str]:
    """Parts that do not add up to the whole."""
    metric = subject.metric
    with subject.told() as (world, account):
        for window in metric.windows:
            whole = subject.numbers(world, account, window)
            for by in dimensions(metric):
                parts = subject.results(world, account, window, by=by)
                for name, number in whole.items():
                    if (added := sum(part.numbers[name] for part in parts.values())) != number:
                        yield (
                            f"the measure {name!r} is {number} {over(window, TODAY)}, but its parts by {by!r} add up to {added}: "
                            f"{', '.join(f'{part} {result.numbers[name]}' for part, result in parts.items())}. "
                            "Count rows, or add up a column with total(...), so that every row is in one part."
                        )
