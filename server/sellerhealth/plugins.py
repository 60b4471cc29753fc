"""Plugins: found among the installed distributions, loaded and checked one at a time, and kept out alone where they are at fault."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import metadata

import structlog

from sellerhealth.classifier import Classifier
from sellerhealth.entrypoints import Contribution, described, load
from sellerhealth.errors import BadSettings, PluginError, did_you_mean
from sellerhealth.metrics import API_VERSION, Metric
from sellerhealth.registry import Importers, MetricRegistry, Origin, claimed_types, fold, name_problems, type_name
from sellerhealth.settings import Settings, section_of

GROUP = "sellerhealth"  # of entry points
OWN = "sellerhealth"  # the distribution whose plugins are the built-in ones

log = structlog.get_logger(__name__)


class PluginState(StrEnum):
    """Whether a plugin takes part."""

    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"
    QUARANTINED = "QUARANTINED"


@dataclass(frozen=True)
class Plugin(Origin):
    """An entry point and what became of it; `reason` says why it takes no part, and the remedy."""

    state: PluginState
    reason: str | None
    metrics: tuple[str, ...]


@dataclass(frozen=True)
class Loaded:
    """All that the plugins contribute, and what became of each of them: the built-in ones first, then by name."""

    registry: MetricRegistry
    importers: Importers
    classify: Classifier
    plugins: tuple[Plugin, ...]


def load_plugins(
    settings: Settings,
    distributions: Iterable[metadata.Distribution] | None = None,
    check_metric: Callable[[Metric], None] | None = None,
) -> Loaded:
    """The plugins of the given distributions, by default of all that are installed.

    `check_metric` raises when a metric cannot be computed. Raises BadSettings when a setting names a plugin that is not
    there, and PluginError when the settings are strict and a plugin cannot take part.
    """
    candidates = _discover(metadata.distributions() if distributions is None else distributions, settings.disabled_plugins)
    _check_settings(settings, candidates)
    enabled = [candidate for candidate in candidates if not candidate.disabled]
    _settle(_Claim(candidate, "plugin", candidate.origin.name, candidate.section) for candidate in enabled)
    for candidate in enabled:
        if not candidate.problems:
            candidate.load(settings, check_metric)
    _settle(claim for candidate in candidates for claim in candidate.claims())
    classify = _classifier(settings, enabled)
    active = [candidate for candidate in enabled if not candidate.problems]
    loaded = Loaded(
        MetricRegistry((metric, each.origin) for each in active for metric in each.brings.metrics),
        Importers((importer, each.origin) for each in active for importer in each.brings.importers),
        classify,
        tuple(candidate.record() for candidate in candidates),
    )
    _tell(loaded.plugins, settings.is_strict)
    return loaded


@dataclass
class _Candidate:
    """An entry point on its way to taking part."""

    origin: Origin
    entry: metadata.EntryPoint
    built_in: bool
    disabled: bool
    problems: list[str] = field(default_factory=list)
    brings: Contribution = field(default_factory=Contribution)

    @property
    def section(self) -> str:
        return section_of(self.origin.name)

    def load(self, settings: Settings, check_metric: Callable[[Metric], None] | None) -> None:
        try:
            self.brings = load(self.entry, settings.plugins.get(self.section, {}))
        except PluginError as error:
            self.problems.append(str(error))
        for metric in self.brings.metrics:
            self.problems += self._problems(metric, check_metric)

    def _problems(self, metric: Metric, check_metric: Callable[[Metric], None] | None) -> Iterator[str]:
        if metric.api != API_VERSION:
            newer = "sellerhealth" if metric.api > API_VERSION else self.origin.distribution
            yield f"the metric {metric.key!r} is written for version {metric.api} of the plugin API, not for {API_VERSION}. Install a newer {newer}."
        elif problems := [f"{problem}." for problem in name_problems(metric)]:
            yield from problems
        elif check_metric is not None:
            try:
                check_metric(metric)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with the metric of a stranger, it is told as its problem
                yield f"the metric {metric.key!r} cannot be computed: {described(error, self.entry)}. Mend its measures."

    def claims(self) -> "Iterator[_Claim]":
        """The names that it takes. A built-in plugin keeps its name as a metric's even when it takes no part."""
        if self.built_in:
            yield _Claim(self, "metric", self.origin.name, type_name(self.origin.name))
        for metric in self.brings.metrics:
            for name in claimed_types(metric):
                yield _Claim(self, "metric", metric.key, name)
        for importer in self.brings.importers:
            yield _Claim(self, "format", importer.name, importer.name)

    def record(self) -> Plugin:
        state = PluginState.DISABLED if self.disabled else PluginState.QUARANTINED if self.problems else PluginState.ACTIVE
        reason = "Switched off by the setting disabled_plugins." if self.disabled else "\n".join(self.problems) or None
        keys = sorted(metric.key for metric in self.brings.metrics) if state is PluginState.ACTIVE else ()
        return Plugin(self.origin.name, self.origin.distribution, self.origin.version, state, reason, tuple(keys))


@dataclass(frozen=True)
class _Claim:
    """That a plugin wants a name of a kind. Claims whose names fold alike collide."""

    candidate: _Candidate
    kind: str
    what: str
    name: str


def _discover(distributions: Iterable[metadata.Distribution], disabled: tuple[str, ...]) -> list[_Candidate]:
    """Every entry point of our group: also two of the same name, which tools that keep them in a dict lose silently."""
    switched_off = {section_of(name) for name in disabled}
    found: dict[str, list[_Candidate]] = {}
    for distribution in distributions:
        if not (entries := distribution.entry_points.select(group=GROUP)):
            continue
        normalised = re.sub(r"[-_.]+", "-", distribution.name).lower()
        found.setdefault(
            normalised,  # the first of a name on the path is the one that is imported
            [
                _Candidate(
                    Origin(entry.name, distribution.name, distribution.version),
                    entry,
                    built_in=normalised == OWN,
                    disabled=bool(switched_off & {section_of(entry.name), section_of(normalised)}),
                )
                for entry in entries
            ],
        )
    candidates = [candidate for each in found.values() for candidate in each]
    return sorted(candidates, key=lambda each: (not each.built_in, each.origin.name, each.origin.distribution))


def _check_settings(settings: Settings, candidates: list[_Candidate]) -> None:
    """Raises BadSettings for a setting that names a plugin that is not installed: it would do nothing, silently."""
    plugins = {candidate.section for candidate in candidates}
    distributions = {section_of(candidate.origin.distribution) for candidate in candidates}
    named = [
        *(("plugins", name, plugins) for name in settings.plugins),
        *(("disabled_plugins", name, plugins | distributions) for name in settings.disabled_plugins),
        *(("classifier", name, plugins) for name in [settings.classifier] if name is not None),
    ]
    unknown = [
        f"The setting {setting} names {name}, but no such plugin is installed.{did_you_mean(section_of(name), known)} "
        "Install it, or correct the setting; `sellerhealth plugins` lists those that are."
        for setting, name, known in named
        if section_of(name) not in known
    ]
    if unknown:
        raise BadSettings("\n".join(unknown))


def _settle(claims: Iterable[_Claim]) -> None:
    """Tells every claimant of a disputed name. What is built in keeps its name; among third parties nobody wins."""
    disputes: dict[tuple[str, str], list[_Claim]] = defaultdict(list)
    for claim in claims:
        disputes[claim.kind, fold(claim.name)].append(claim)
    for claimed in disputes.values():
        owners = [claim.candidate.origin for claim in claimed if claim.candidate.built_in]
        claimants = [claim for claim in claimed if not claim.candidate.built_in]
        if not owners and len(claimants) < 2:
            continue
        everyone = " and ".join(f"{claim.candidate.origin} with {claim.what!r}" for claim in claimants)
        for claim in claimants:
            whose = f"which belongs to the built-in plugin {owners[0]}" if owners else f"which is claimed by {everyone}"
            remedy = "Choose another name." if owners else "None of them gets it: rename, uninstall or disable all but one."
            claim.candidate.problems.append(f"the {claim.kind} {claim.what!r} takes the name {claim.name}, {whose}. {remedy}")


def _classifier(settings: Settings, enabled: list[_Candidate]) -> Classifier:
    """The third party that classifies feedback, if there is one or one is chosen, and the built-in classifier behind it."""
    able = [each for each in enabled if each.brings.classify and not each.problems]
    first = [each for each in able if not each.built_in]
    if settings.classifier is not None:
        chosen = [each for each in enabled if each.section == section_of(settings.classifier)]
        first = [each for each in able if each in chosen]
        if not first and not any(each.problems for each in chosen):
            raise BadSettings(
                f"The setting classifier names {settings.classifier}, which has no active hook classify_feedback. Correct it."
            )
    elif len(first) > 1:
        everyone = " and ".join(str(each.origin) for each in first)
        for each in first:
            each.problems.append(f"feedback has one classifier, but {everyone} want to be it. Name one in the setting `classifier`.")
        first = []
    in_turn = [*first, *(each for each in able if each.built_in and each not in first)]
    return Classifier(*((each.origin, each.brings.classify) for each in in_turn if each.brings.classify))


def _tell(plugins: tuple[Plugin, ...], is_strict: bool) -> None:
    """One line in the log; or PluginError, if nothing may be wrong."""
    quarantined = {str(plugin): plugin.reason for plugin in plugins if plugin.state is PluginState.QUARANTINED}
    if quarantined and is_strict:
        listed = "\n".join(f"- {plugin}: {reason}" for plugin, reason in quarantined.items())
        raise PluginError(f"The settings are strict, and {len(quarantined)} of the plugins cannot take part:\n{listed}")
    active = sum(plugin.state is PluginState.ACTIVE for plugin in plugins)
    (log.warning if quarantined else log.info)("plugins_loaded", active=active, quarantined=quarantined)
