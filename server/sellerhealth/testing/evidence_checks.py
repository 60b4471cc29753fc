"""Checks that the evidence of a measure is what was counted, and that the parts of a breakdown add up to the whole."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from sellerhealth.access import ReadSession
from sellerhealth.engine.evidence import EvidenceQuery, number_of_rows
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.engine.results import dimensions
from sellerhealth.metrics.expressions import table_of
from sellerhealth.metrics.measures import Measure
from sellerhealth.testing.clock import TODAY
from sellerhealth.testing.metric_subject import MetricSubject, describe_window
from sellerhealth.testing.world import Account, reading


def check_evidence(subject: MetricSubject) -> Iterator[str]:
    """A count is the number of its evidence rows, a total the sum over them."""
    with subject.with_facts() as (world, account):
        for window in subject.metric.windows:
            numbers = subject.numbers(world, account, window)
            with reading(world) as session:
                for name, measure in subject.metric.all_measures.items():
                    if measure.summed is None:
                        query = EvidenceQuery(account.account_id, MetricQuery(subject.metric, window, TODAY), name)
                        number = number_of_rows(session, query)
                        evidence = f"its evidence has {number} rows"
                    else:
                        rows = subject.rows(session, account, name, window)
                        number = sum(_row_total(session, account, measure, row) for row in rows)
                        evidence = f"the {len(rows)} rows of its evidence add up to {number}"
                    if number != numbers[name]:
                        yield (
                            f"the measure {name!r} is {numbers[name]} {describe_window(window, TODAY)}, but {evidence}. Make it with "
                            "count, total, .where, .without or .split, and let its condition depend on the row alone."
                        )


def _row_total(session: ReadSession, account: Account, measure: Measure, row: Any) -> int:
    """The number that one row adds to a total: 0 where the column is null."""
    table = table_of(measure)
    key = [column == row[column.name] for column in table.primary_key if column.name != "account_id"]
    summed: Any = measure.summed
    total = session.connection.scalar(
        sa.select(sa.func.sum(summed)).select_from(table).where(table.c.account_id == account.account_id, *key)
    )
    return int(total or 0)


def check_parts(subject: MetricSubject) -> Iterator[str]:
    """Along every dimension the parts add up to the whole."""
    metric = subject.metric
    with subject.with_facts() as (world, account):
        for window in metric.windows:
            whole = subject.numbers(world, account, window)
            for by in dimensions(metric):
                parts = subject.results(world, account, window, by=by)
                for name, number in whole.items():
                    if (total := sum(part.numbers[name] for part in parts.values())) != number:
                        yield (
                            f"the measure {name!r} is {number} {describe_window(window, TODAY)}, but its parts by {by!r} add up to {total}: "
                            f"{', '.join(f'{part} {result.numbers[name]}' for part, result in parts.items())}. "
                            "Count rows, or sum a column with total(...), so that every row is in exactly one part."
                        )
