"""Plugins: installed or files, loaded and checked one at a time, and kept out alone where they are at fault."""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import metadata

import structlog
from pydantic import BaseModel

from sellerhealth.errors import BadSettings, PluginError, did_you_mean
from sellerhealth.graphql_names import claimed_types, name_problems, type_name
from sellerhealth.metrics.metric import API_VERSION, Metric
from sellerhealth.metrics.validation import text_problems
from sellerhealth.plugins.classifier import Classifier
from sellerhealth.plugins.code import PluginCode
from sellerhealth.plugins.error_hints import described
from sellerhealth.plugins.hook_results import Contribution, load
from sellerhealth.plugins.name_collisions import Claim, settle
from sellerhealth.plugins.registry import Importers, MetricRegistry, Origin
from sellerhealth.plugins.settings import WrongSettings
from sellerhealth.plugins.source import PluginSource
from sellerhealth.settings import Settings, section_of

GROUP = "sellerhealth"  # of entry points
OWN = "sellerhealth"  # the distribution whose plugins are the built-in ones
SLOW = 1.0  # seconds that a plugin may take to load before its author hears of it
FILE_VERSION = "0"  # of a plugin that is a file

log = structlog.get_logger(__name__)


class PluginState(StrEnum):
    """Whether a plugin takes part."""

    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"
    QUARANTINED = "QUARANTINED"


@dataclass(frozen=True)
class Plugin(Origin):
    """An entry point or a file, and what became of it.

    `reason` says why it takes no part, `warning` what is not as it should be though it does; both tell the remedy.
    """

    state: PluginState
    reason: str | None
    metrics: tuple[str, ...]
    warning: str | None = None
    settings: tuple[BaseModel, ...] = field(default=(), compare=False)  # its section, as its functions got it
    formats: tuple[str, ...] = ()
    classifies: bool = False  # it has a classifier of feedback; which one decides is told by `Loaded.classify`


@dataclass(frozen=True)
class Loaded:
    """All that the plugins contribute, and what became of each of them: the built-in ones first, then by name."""

    registry: MetricRegistry
    importers: Importers
    classify: Classifier
    plugins: tuple[Plugin, ...]

    def plugin_of(self, metric: str) -> Plugin:
        """The plugin that brings the metric with a key."""
        return next(plugin for plugin in self.plugins if metric in plugin.metrics)


def load_plugins(
    settings: Settings,
    distributions: Iterable[metadata.Distribution] | None = None,
    check_metric: Callable[[Metric], None] | None = None,
) -> Loaded:
    """The plugins of the given distributions, by default of all that are installed, and of the files in the settings.

    `check_metric` raises when a metric cannot be computed. Raises BadSettings when a setting names a plugin or a file
    that is not there, and PluginError when the settings are strict and a plugin cannot take part.
    """
    switched_off = {section_of(name) for name in settings.disabled_plugins}
    installed = _discover(metadata.distributions() if distributions is None else distributions, switched_off)
    candidates = [*installed, *_of_files(settings.plugin_files, switched_off)]
    _check_settings(settings, candidates)
    enabled = [candidate for candidate in candidates if not candidate.disabled]
    settle(Claim(candidate, "plugin", candidate.origin.name, candidate.section) for candidate in enabled)
    for candidate in enabled:
        if not candidate.problems:
            candidate.load(settings, check_metric)
    settle(claim for candidate in candidates for claim in candidate.claims())
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
    """A plugin on its way to taking part."""

    origin: Origin
    code: PluginCode
    built_in: bool
    disabled: bool
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    brings: Contribution = field(default_factory=Contribution)

    @property
    def section(self) -> str:
        return section_of(self.origin.name)

    def load(self, settings: Settings, check_metric: Callable[[Metric], None] | None) -> None:
        started = time.perf_counter()
        try:
            self.brings = load(self.code, settings.plugins.get(self.section, {}))
        except WrongSettings as error:
            self.problems.append(
                f"{error} Its settings stand under [plugins.{self.section}] in sellerhealth.toml, or in variables that begin with "
                f"SELLERHEALTH_PLUGINS__{self.section.upper()}__."
            )
        except PluginError as error:
            self.blame(str(error), PluginSource(self.code.files()).where(*error.about))
        else:
            self._warn(time.perf_counter() - started)
            self._check(check_metric)

    def blame(self, problem: str, place: str | None = None) -> None:
        """Notes a problem, with the place in the source unless it names one itself."""
        place = place or PluginSource(self.code.files()).where()
        told = place is None or ", line " in problem or place.partition(", line")[0] in problem
        self.problems.append(problem if told else f"{problem} See {place}.")

    def _warn(self, seconds: float) -> None:
        if seconds > SLOW:
            self.warnings.append(
                f"It took {seconds:.1f} seconds to load, and every start and every command waits for it. Import what is heavy in the "
                "function that needs it, and neither read files nor ask others while the module is imported."
            )
        if not self.brings:
            self.warnings.append(f"It brings nothing: its hooks return no metric and no format. Return some, or uninstall {self.origin}.")

    def _check(self, check_metric: Callable[[Metric], None] | None) -> None:
        source = PluginSource(() if self.built_in else self.code.files())  # our own tests hold the built-in ones to this
        slipped = set()  # lines of which nothing more is told: what a slip makes of a condition is its own mistake seen twice
        for problem, place in source.slips():
            self.blame(f"{problem}.", place)
            slipped.add(f"See {place}.")
        for metric in self.brings.metrics:
            for problem, place in source.frozen_clocks(metric):
                self.blame(f"{problem}.", place)
            for problem, *words in self._problems(metric, check_metric):
                lines = [line for line in problem.splitlines() if not line.endswith(tuple(slipped))]
                if lines:
                    self.blame("\n".join(lines), source.where(*words, metric.key))

    def _problems(self, metric: Metric, check_metric: Callable[[Metric], None] | None) -> Iterator[tuple[str, ...]]:
        """What is wrong with a metric, with the words of its declaration that it is about."""
        if metric.api != API_VERSION:
            newer = "sellerhealth" if metric.api > API_VERSION else self.origin.distribution
            yield (
                f"the metric {metric.key!r} is written for version {metric.api} of the plugin API, not for {API_VERSION}. Install a newer {newer}.",
            )
            return
        if problems := [(f"{problem}.", *words) for problem, *words in (*name_problems(metric), *text_problems(metric))]:
            yield from problems
        elif check_metric is not None and not self.built_in:  # our own tests check the built-in ones, which every command would wait for
            try:
                check_metric(metric)
            except PluginError as unsound:
                yield str(unsound), *unsound.about
            except Exception as error:  # noqa: BLE001 - whatever is wrong with the metric of a stranger, it is told as its problem
                yield (f"the metric {metric.key!r} cannot be computed: {described(error, self.code)}",)

    def claims(self) -> Iterator[Claim]:
        """The names that it takes. A built-in plugin keeps its name as a metric's even when it takes no part."""
        if self.built_in:
            yield Claim(self, "metric", self.origin.name, type_name(self.origin.name))
        for metric in self.brings.metrics:
            for name in claimed_types(metric):
                yield Claim(self, "metric", metric.key, name)
        for importer in self.brings.importers:
            yield Claim(self, "format", importer.name, importer.name)

    def record(self) -> Plugin:
        state = PluginState.DISABLED if self.disabled else PluginState.QUARANTINED if self.problems else PluginState.ACTIVE
        reason = "Switched off by the setting disabled_plugins." if self.disabled else "\n".join(self.problems) or None
        brings = self.brings if state is PluginState.ACTIVE else Contribution()
        return Plugin(
            **vars(self.origin),
            state=state,
            reason=reason,
            metrics=tuple(sorted(metric.key for metric in brings.metrics)),
            warning="\n".join(self.warnings) if state is PluginState.ACTIVE and self.warnings else None,
            settings=self.brings.settings,
            formats=tuple(sorted(importer.name for importer in brings.importers)),
            classifies=brings.classify is not None,
        )


def _discover(distributions: Iterable[metadata.Distribution], switched_off: set[str]) -> list[_Candidate]:
    """Every entry point of our group: also two of the same name, which tools that keep them in a dict lose silently."""
    found: dict[str, list[_Candidate]] = {}
    for distribution in distributions:
        try:
            entries = distribution.entry_points.select(group=GROUP)
            if not entries:  # nearly all of them: their names need not be read
                continue
            name, version = distribution.name, distribution.version
            normalised = re.sub(r"[-_.]+", "-", name).lower()
        except Exception as error:  # noqa: BLE001 - the broken metadata of a stranger is no reason not to start
            log.warning("distribution_unreadable", distribution=str(distribution.locate_file("")), error=repr(error))
            continue
        found.setdefault(
            normalised,  # the first of a name on the path is the one that is imported
            [
                _Candidate(
                    Origin(entry.name, name, version),
                    PluginCode.of_entry_point(entry),
                    built_in=normalised == OWN,
                    disabled=bool(switched_off & {section_of(entry.name), section_of(normalised)}),
                )
                for entry in entries
            ],
        )
    candidates = [candidate for each in found.values() for candidate in each]
    return sorted(candidates, key=lambda each: (not each.built_in, each.origin.name, each.origin.distribution))


def _of_files(files: Iterable[str], switched_off: set[str]) -> Iterator[_Candidate]:
    """Raises BadSettings for a file that is named twice: one plugin cannot have two beginnings."""
    codes: dict[str, PluginCode] = {}
    for given in dict.fromkeys(files):
        code = PluginCode.of_file(given)
        if other := codes.get(code.module):
            raise BadSettings(
                f"The plugin file {code.label} is named twice, as {other.value} and as {given}. "
                f"Name {code.label} alone: then all its metrics take part."
            )
        codes[code.module] = code
        yield _Candidate(Origin(code.plugin, given, FILE_VERSION), code, built_in=False, disabled=section_of(code.plugin) in switched_off)


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
            each.blame(f"feedback has one classifier, but {everyone} want to be it. Name one in the setting `classifier`.")
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
    for plugin in plugins:
        if plugin.warning is not None:
            log.warning("plugin_warned", plugin=str(plugin), warning=plugin.warning)
    (log.warning if quarantined else log.info)("plugins_loaded", active=active, quarantined=quarantined)
