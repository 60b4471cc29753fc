"""The test class that checks an importer. Its checks are one function each, in importer_checks."""

from collections.abc import Callable, Iterable, Mapping

from sellerhealth.model.tables import Fact
from sellerhealth.sources import Importer, Reported
from sellerhealth.testing import import_side_effects, importer_checks
from sellerhealth.testing.importer_subject import ImporterSubject
from sellerhealth.testing.reporting import report

_LONG_FILE_BYTES = 4_000_000  # long enough to see whether rows come before the file is read to its end


class ImporterConformance:
    r"""Checks of one importer. Inherit from it, name the importer, and give a file with rows of every kind of fact in its `covers`.

    In a test file::

        class TestReturns(ImporterConformance):
            importer = returns
            sample = b"order,back\nA-1,2026-03-09\nA-2,2026-03-10\n"
            bad = b"order,back\nA-1,2026-03-09\nA-2,yesterday\n"
            expected = {Refund: 2}

    Of an importer of several files, `sample` and `bad` are the contents by the names of the parts: `{"orders": b"...", "items": b"..."}`.
    `bad` is such a file with a row that cannot be read. `expected` are the numbers of rows by fact, or of figures under `Reported`; facts that are left out are not
    checked. `file` is the file's name. `marketplace` is the key of a marketplace, for formats that do not name it. `distribution`
    and `module` are as in MetricConformance.
    """

    expected: Mapping[type[Fact | Reported], int] = {}
    file: str = "export.csv"
    marketplace: str | None = None
    distribution: str = "your-distribution"
    module: str | None = None

    @property
    def importer(self) -> Importer:
        """The importer."""
        raise NotImplementedError(f"{type(self).__name__} names no importer. Name it: `importer = returns`.")

    @property
    def sample(self) -> bytes | Mapping[str, bytes]:
        """A small file; of a set of files each, by the name of its part."""
        raise NotImplementedError(f'{type(self).__name__} has no file. Give a small one: `sample = b"..."`.')

    @property
    def bad(self) -> bytes | Mapping[str, bytes]:
        """The same with a row that cannot be read."""
        raise NotImplementedError(f'{type(self).__name__} has no file with a bad row. Give one: `bad = b"..."`.')

    def long(self) -> bytes | Mapping[str, bytes]:
        """A file of some megabytes: by default `sample` with its lines after the first repeated. Override it if the format is not lines."""
        return _repeated(self.sample) if isinstance(self.sample, bytes) else {part: _repeated(each) for part, each in self.sample.items()}

    def test_it_loads_as_an_installed_plugin_would(self) -> None:
        self._check(importer_checks.check_loads)

    def test_importing_it_does_no_input_or_output(self) -> None:
        modules = (self.module,) if self.module else import_side_effects.defining_modules(self.importer, type(self).__module__)
        self._check(lambda subject: import_side_effects.check_import(modules))

    def test_its_file_is_recognised_by_it_alone(self) -> None:
        self._check(importer_checks.check_recognised)

    def test_it_recognises_no_other_file(self) -> None:
        self._check(importer_checks.check_other_files)

    def test_its_rows_fit_the_facts(self) -> None:
        self._check(importer_checks.check_rows)

    def test_its_rows_are_those_expected(self) -> None:
        self._check(importer_checks.check_expected_rows)

    def test_a_bad_row_is_rejected_and_the_others_are_read(self) -> None:
        self._check(importer_checks.check_bad_row)

    def test_byte_order_marks_and_line_ends_do_no_harm(self) -> None:
        self._check(importer_checks.check_line_ends)

    def test_importing_a_file_twice_changes_nothing(self) -> None:
        self._check(importer_checks.check_repeated_import)

    def test_rows_come_before_the_file_is_read_to_its_end(self) -> None:
        self._check(importer_checks.check_streaming)

    def _check(self, check: Callable[[ImporterSubject], Iterable[str]]) -> None:
        __tracebackhide__ = True
        subject = ImporterSubject(
            self.importer, self.sample, self.bad, self.long(), self.expected, self.file, self.marketplace, self.distribution
        )
        report(f"The importer {subject.importer.name}", check, subject)


def _repeated(content: bytes) -> bytes:
    head, _, body = content.partition(b"\n")
    return head + b"\n" + body * (_LONG_FILE_BYTES // max(len(body), 1))
