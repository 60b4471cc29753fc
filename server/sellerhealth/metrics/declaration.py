"""Parts of a metric's declaration: windows, figures, a minimum, rows at risk; and the help for each of its fields."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

from sqlalchemy.orm import InstrumentedAttribute

from sellerhealth.metrics.measures import Measure, Numbers, Term
from sellerhealth.metrics.targets import Bands, Target
from sellerhealth.metrics.type_checks import check_types
from sellerhealth.metrics.values import Value

_MAX_DAYS = 36525  # a hundred years: further back no calendar has a day
_TEXT = "a text in quotes"
_VALUE = "a value: late / orders, Count(late), or an object with all that `Value` has"
_TARGET = 'a target: Below("0.04"), AtLeast("0.9"), or an object with all that `Target` has'
_MEASURES = 'measures by name, as in {"orders": orders}, each made by count(...), total(...) or .where(...)'
FIELD_HELP = {  # what to write for each field
    "key": 'its name in snake_case, as in "acme_dispatch"',
    "title": _TEXT,
    "description": _TEXT,
    "section": _TEXT,
    "windows": "windows in a tuple; one alone needs a comma: (Window(30),)",
    "measures": _MEASURES,
    "value": _VALUE,
    "target": _TARGET,
    "figures": 'figures by name, as in {"projected_rate": Figure(late / orders, "What it says.")}',
    "parts": 'columns by name, as in {"category": Package.category}',
    "hidden": _MEASURES,
    "minimum": "Minimum(orders, 20), or leave it out",
    "bands": "Bands(POOR=0, GOOD=60), or leave it out",
    "unproven": "one measure, or leave it out",
    "at_risk": "AtRisk(rows, until, reason), or leave it out",
    "reported": 'figures of Amazon in a tuple; one alone needs a comma: (ReportedAs("lateShipmentRate"),)',
    "source": _TEXT,
    "deprecated": "a text that says what to use instead",
    "api": "API_VERSION, or leave it out",
}


@dataclass(frozen=True)
class Window:
    """A number of whole days that end `lag` days before the as-of day. `days=0` is a lifetime. With `half_life` older days weigh less."""

    days: int
    lag: int = 0
    judged: bool = False  # counts for the overall status; the first window of a metric always does
    half_life: int | None = None

    def __post_init__(self) -> None:
        days = "a whole number of days"
        check_types(self, {"days": days, "lag": days, "judged": "True or False", "half_life": f"{days}, or None"})
        if self.days < 0 or self.lag < 0 or (self.half_life is not None and self.half_life <= 0):
            raise ValueError(f"{self} is not a window: its days and its lag are 0 or more, its half-life is more than 0")
        if max(self.days, self.lag) > _MAX_DAYS:
            raise ValueError(f"{self} reaches back more than a hundred years: Window(0) is a lifetime")

    def span(self, as_of: dt.date) -> tuple[dt.date, dt.date]:
        """The first and the last day, both included. See docs/spec/rules.md#windows."""
        last = as_of - dt.timedelta(self.lag)
        return (last - dt.timedelta(self.days - 1) if self.days else dt.date.min), last

    def weight(self, day: dt.date, as_of: dt.date) -> Fraction:
        """The weight of a day: 1, halved for every half-life that has passed since."""
        if self.half_life is None:
            return Fraction(1)
        age = Decimal((as_of - dt.timedelta(self.lag) - day).days)
        return Fraction(Decimal(2) ** (-age / self.half_life))


@dataclass(frozen=True, eq=False)
class Figure:
    """A further value next to the main one, judged by its own target if it has one."""

    value: Value
    description: str
    target: Target | None = None

    def __post_init__(self) -> None:
        check_types(self, {"value": FIELD_HELP["value"], "description": FIELD_HELP["description"], "target": FIELD_HELP["target"]})


@dataclass(frozen=True, eq=False)
class Minimum:
    """Minimum sample: with fewer rows, the value is displayed but not judged. See docs/spec/rules.md#minimum-sample."""

    term: Term
    least: int

    def __post_init__(self) -> None:
        check_types(self, {"term": "a measure, as in Minimum(orders, 20)", "least": "a whole number, as in Minimum(orders, 20)"})


@dataclass(frozen=True, eq=False)
class AtRisk:
    """Rows that can still be put right until an instant, or some hours after it; from then on they count as misses."""

    rows: Measure
    until: InstrumentedAttribute[dt.datetime] | InstrumentedAttribute[dt.datetime | None]
    reason: str  # why it will count as a miss: a sentence for users
    hours: int = 0

    def __post_init__(self) -> None:
        instant = "a column of instants, such as Order.ship_by"
        check_types(self, {"rows": "a measure", "until": instant, "reason": FIELD_HELP["description"], "hours": "a whole number of hours"})


@dataclass(frozen=True)
class ReportedAs:
    """A figure of Amazon's own that means the same, by Amazon's name of it. With `part` it is that of one part of the metric's own dimension."""

    figure: str
    part: str | None = None

    def __post_init__(self) -> None:
        name = 'Amazon\'s name of a figure, as in ReportedAs("lateShipmentRate")'
        check_types(self, {"figure": name, "part": "the name of a part, or None"})


class Declaration(Protocol):
    """The fields of a metric as a protocol, so that validation and results need not import `metric`."""

    @property
    def key(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def section(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def deprecated(self) -> str | None: ...

    @property
    def windows(self) -> tuple[Window, ...]: ...

    @property
    def measures(self) -> Mapping[str, Measure]: ...

    @property
    def hidden(self) -> Mapping[str, Measure]: ...

    @property
    def all_measures(self) -> Mapping[str, Measure]: ...

    @property
    def value(self) -> Value: ...

    @property
    def target(self) -> Target | None: ...

    @property
    def figures(self) -> Mapping[str, Figure]: ...

    @property
    def parts(self) -> Mapping[str, InstrumentedAttribute[Any]]: ...

    @property
    def minimum(self) -> Minimum | None: ...

    @property
    def bands(self) -> Bands | None: ...

    @property
    def unproven(self) -> Measure | None: ...

    @property
    def at_risk(self) -> AtRisk | None: ...

    def by_measure(self, numbers: Mapping[str, int]) -> Numbers: ...
