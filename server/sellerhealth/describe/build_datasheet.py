"""Builds the datasheet of a metric from its declaration and its plugin."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sellerhealth.describe.datasheet import Datasheet, FigureSheet, MeasureSheet, TargetSheet, WindowSheet
from sellerhealth.describe.formulas import Names, measure_names, target_text, term_formula, value_formula
from sellerhealth.describe.plain_sql import plain_sql
from sellerhealth.describe.plugin_settings import setting_sheets
from sellerhealth.engine.results import dimensions
from sellerhealth.metrics.declaration import Window
from sellerhealth.metrics.expressions import columns_read, kinds_read, table_of
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.targets import Target
from sellerhealth.metrics.values import Value
from sellerhealth.plugins.plugin import Plugin

_JOIN_COLUMNS = ("account_id", "order_id")  # in every fact: they decide nothing


def build_datasheet(metric: Metric, plugin: Plugin, dialect: str = "sqlite") -> Datasheet:
    """The datasheet of a metric that a plugin provides, with SQL in one of the dialects of `plain_sql`."""
    names = measure_names(metric)
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
        value=value_formula(metric.value, names),
        unit=metric.value.unit,
        target=_target(metric.target, metric.value, names),
        windows=tuple(_window(window, is_first=index == 0) for index, window in enumerate(metric.windows)),
        dimensions=dimensions(metric),
        judged_parts=tuple(metric.parts),
        minimum=None if metric.minimum is None else f"{term_formula(metric.minimum.term, names)} >= {metric.minimum.least}",
        bands={} if metric.bands is None else {name: f"{float(end):g}" for name, end in metric.bands.lower_ends.items()},
        at_risk=_at_risk(metric),
        reported=tuple(each.figure for each in metric.reported),
        measures=tuple(_measures(metric)),
        figures=tuple(_figures(metric, names)),
        reads=_columns_by_table(metric),
        needs=tuple(sorted(counted)),
        proof=tuple(sorted(read - counted)),
        settings=tuple(setting for model in plugin.settings for setting in setting_sheets(model)),
        sql=tuple(plain_sql(metric, dialect)),
    )


def _target(target: Target | None, value: Value, names: Names) -> TargetSheet | None:
    if target is None:
        return None
    warn = None if target.warn is None else str(target.warn)
    return TargetSheet(target_text(target, value, names), str(target.limit), warn, target.enforced)


def _window(window: Window, *, is_first: bool) -> WindowSheet:
    text = _days(window.days) if window.days else "lifetime"
    if window.lag:
        text += f", ending {_days(window.lag)} before the as-of day"
    if window.half_life:
        text += f", with a half-life of {_days(window.half_life)}"
    return WindowSheet(text, window.days or None, window.lag, is_first or window.judged, window.half_life)


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _at_risk(metric: Metric) -> str | None:
    if metric.at_risk is None:
        return None
    deadline = f"{table_of(metric.at_risk.rows).name}.{metric.at_risk.until.key}"
    grace = f" and {metric.at_risk.hours} hours" if metric.at_risk.hours else ""
    return f"{metric.at_risk.reason} It becomes a miss after {deadline}{grace}."


def _measures(metric: Metric) -> Iterator[MeasureSheet]:
    for name, measure in metric.all_measures.items():
        if name == "unproven" and metric.unproven is not None and not measure.description:
            description = "Rows that may or may not be misses. A GOOD is unproven unless it would be one even if they all were."
        else:
            description = measure.description or "Only serves values."
        yield MeasureSheet(name, description, f"{table_of(measure).name}.{measure.on.key}", name not in metric.measures)


def _figures(metric: Metric, names: Names) -> Iterator[FigureSheet]:
    for key, figure in metric.figures.items():
        target = _target(figure.target, figure.value, names)
        yield FigureSheet(key, figure.description, value_formula(figure.value, names), figure.value.unit, target)


def _columns_by_table(metric: Metric) -> Mapping[str, tuple[str, ...]]:
    """The columns that decide what is counted: tables whose rows are counted first, columns in the order of their table."""
    counted = {table_of(measure).name: table_of(measure) for measure in metric.all_measures.values()}
    tables, keys = dict(counted), defaultdict[str, set[str]](set)
    for measure in metric.all_measures.values():
        for column in columns_read(measure):
            tables.setdefault(column.table.name, column.table)
            keys[column.table.name].add(column.key)
    return {
        name: tuple(column.key for column in tables[name].c if column.key in keys[name] and column.key not in _JOIN_COLUMNS)
        for name in sorted(tables, key=lambda name: (name not in counted, name))
    }
