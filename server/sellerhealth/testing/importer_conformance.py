"""What every importer has to hold, as a class of tests that its author inherits."""

from collections.abc import Callable, Iterable

from sellerhealth.model.tables import Fact
from sellerhealth.sources import Importer
from sellerhealth.testing import import_side_effects
from sellerhealth.testing import importer_checks as reading
from sellerhealth.testing.importer_checks import Format
from sellerhealth.testing.reporting import hold

_LONG = 4_000_000  # bytes of a file that shows whether it is read as it comes


class ImporterConformance:
    r"""Checks of one format. Inherit from it, name the importer, and give a file with rows of every kind that it tells.

    In a file of tests that is::

        class TestReturns(ImporterConformance):
            importer = returns
            sample = b"order,back\nA-1,2026-03-09\nA-2,2026-03-10\n"
            bad = b"order,back\nA-1,2026-03-09\nA-2,yesterday\n"
            expected = {Refund: 2}

    `bad` is such a file with a row that cannot be read. `expected` are the rows of each fact; what is left out may be any. `file` is
    the name of such files, `marketplace` the key of one, for formats that do not name it. `distribution` and `module` are those of
    MetricConformance.
    """

    expected: dict[type[Fact], int] = {}
    file: str = "export.csv"
    marketplace: str | None = None
    distribution: str = "your-distribution"
    module: str | None = None

    @property
    def importer(self) -> Importer:
        """The importer."""
        raise NotImplementedError(f"{type(self).__name__} names no importer. Say which: `importer = returns`.")

    @property
    def sample(self) -> bytes:
        """A small file."""
        raise NotImplementedError(f'{type(self).__name__} has no file. Give a small one: `sample = b"..."`.')

    @property
    def bad(self) -> bytes:
        """The same with a row that cannot be read."""
        raise NotImplementedError(f'{type(self).__name__} has no file with a bad row. Give one: `bad = b"..."`.')

    def long(self) -> bytes:
        """A file of some megabytes: the first line of `sample`, then the others over and over. Override it for other formats than lines."""
        head, _, body = self.sample.partition(b"\n")
        return head + b"\n" + body * (_LONG // max(len(body), 1))

    def test_it_loads_as_an_installed_plugin_would(self) -> None:
        self._hold(reading.not_loaded)

    def test_importing_it_does_no_input_or_output(self) -> None:
        modules = (self.module,) if self.module else import_side_effects.homes(self.importer, type(self).__module__)
        self._hold(lambda examined: import_side_effects.busy(modules))

    def test_its_file_is_recognised_by_it_alone(self) -> None:
        self._hold(reading.unrecognised)

    def test_it_recognises_no_other_file(self) -> None:
        self._hold(reading.too_eager)

    def test_its_rows_fit_the_facts(self) -> None:
        self._hold(reading.unfit_rows)

    def test_its_rows_are_those_expected(self) -> None:
        self._hold(reading.otherwise_than_expected)

    def test_a_bad_row_is_rejected_and_the_others_are_read(self) -> None:
        self._hold(reading.broken_by_a_row)

    def test_byte_order_marks_and_line_ends_do_no_harm(self) -> None:
        self._hold(reading.disturbed)

    def test_importing_a_file_twice_changes_nothing(self) -> None:
        self._hold(reading.changed_by_repetition)

    def test_rows_come_before_the_file_is_read_to_its_end(self) -> None:
        self._hold(reading.hoarding)

    def _hold(self, check: Callable[[Format], Iterable[str]]) -> None:
        __tracebackhide__ = True
        examined = Format(self.importer, self.sample, self.bad, self.long(), self.expected, self.file, self.marketplace, self.distribution)
        hold(f"The importer {examined.importer.name}", check, examined)
