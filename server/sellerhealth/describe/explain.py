"""Explains how a value was computed: the SQL, the window, the numbers, and why it has its status."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sellerhealth.access import ReadSession
from sellerhealth.describe.why import why
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.compile import Plan, compile_queries
from sellerhealth.engine.compile_unproven import UnprovenPlan
from sellerhealth.engine.queries import MetricQuery, QueryResult
from sellerhealth.engine.results import Results, read_unproven
from sellerhealth.errors import MetricFailed, SellerHealthError, StoreFault
from sellerhealth.metrics.expressions import table_of
from sellerhealth.metrics.result import MetricResult
from sellerhealth.metrics.values import Score


@dataclass(frozen=True)
class Explanation:
    """The result of a metric for an account and window, and how it was computed."""

    sql: str  # with its parameters filled in, ready to run
    first: dt.date | None  # None for a lifetime
    last: dt.date
    query_result: QueryResult
    why: str

    @property
    def result(self) -> MetricResult:
        """The result itself."""
        return self.query_result.result

    @property
    def numbers(self) -> list[tuple[str, int, str]]:
        """Measures with their number and description. Hidden measures without a description are left out: they only serve values."""
        metric = self.result.metric
        descriptions = {name: measure.description for name, measure in metric.all_measures.items()}
        if metric.unproven is not None:
            descriptions["unproven"] = metric.unproven.description or "Rows that may or may not be misses."
        return [(name, self.result.numbers.get(name, 0), text) for name, text in descriptions.items() if text]

    @property
    def headroom(self) -> str | None:
        """The distance to the target or the next band, as text; None if there is neither."""
        room, metric = self.result.headroom, self.result.metric
        if room is None:
            return None
        if metric.target is not None:
            return f"Headroom: {room.allowed:,} more misses allowed; {room.needed:,} clean ones needed."
        if room.needed and isinstance(metric.value, Score):
            return f"Perfect {table_of(metric.value.perfect).name} to the next band: {room.needed:,}."
        return None


class ExplanationFailed(SellerHealthError):
    """A metric cannot be computed. The message has the cause on one line; `sql` is the statement, None if it could not be compiled."""

    code = MetricFailed.code

    def __init__(self, metric: str, cause: Exception, sql: str | None) -> None:
        self.sql = sql
        original = getattr(cause, "orig", None) or cause  # the error of the database, without what SQLAlchemy adds
        reason = f"{type(original).__name__}: {original}".splitlines()[0].rstrip(": .")
        super().__init__(f"The metric {metric} could not be computed: {reason}.")


def explain(session: ReadSession, account_id: int, query: MetricQuery) -> Explanation:
    """Runs the statement that the API would run for this query, and explains the status. Raises ExplanationFailed."""
    sql, accounts = None, AccountFilter(account_ids=(account_id,))
    first, last = query.window.span(query.as_of)
    try:
        plan = compile_queries([query], accounts, session.instant, sees_all=session.viewer.sees_all)
        sql = _compile(plan, session)
        results = Results(session.today, session.stale_after)
        with_unknown_cells = results.add(plan, session.execute(plan.statement, plan.parameters))
        if with_unknown_cells:
            unproven = read_unproven(session, results, with_unknown_cells, accounts)
            sql = f"{sql};\n\n{_compile(unproven, session)}"
        result = results.result(account_id, query)
        return Explanation(sql, first if query.window.days else None, last, result, why(result.result, result))
    except StoreFault:  # the metric is not at fault
        raise
    except Exception as error:
        raise ExplanationFailed(query.metric.key, error, sql) from error


def _compile(plan: Plan | UnprovenPlan, session: ReadSession) -> str:
    statement: Any = plan.statement
    complete = statement.params({**session.viewer.parameters, **plan.parameters})
    literal = complete.compile(dialect=session.connection.dialect, compile_kwargs={"literal_binds": True})
    return "\n".join(line.rstrip() for line in str(literal).splitlines())
