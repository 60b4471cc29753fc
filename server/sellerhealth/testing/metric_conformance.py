"""The test class that checks a metric. Its checks are one function each, in the modules imported here."""

from collections.abc import Callable, Iterable
from typing import Any

from sellerhealth.deprecation import adopt_renamed_methods
from sellerhealth.metrics.metric import Metric
from sellerhealth.testing import (
    consistency,
    counting,
    evidence_checks,
    headroom_checks,
    import_side_effects,
    isolation,
    loading,
    unknown_cells,
    windows,
)
from sellerhealth.testing.metric_subject import MetricSubject
from sellerhealth.testing.reporting import report
from sellerhealth.testing.world import Account

_RENAMED = {
    "tell": "add_facts",
    "test_without_facts_a_count_is_nought_and_a_share_is_unknown": "test_without_facts_a_count_is_zero_and_a_share_is_unknown",
}


class MetricConformance:
    """Checks of one metric. Inherit from it, name the metric, and add facts so that every measure counts some.

    In a test file::

        class TestEarlyDispatch(MetricConformance):
            metric = early_dispatch
            expected = {"orders": 9, "early": 2}

            def add_facts(self, account: Account) -> None:
                orders(account, early=2, on_time=3, late=4)

    `expected` are numbers of measures over the first window as of 31 March 2026, the day of the clock; measures that are left out
    are not checked. The row builders date their facts to the middle of that window. `distribution` is the name of your
    distribution in messages. `module` is the module to import, if it is not the one that holds the metric.
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
        raise NotImplementedError(f"{type(self).__name__} does not name a metric. Name it: `metric = early_dispatch`.")

    def add_facts(self, account: Account) -> None:
        """Adds facts, with the row builders or with `account.add`."""
        raise NotImplementedError(
            f"{type(self).__name__} adds no facts. Give it a method `add_facts(self, account)`: see `sellerhealth docs plugins/testing`."
        )

    def test_it_loads_as_an_installed_plugin_would(self) -> None:
        self._check(loading.check_loads)

    def test_its_sql_runs_on_sqlite_and_can_be_written_for_postgresql(self) -> None:
        self._check(loading.check_portable_sql)

    def test_the_api_has_a_typed_field_for_it(self) -> None:
        self._check(loading.check_api_field)

    def test_importing_it_does_no_input_or_output(self) -> None:
        self._check(lambda subject: import_side_effects.check_import(subject.modules))

    def test_every_measure_counts_some_of_the_facts(self) -> None:
        self._check(counting.check_every_measure_counts)

    def test_the_numbers_are_those_expected(self) -> None:
        self._check(counting.check_expected_numbers)

    def test_without_a_source_nothing_is_known(self) -> None:
        self._check(counting.check_unknown_without_source)

    def test_without_facts_a_count_is_zero_and_a_share_is_unknown(self) -> None:
        self._check(counting.check_without_facts)

    def test_unknown_cells_make_no_value_good(self) -> None:
        self._check(unknown_cells.check_unknown_cells)

    def test_facts_of_other_accounts_do_not_count(self) -> None:
        self._check(isolation.check_other_accounts)

    def test_facts_of_other_orders_do_not_count(self) -> None:
        self._check(isolation.check_other_orders)

    def test_the_numbers_of_days_add_up(self) -> None:
        self._check(windows.check_days_add_up)

    def test_windows_begin_and_end_where_they_say(self) -> None:
        self._check(windows.check_window_bounds)

    def test_values_are_exact_and_in_the_range_of_their_unit(self) -> None:
        self._check(consistency.check_values)

    def test_the_target_judges_as_it_says(self) -> None:
        self._check(consistency.check_targets)

    def test_the_headroom_is_just_enough(self) -> None:
        self._check(headroom_checks.check_headroom)

    def test_the_evidence_is_what_was_counted(self) -> None:
        self._check(evidence_checks.check_evidence)

    def test_the_parts_add_up_to_the_whole(self) -> None:
        self._check(evidence_checks.check_parts)

    def _check(self, check: Callable[[MetricSubject], Iterable[str]]) -> None:
        __tracebackhide__ = True
        subject = MetricSubject(self.metric, self.add_facts, self.expected, self.distribution, self._modules)
        report(f"The metric {subject.metric.key}", check, subject)

    def _modules(self) -> tuple[str, ...]:
        return (self.module,) if self.module else import_side_effects.defining_modules(self.metric, type(self).__module__)
