"""The importer under test, and the files that its author provides."""

import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from sellerhealth import hookimpl
from sellerhealth.model.tables import Fact
from sellerhealth.plugins.load import Loaded
from sellerhealth.sources import Entry, FileContext, Files, FileSet, Importer, Reported, Row
from sellerhealth.testing.clock import CLOCK
from sellerhealth.testing.installation import STAND_IN_MODULE, load_as_installed
from sellerhealth.testing.reporting import CannotCheck, describe_error

Content: TypeAlias = bytes | Mapping[str, bytes]  # of one file, or of those of a set by the name of their part


@dataclass(frozen=True)
class ImporterSubject:
    """An importer and what its test class declares: see ImporterConformance."""

    importer: Importer
    sample: Content
    bad: Content
    long: Content
    expected: Mapping[type[Fact | Reported], int]
    file: str
    marketplace: str | None
    distribution: str

    @property
    def context(self) -> FileContext:
        """The second argument of `read`."""
        return FileContext(CLOCK, self.marketplace)

    def opened(self, content: Content) -> io.BytesIO | Files:
        """The first argument of `read`. Raises CannotCheck when it is not what the importer reads."""
        is_set = isinstance(self.importer.recognises, FileSet)
        if isinstance(content, bytes):
            if is_set:
                raise CannotCheck(
                    "the format has several files: give the content of each by the name of its part, as in {'orders': b'...'}."
                )
            return io.BytesIO(content)
        if not is_set:
            raise CannotCheck("the format has one file: give its content as bytes.")
        return Files(
            {part: io.BytesIO(each) for part, each in content.items()}, {part: f"{part}.csv" for part in content}, self.importer.name
        )

    def changed(self, content: Content, change: Callable[[bytes], bytes]) -> Content:
        """The content of a file, or of each of several, after a change."""
        return change(content) if isinstance(content, bytes) else {part: change(each) for part, each in content.items()}

    def each(self, content: Content) -> Mapping[str, bytes]:
        """The content of each file by its name."""
        return {self.file: content} if isinstance(content, bytes) else {f"{part}.csv": each for part, each in content.items()}

    def entries(self, content: Content) -> list[Entry]:
        """The entries of a file. Raises CannotCheck when `read` raises."""
        try:
            return list(self.importer.read(self.opened(content), self.context))
        except CannotCheck:
            raise
        except Exception as error:
            raise CannotCheck(
                f"reading the file failed: {describe_error(error)}. Fix it there; yield a Rejected for what is wrong in one row."
            ) from error

    def rows(self, content: Content) -> list[tuple[type[Fact | Reported], dict[str, Any], dt.datetime | None]]:
        """The rows and the reported figures of a file, without their line numbers."""
        return [
            (entry.fact, entry.values, entry.observed_at)
            if isinstance(entry, Row)
            else (Reported, entry._replace(line=0)._asdict(), entry.taken_at)
            for entry in self.entries(content)
            if isinstance(entry, Row | Reported)
        ]

    @contextmanager
    def loaded(self) -> Iterator[Loaded]:
        """The importer and the built-in plugins, loaded as if they were all that is installed."""
        hook = hookimpl(lambda: [self.importer])
        with load_as_installed(self.distribution, f"{self.importer.name.lower()} = {STAND_IN_MODULE}", register_importers=hook) as loaded:
            yield loaded
