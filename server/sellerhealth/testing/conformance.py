"""What every metric has to hold, as a class of tests that its author inherits."""

from collections.abc import Callable, Iterable
from typing import Any

from sellerhealth.deprecation import adopt_renamed_methods
from sellerhealth.metrics.metric import Metric
from sellerhealth.testing import consistency, counting, evidence_checks, import_side_effects, isolation, loading, windows
from sellerhealth.testing.reporting import hold
from sellerhealth.testing.subject import Subject
from sellerhealth.testing.world import Account

_RENAMED = {
    "tell": "add_facts",
    "test_without_facts_a_count_is_nought_and_a_share_is_unknown": "test_without_facts_a_count_is_zero_and_a_share_is_unknown",
}


class MetricConformance:
    """Checks of one metric. Inherit from it, name the metric, and tell facts of which every measure counts some.

    In a file of tests that is::

        class TestEarlyDispatch(MetricConformance):
            metric = early_dispatch
            expected = {"orders": 9, "early": 2}

            def add_facts(self, account: Account) -> None:
                orders(account, early=2, on_time=3, late=4)

    `expected` are numbers over the first window as of 31 March 2026, the day of the clock; what is left out may be any. The row
    builders place what they tell in the middle of that window. `distribution` is the name of yours, as messages of a server
    would call it. `module` is the one to import, where it is not the one in which the metric stands.
    """

    expected: dict[str, int] = {}
    distribution: str = "your-distribution"
    module: str | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        adopt_renamed_methods(cls, _RENAMED)

    @property
    def metric(self) -> Metric:
        """The metric."""
        raise NotImplementedError(f"{type(self).__name__} names no metric. Say which: `metric = early_dispatch`.")

    def add_facts(self, account: Account) -> None:
        """Tells facts, with the row builders or with `account.add`."""
        raise NotImplementedError(
            f"{type(self).__name__} tells no facts. Give it a method `add_facts(self, account)`: see docs/plugins/testing.md."
        )

    def test_it_loads_as_an_installed_plugin_would(self) -> None:
        self._hold(loading.not_loaded)

    def test_its_sql_runs_on_sqlite_and_can_be_written_for_postgresql(self) -> None:
        self._hold(loading.not_in_both_databases)

    def test_the_api_has_a_typed_field_for_it(self) -> None:
        self._hold(loading.without_a_field)

    def test_importing_it_does_no_input_or_output(self) -> None:
        self._hold(lambda subject: import_side_effects.busy(subject.modules))

    def test_every_measure_counts_some_of_the_facts(self) -> None:
        self._hold(counting.nothing_counted)

    def test_the_numbers_are_those_expected(self) -> None:
        self._hold(counting.not_as_expected)

    def test_without_a_source_nothing_is_known(self) -> None:
        self._hold(counting.known_without_a_source)

    def test_without_facts_a_count_is_zero_and_a_share_is_unknown(self) -> None:
        self._hold(counting.not_nothing)

    def test_facts_of_other_accounts_do_not_count(self) -> None:
        self._hold(isolation.others_counted)

    def test_facts_of_other_orders_do_not_count(self) -> None:
        self._hold(isolation.other_orders_counted)

    def test_the_numbers_of_days_add_up(self) -> None:
        self._hold(windows.not_additive)

    def test_windows_begin_and_end_where_they_say(self) -> None:
        self._hold(windows.leaking)

    def test_values_are_exact_and_in_the_range_of_their_unit(self) -> None:
        self._hold(consistency.out_of_range)

    def test_the_target_judges_as_it_says(self) -> None:
        self._hold(consistency.contradictory)

    def test_the_headroom_is_just_enough(self) -> None:
        self._hold(consistency.misleading)

    def test_the_evidence_is_what_was_counted(self) -> None:
        self._hold(evidence_checks.unproven)

    def test_the_parts_add_up_to_the_whole(self) -> None:
        self._hold(evidence_checks.torn)

    def _hold(self, check: Callable[[Subject], Iterable[str]]) -> None:
        __tracebackhide__ = True
        modules = (self.module,) if self.module else import_side_effects.homes(self.metric, type(self).__module__)
        subject = Subject(self.metric, self.add_facts, self.expected, self.distribution, modules)
        hold(f"The metric {subject.metric.key}", check, subject)
