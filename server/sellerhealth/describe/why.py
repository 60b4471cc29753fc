"""Says in sentences for people why a result has its status, and what would settle what is not known."""

from collections.abc import Iterator

from sellerhealth.engine.queries import QueryResult
from sellerhealth.metrics.result import MetricResult, UnavailableReason
from sellerhealth.metrics.targets import MetricStatus, display_warning


def why(result: MetricResult, found: QueryResult) -> str:
    """Why a result has its status. `found` contains it, with the coverage of the facts that it reads."""
    return " ".join([_explain_status(result, found), *_missing_cells(result)])


def _missing_cells(result: MetricResult) -> Iterator[str]:
    """A sentence for each kind of cell that unproven rows lack, with the remedy."""
    for cell, rows in result.unproven.cells.items():
        which = "1 row may" if rows == 1 else f"{rows:,} rows may"
        yield f"{which} count otherwise, because {cell} is unknown: import a file that has it."


def _explain_status(result: MetricResult, found: QueryResult) -> str:
    metric = result.metric
    missing = ", ".join(kind.plural for kind, through in found.coverage.items() if through is None)
    match result.reason:
        case UnavailableReason.SOURCE_MISSING:
            if missing:
                return f"There is no value, because no source of {missing} was ever imported."
            return "There is no value, because no source of all the facts that it counts was ever imported."
        case UnavailableReason.WITHOUT_CHANNEL:
            return "There is no value, because the facts that it counts have no channel."
        case UnavailableReason.NOTHING_TO_MEASURE:
            return "There is no value, because the window holds nothing to measure."
        case UnavailableReason.BELOW_MINIMUM:
            return "The value is not judged, because the window holds too little to measure."
        case UnavailableReason.UNPROVEN:
            cause = "of some rows it is not known whether they are misses"
            if missing:
                cause = f"no source of {missing} was ever imported"
            elif found.rejected:
                cause = f"{found.rejected:,} rows that imports rejected may be misses. Correct and import them, or dismiss the imports"
            return f"The value meets the target, but that is not proven: {cause}."
        case UnavailableReason.STALE:
            reach = " and ".join(f"{kind.plural} only up to {through}" for kind, through in found.stale.items())
            return f"The value meets the target, but the coverage is too old to prove it: {reach}. Import newer files."
        case None:
            pass
    if metric.target is None:
        return (
            "The metric has no target."
            if result.band is None
            else f"The metric has no target; the score falls into the band {result.band}."
        )
    target = metric.target.display(metric.value)
    if result.status is MetricStatus.CRITICAL:
        return f"The target is {target}; {result.display} misses it."
    if result.status is MetricStatus.AT_RISK:
        warning = display_warning(metric.target, metric.value)
        return f"The target is {target}; {result.display} " + (
            f"meets it, but is at risk: it warns {warning}." if warning else "misses it, but nothing grave is among it."
        )
    return f"The target is {target}; {result.display} meets it with room to spare."
