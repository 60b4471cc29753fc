"""The datasheet of a metric: what its declaration says, in words for people and values for programs; what it reads, and its SQL."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from fractions import Fraction

from pydantic import BaseModel

from sellerhealth.describe.plain_sql import plain_sql
from sellerhealth.engine.results import dimensions
from sellerhealth.graphql_names import field_name, type_name
from sellerhealth.metrics.declaration import Window
from sellerhealth.metrics.expressions import columns_read, kinds_read, table_of
from sellerhealth.metrics.measures import Measure, MetricUnit, Ratio, Term
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.targets import AtLeast, Below, Nothing, Target
from sellerhealth.metrics.values import Count, Mean, Percent, Score, Value
from sellerhealth.model.tables import FactKind
from sellerhealth.plugins.load import Plugin

_OF_EVERY_FACT = ("account_id", "order_id")  # what they are joined by


@dataclass(frozen=True)
class TargetSheet:
    """What a value has to reach. `words` say all of it, the warn line included."""

    words: str
    limit: str
    warn: str | None
    enforced: bool


@dataclass(frozen=True)
class MeasureSheet:
    """What is counted. A hidden one only serves values and is no field of the API."""

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
    """A window. `days` is None for a lifetime; `judged`: its status counts for the overall one."""

    words: str
    days: int | None
    lag: int
    judged: bool
    half_life: int | None


@dataclass(frozen=True)
class SettingSheet:
    """A setting of the plugin; `default` is None where one has to be given."""

    key: str
    value: str
    default: str | None


@dataclass(frozen=True)
class Datasheet:
    """All that there is to know about a metric without its code. Texts are whole sentences or formulas over the keys of measures."""

    key: str
    title: str
    description: str
    section: str
    source: str
    deprecated: str | None
    plugin: str
    distribution: str
    version: str
    value: str
    unit: MetricUnit
    target: TargetSheet | None
    windows: tuple[WindowSheet, ...]  # the first is the default
    dimensions: tuple[str, ...]
    judged_parts: tuple[str, ...]  # those of the dimensions whose parts count for the overall status
    minimum: str | None
    bands: Mapping[str, str]  # the lower end of each band
    at_risk: str | None
    measures: tuple[MeasureSheet, ...]
    figures: tuple[FigureSheet, ...]
    reads: Mapping[str, tuple[str, ...]]  # by table, in the order of use, the columns that decide something
    needs: tuple[FactKind, ...]  # without a source of all such facts there is no value
    proof: tuple[FactKind, ...]  # without any source of such facts a GOOD is not proven
    settings: tuple[SettingSheet, ...]  # of the plugin, in effect for all that it brings
    sql: tuple[str, ...]

    def summary(self) -> Iterator[tuple[str, str]]:
        """What fits on a line each, by name; keys stand between backticks."""
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
        yield "reads", "; ".join(f"`{table}`: {', '.join(columns) or 'whether there are any'}" for table, columns in self.reads.items())
        yield "needs", f"{_listed(self.needs)}: without a source of all of them there is no value"
        if self.proof:
            yield "needs too", f"{_listed(self.proof)}: without a source of them a GOOD is not proven"
        if self.source:
            yield "source", self.source

    def statements(self) -> str:
        """The SQL as one text."""
        return ";\n\n".join(self.sql) + ";"


def datasheet(metric: Metric, plugin: Plugin, dialect: str = "sqlite") -> Datasheet:
    """What is known of a metric that a plugin brought, with its SQL in a dialect of `plain_sql`."""
    names = _names(metric)
    counted, read = kinds_read(metric)
    return Datasheet(
        key=metric.key,
        title=metric.title,
        description=metric.description,
        section=metric.section,
        source=metric.source,
        deprecated=metric.deprecated,
        plugin=plugin.name,
        distribution=plugin.distribution,
        version=plugin.version,
        value=formula(metric.value, names),
        unit=metric.value.unit,
        target=_target(metric.target, metric.value, names),
        windows=tuple(_window(window, is_first=place == 0) for place, window in enumerate(metric.windows)),
        dimensions=dimensions(metric),
        judged_parts=tuple(metric.parts),
        minimum=None if metric.minimum is None else f"{_term(metric.minimum.term, names)} >= {metric.minimum.least}",
        bands={} if metric.bands is None else {name: f"{float(end):g}" for name, end in metric.bands.lower_ends.items()},
        at_risk=_at_risk(metric),
        measures=tuple(_measures(metric)),
        figures=tuple(
            FigureSheet(key, each.description, formula(each.value, names), each.value.unit, _target(each.target, each.value, names))
            for key, each in metric.figures.items()
        ),
        reads=_reads(metric),
        needs=tuple(sorted(counted)),
        proof=tuple(sorted(read - counted)),
        settings=tuple(setting for model in plugin.settings for setting in _settings(model)),
        sql=tuple(plain_sql(metric, dialect)),
    )


def formula(value: Value, names: Mapping[Measure, str]) -> str:
    """How a value is worked out from measures, by their names; of a value that a plugin brings itself, only from which."""
    if isinstance(value, Score):
        low, high = value.within
        points = ", ".join(f"{names[measure]} {points}" for measure, points in value.points.items())
        return f"mean of the points ({points}), within {low} and {high}"
    if isinstance(value, Ratio) and type(value) in (Ratio, Percent, Mean):
        share = f"{_term(value.part, names)} / {_term(value.whole, names)}"
        return f"{share} / {value.per}" if isinstance(value, Mean) and value.per != 1 else share
    if type(value) is Count:
        return _term(value.term, names).strip("()")
    return f"{type(value).__name__}({', '.join(dict.fromkeys(names[measure] for measure in value.measures))})"


def _names(metric: Metric) -> Mapping[Measure, str]:
    """The key of each measure, the first where it has several."""
    return {measure: name for name, measure in reversed(list(metric.all_measures.items()))}


def _term(term: Term, names: Mapping[Measure, str]) -> str:
    added = [names[measure] for measure in term.measures]
    return added[0] if len(added) == 1 else f"({' + '.join(added)})"


def _target(target: Target | None, value: Value, names: Mapping[Measure, str]) -> TargetSheet | None:
    if target is None:
        return None
    words = target.display(value)
    if isinstance(target, Nothing):
        words += f", CRITICAL with any {_term(target.grave, names)}"
    if target.warn is not None and isinstance(target, Below | AtLeast):
        words += f", GOOD while {replace(target, limit=target.warn, warn=None).display(value)}"
    elif target.warn is not None:
        words += f", AT_RISK from {value.display(Fraction(target.warn))} on"
    if not target.enforced:
        words += "; Amazon does not act on a miss"
    return TargetSheet(words, str(target.limit), None if target.warn is None else str(target.warn), target.enforced)


def _window(window: Window, *, is_first: bool) -> WindowSheet:
    words = _days(window.days) if window.days else "lifetime"
    if window.lag:
        words += f", ending {_days(window.lag)} before the as-of day"
    if window.half_life:
        words += f", a day counting half for every {_days(window.half_life)} that it lies back"
    return WindowSheet(words, window.days or None, window.lag, is_first or window.judged, window.half_life)


def _settings(model: BaseModel, default: object = None, within: str = "") -> Iterator[SettingSheet]:
    """The settings of a model, those of models in it by a path; of such a one, `default` is the model that stands there unset."""
    for name, field in type(model).model_fields.items():
        value, usual = getattr(model, name), getattr(default, name) if default else field.get_default(call_default_factory=True)
        if isinstance(value, BaseModel):
            yield from _settings(value, usual if isinstance(usual, type(value)) else None, f"{within}{name}.")
        else:
            required = field.is_required() and default is None
            yield SettingSheet(f"{within}{name}", _said(value), None if required else _said(usual))


def _said(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return "none" if value is None else str(value).lower()
    if isinstance(value, Set):
        return ", ".join(sorted(map(_said, value)))
    if isinstance(value, list | tuple):
        return ", ".join(map(_said, value))
    return str(value)


def _listed(kinds: Sequence[FactKind]) -> str:
    return ", ".join(f"`{kind}`" for kind in kinds)


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _at_risk(metric: Metric) -> str | None:
    if metric.at_risk is None:
        return None
    until = f"{table_of(metric.at_risk.rows).name}.{metric.at_risk.until.key}"
    later = f" and {metric.at_risk.hours} hours" if metric.at_risk.hours else ""
    return f"{metric.at_risk.reason} It becomes a miss after {until}{later}."


def _measures(metric: Metric) -> Sequence[MeasureSheet]:
    described = {name: measure.description or "Only serves values." for name, measure in metric.all_measures.items()}
    if metric.unproven is not None and not metric.unproven.description:
        described["unproven"] = "Rows that may or may not be misses: while there are any, a GOOD is not proven."
    return [
        MeasureSheet(name, described[name], f"{table_of(measure).name}.{measure.on.key}", name not in metric.measures)
        for name, measure in metric.all_measures.items()
    ]


def _reads(metric: Metric) -> Mapping[str, tuple[str, ...]]:
    """Each table that decides what is counted, those counted first, with its columns in the order of the table."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    tables = {table_of(measure).name: table_of(measure) for measure in metric.all_measures.values()}
    for measure in metric.all_measures.values():
        for column in columns_read(measure):
            tables.setdefault(column.table.name, column.table)
            found[column.table.name].add(column.key)
    counted = {table_of(measure).name for measure in metric.all_measures.values()}
    return {
        name: tuple(key for key in tables[name].c.keys() if key in found[name] and key not in _OF_EVERY_FACT)  # noqa: SIM118 - the collection gives columns
        for name in sorted(tables, key=lambda name: (name not in counted, name))
    }
