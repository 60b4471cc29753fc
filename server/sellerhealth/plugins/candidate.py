"""Loads and checks one plugin, and collects what is wrong with it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sellerhealth.checks.source_lint import lint
from sellerhealth.errors import PluginError, StoreFault
from sellerhealth.graphql_names import name_problems
from sellerhealth.metrics.metric import API_VERSION, Metric
from sellerhealth.metrics.validation import text_problems
from sellerhealth.plugins.error_hints import describe_error
from sellerhealth.plugins.hook_results import HookResults, call_hooks
from sellerhealth.plugins.plugin import Origin, Plugin, PluginState
from sellerhealth.plugins.plugin_code import PluginCode
from sellerhealth.plugins.settings import WrongSettings
from sellerhealth.settings import Settings, section_of

SLOW_SECONDS = 1.0  # of CPU time: on a busy machine any plugin would look slow by the clock

CheckMetric = Callable[[Metric], None]


@dataclass
class Candidate:
    """A plugin that is being loaded. A problem quarantines it, a warning does not."""

    origin: Origin
    code: PluginCode
    built_in: bool
    disabled: bool
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    results: HookResults = field(default_factory=HookResults)

    @property
    def section(self) -> str:
        """The name of its settings."""
        return section_of(self.origin.name)

    def load(self, settings: Settings, check_metric: CheckMetric | None) -> None:
        """Imports and checks it. Built-in plugins are checked by our tests, so that commands need not wait for that."""
        started = time.thread_time()
        try:
            self.results = call_hooks(self.code, settings.plugins.get(self.section, {}))
        except WrongSettings as error:
            self.problems.append(
                f"{error} Its settings are in [plugins.{self.section}] of sellerhealth.toml, or in variables that begin with "
                f"SELLERHEALTH_PLUGINS__{self.section.upper()}__."
            )
        except PluginError as error:
            self.add_problem(str(error))
        else:
            self._warn_of_load(time.thread_time() - started)
            for metric in self.results.metrics:
                for problem in self._problems(metric, None if self.built_in else check_metric):
                    self.add_problem(problem, metric.made_at)
            if not self.built_in:
                self.warnings += lint(self.code.modules(), self.results.metrics)

    def add_problem(self, problem: str, location: str | None = None) -> None:
        """Adds a reason for quarantine, with its location in the source unless it names one."""
        location, file = location or self.code.file, self.code.file
        has_location = location is None or ", line " in problem or (file is not None and file in problem)
        self.problems.append(problem if has_location else f"{problem} See {location}.")

    def report(self) -> Plugin:
        """The plugin with its final state."""
        state = PluginState.DISABLED if self.disabled else PluginState.QUARANTINED if self.problems else PluginState.ACTIVE
        reason = "Switched off by the setting disabled_plugins." if self.disabled else "\n".join(self.problems) or None
        results = self.results if state is PluginState.ACTIVE else HookResults()
        return Plugin(
            **vars(self.origin),
            state=state,
            reason=reason,
            metrics=tuple(sorted(metric.key for metric in results.metrics)),
            warning="\n".join(self.warnings) if state is PluginState.ACTIVE and self.warnings else None,
            settings=self.results.settings,
            formats=tuple(sorted(importer.name for importer in results.importers)),
            classifies=results.classify is not None,
        )

    def _warn_of_load(self, seconds: float) -> None:
        if seconds > SLOW_SECONDS and not self.built_in:
            self.warnings.append(
                f"It took {seconds:.1f} seconds of CPU time to load, and every start and every command waits for it. "
                "Import what is heavy in the function that needs it."
            )
        if not self.results:
            self.warnings.append(f"It provides nothing: its hooks return no metric and no format. Return some, or uninstall {self.origin}.")

    def _problems(self, metric: Metric, check_metric: CheckMetric | None) -> Iterator[str]:
        """The problems of a metric, each with the fix."""
        if metric.api != API_VERSION:
            older = "sellerhealth" if metric.api > API_VERSION else self.origin.distribution
            yield (
                f"the metric {metric.key!r} is written for version {metric.api} of the plugin API, not for {API_VERSION}. "
                f"Install a newer {older}."
            )
        elif problems := [*name_problems(metric), *text_problems(metric)]:
            yield from (f"{problem}." for problem in problems)
        elif check_metric is not None:
            try:
                check_metric(metric)
            except PluginError as error:
                yield str(error)
            except StoreFault:  # the metric is not at fault
                raise
            except Exception as error:  # noqa: BLE001 - the metric of a plugin may raise anything
                yield f"the metric {metric.key!r} cannot be computed: {describe_error(error, self.code)}"
