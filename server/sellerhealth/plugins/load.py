"""Loads all plugins: finds them, loads each on its own, resolves name collisions, and builds the registries."""

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata

import structlog

from sellerhealth.checks.operator_guard import guarded_operators
from sellerhealth.errors import BadSettings, PluginError, did_you_mean
from sellerhealth.plugins.candidate import Candidate, CheckMetric
from sellerhealth.plugins.classifier import Classifier
from sellerhealth.plugins.discover import BUILT_IN_DISTRIBUTION, installed_plugins, plugin_files
from sellerhealth.plugins.name_collisions import NameClaim, name_claims, report_collisions
from sellerhealth.plugins.plugin import Plugin, PluginState
from sellerhealth.plugins.registry import Importers, MetricRegistry
from sellerhealth.rollups.measure_set import MeasureSet, measure_set
from sellerhealth.settings import Settings, section_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Loaded:
    """What active plugins provide, and the state of every plugin: the built-in ones first, then by name.

    `keeps_rollups`: whether imports and the server keep the metrics' measures in rollups.
    """

    registry: MetricRegistry
    importers: Importers
    classify: Classifier
    plugins: tuple[Plugin, ...]
    keeps_rollups: bool = True

    @cached_property
    def measures(self) -> MeasureSet:
        """The measures of the metrics that are kept in rollups."""
        return measure_set(self.registry.values() if self.keeps_rollups else ())

    def plugin_of(self, metric: str) -> Plugin:
        """The plugin that provides the metric with a key."""
        return next(plugin for plugin in self.plugins if metric in plugin.metrics)


def load_plugins(
    settings: Settings, distributions: Iterable[metadata.Distribution] | None = None, check_metric: CheckMetric | None = None
) -> Loaded:
    """Loads the plugins of distributions, by default of all that are installed, and the files in the settings.

    `check_metric` raises if a metric cannot be computed. Raises BadSettings if a setting names a plugin or a file that does not
    exist, and PluginError if the settings are strict and a plugin cannot take part.
    """
    disabled = {section_of(name) for name in settings.disabled_plugins}
    installed = installed_plugins(metadata.distributions() if distributions is None else distributions, disabled)
    candidates = [*installed, *plugin_files(settings.plugin_files, disabled)]
    _check_settings(settings, candidates)
    enabled = [candidate for candidate in candidates if not candidate.disabled]
    report_collisions(NameClaim(candidate, "plugin", candidate.origin.name, candidate.section) for candidate in enabled)
    others = [candidate.code for candidate in enabled if not candidate.built_in]
    with guarded_operators(lambda module: any(code.owns(module) for code in others)) if others else nullcontext():
        for candidate in enabled:
            if not candidate.problems:
                candidate.load(settings, check_metric)
    report_collisions(claim for candidate in candidates for claim in name_claims(candidate))
    classify = _classifier(settings, enabled)
    active = [candidate for candidate in enabled if not candidate.problems]
    loaded = Loaded(
        MetricRegistry((metric, each.origin) for each in active for metric in each.results.metrics),
        Importers((importer, each.origin) for each in active for importer in each.results.importers),
        classify,
        tuple(candidate.report() for candidate in candidates),
        settings.rollups,
    )
    _report(loaded.plugins, settings.is_strict)
    return loaded


def _check_settings(settings: Settings, candidates: list[Candidate]) -> None:
    """Raises BadSettings for a setting that names a plugin that is not installed: it would have no effect."""
    plugins = {candidate.section for candidate in candidates}
    distributions = {section_of(candidate.origin.distribution) for candidate in candidates}
    named = [
        *(("plugins", name, plugins) for name in settings.plugins),
        *(("disabled_plugins", name, plugins | distributions) for name in settings.disabled_plugins),
        *(("classifier", name, plugins) for name in [settings.classifier] if name is not None),
    ]
    unknown = [
        f"The setting {setting} names {name}, but no such plugin is installed.{did_you_mean(section_of(name), known)} "
        f"Install it, or correct the setting. Installed are {', '.join(sorted(plugins))}."
        for setting, name, known in named
        if section_of(name) not in known
    ]
    if unknown:
        raise BadSettings("\n".join(unknown))


def _classifier(settings: Settings, enabled: list[Candidate]) -> Classifier:
    """The feedback classifier: the one that a setting names, or else the only third-party one; then the built-in one as a fallback."""
    able = [each for each in enabled if each.results.classify and not each.problems]
    first = [each for each in able if not each.built_in]
    if settings.classifier is not None:
        named = [each for each in enabled if each.section == section_of(settings.classifier)]
        first = [each for each in able if each in named]
        if not first and not any(each.problems for each in named):
            raise BadSettings(
                f"The setting classifier names {settings.classifier}, which has no active hook classify_feedback. Correct it."
            )
    elif len(first) > 1:
        everyone = " and ".join(str(each.origin) for each in first)
        for each in first:
            each.add_problem(
                f"only one plugin can classify feedback, but {everyone} have a classifier. Name one in the setting `classifier`."
            )
        first = []
    in_turn = [*first, *(each for each in able if each.built_in and each not in first)]
    return Classifier(*((each.origin, each.results.classify) for each in in_turn if each.results.classify))


def _report(plugins: tuple[Plugin, ...], is_strict: bool) -> None:
    """Logs the outcome, or raises PluginError if the settings are strict and a plugin is quarantined."""
    quarantined = {str(plugin): plugin.reason for plugin in plugins if plugin.state is PluginState.QUARANTINED}
    if quarantined and is_strict:
        listed = "\n".join(f"- {plugin}: {reason}" for plugin, reason in quarantined.items())
        raise PluginError(f"The settings are strict, and {len(quarantined)} of the plugins cannot take part:\n{listed}")
    active = sum(plugin.state is PluginState.ACTIVE for plugin in plugins)
    for plugin in plugins:
        if plugin.warning is not None and plugin.distribution != BUILT_IN_DISTRIBUTION:  # nobody can act on one of ours
            log.warning("plugin_warned", plugin=str(plugin), warning=plugin.warning)
    (log.warning if quarantined else log.info)("plugins_loaded", active=active, quarantined=quarantined)
