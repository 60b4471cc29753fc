"""The datasheet of a metric: its declaration, what it reads and its SQL, as plain values for people and programs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sellerhealth.graphql_names import field_name, type_name
from sellerhealth.metrics.measures import MetricUnit
from sellerhealth.model.tables import FactKind


@dataclass(frozen=True)
class TargetSheet:
    """The target of a value. `words` is the whole rule as text, including the warn line."""

    words: str
    limit: str
    warn: str | None
    enforced: bool


@dataclass(frozen=True)
class MeasureSheet:
    """A measure. A hidden one only serves values and is not a field of the API."""

    key: str
    description: str
    counted_by: str  # the table and its day column
    hidden: bool


@dataclass(frozen=True)
class FigureSheet:
    """A further value, with its formula."""

    key: str
    description: str
    value: str
    unit: MetricUnit
    target: TargetSheet | None


@dataclass(frozen=True)
class WindowSheet:
    """A window. `days` is None for a lifetime; `judged`: its status counts for the overall status."""

    words: str
    days: int | None
    lag: int
    judged: bool
    half_life: int | None


@dataclass(frozen=True)
class SettingSheet:
    """A setting of the plugin. `default` is None for a required setting."""

    key: str
    value: str
    default: str | None


@dataclass(frozen=True)
class Datasheet:
    """All there is to know about a metric without its code. The field names are the keys of `metric show --json`."""

    key: str
    title: str
    description: str
    section: str
    source: str
    deprecated: str | None
    plugin: str
    distribution: str
    version: str
    value: str  # a formula over the keys of measures
    unit: MetricUnit
    target: TargetSheet | None
    windows: tuple[WindowSheet, ...]  # the first is the default
    dimensions: tuple[str, ...]
    judged_parts: tuple[str, ...]  # the dimensions whose parts count for the overall status
    minimum: str | None
    bands: Mapping[str, str]  # the lower end of each band
    at_risk: str | None
    reported: tuple[str, ...]  # Amazon's names of the same figure, the closest first
    measures: tuple[MeasureSheet, ...]
    figures: tuple[FigureSheet, ...]
    reads: Mapping[str, tuple[str, ...]]  # by table, the columns that decide what is counted
    needs: tuple[FactKind, ...]  # there is no value unless a source reports all facts of these kinds
    proof: tuple[FactKind, ...]  # a GOOD is unproven unless a source reports facts of these kinds
    settings: tuple[SettingSheet, ...]  # of the plugin
    sql: tuple[str, ...]

    def summary(self) -> Iterator[tuple[str, str]]:
        """The lines at the head of a datasheet, each with its label. Keys are in backticks."""
        yield "API", f"field `{field_name(self.key)}`, type `{type_name(self.key)}`, section `{self.section}`"
        yield "plugin", f"`{self.plugin}` of the distribution `{self.distribution}`"
        yield "value", f"`{self.value}` ({self.unit})"
        if self.bands:
            yield "bands", ", ".join(f"`{name}` from {end}" for name, end in self.bands.items())
        if self.target is not None:
            yield "target", self.target.words
        if self.minimum is not None:
            yield "judged while", f"`{self.minimum}`"
        yield "windows", "; ".join(each.words + " (judged)" * (each.judged and len(self.windows) > 1) for each in self.windows)
        if self.dimensions:
            yield "breakdown", ", ".join(f"`{name}`" + " (judged)" * (name in self.judged_parts) for name in self.dimensions)
        if self.at_risk is not None:
            yield "at risk", self.at_risk
        if self.reported:
            yield "at Amazon", ", ".join(f"`{name}`" for name in self.reported)
        yield "reads", "; ".join(f"`{table}`: {', '.join(columns) or 'whether there are any'}" for table, columns in self.reads.items())
        yield "needs", f"{_quoted(self.needs)}: there is no value unless a source reports all of them"
        if self.proof:
            yield "needs too", f"{_quoted(self.proof)}: a GOOD is unproven unless a source reports them"
        if self.source:
            yield "source", self.source

    def statements(self) -> str:
        """The SQL as one text."""
        return ";\n\n".join(self.sql) + ";"


def _quoted(kinds: Sequence[FactKind]) -> str:
    return ", ".join(f"`{kind}`" for kind in kinds)
