"""Values, terms and targets of a metric as text, in the names of its measures."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from sellerhealth.metrics.measures import Measure, Ratio, Term
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.targets import AtLeast, Below, Nothing, Target
from sellerhealth.metrics.values import Count, Mean, Percent, Score, Value

Names = Mapping[Measure, str]


def measure_names(metric: Metric) -> Names:
    """The key of each measure, the first if it has several."""
    return {measure: name for name, measure in reversed(list(metric.all_measures.items()))}


def value_formula(value: Value, names: Names) -> str:
    """The formula of a value over measures. For a value class of a plugin, only the measures that it uses."""
    if isinstance(value, Score):
        low, high = value.within
        points = ", ".join(f"{names[measure]} {points}" for measure, points in value.points.items())
        return f"mean of the points ({points}), within {low} and {high}"
    if isinstance(value, Ratio) and type(value) in (Ratio, Percent, Mean):
        share = f"{term_formula(value.part, names)} / {term_formula(value.whole, names)}"
        return f"{share} / {value.per}" if isinstance(value, Mean) and value.per != 1 else share
    if type(value) is Count:
        return term_formula(value.term, names).strip("()")
    return f"{type(value).__name__}({', '.join(dict.fromkeys(names[measure] for measure in value.measures))})"


def term_formula(term: Term, names: Names) -> str:
    """A measure, or a sum of measures in parentheses."""
    summands = [names[measure] for measure in term.measures]
    return summands[0] if len(summands) == 1 else f"({' + '.join(summands)})"


def target_text(target: Target, value: Value, names: Names) -> str:
    """The rule of a target: its limit, its warn line, and whether Amazon enforces it."""
    text = target.display(value)
    if isinstance(target, Nothing):
        text += f", CRITICAL with any {term_formula(target.grave, names)}"
    if target.warn is not None and isinstance(target, Below | AtLeast):
        text += f", GOOD while {replace(target, limit=target.warn, warn=None).display(value)}"
    elif target.warn is not None:
        text += f", AT_RISK from {value.display(Fraction(target.warn))} on"
    if not target.enforced:
        text += "; Amazon does not act on a miss"
    return text
