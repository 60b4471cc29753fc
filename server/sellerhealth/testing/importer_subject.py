"""The importer under test, and the files that its author provides."""

import datetime as dt
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sellerhealth import hookimpl
from sellerhealth.model.tables import Fact
from sellerhealth.plugins.load import Loaded
from sellerhealth.sources import Entry, FileContext, Importer, Reported, Row
from sellerhealth.testing.clock import CLOCK
from sellerhealth.testing.installation import STAND_IN_MODULE, load_as_installed
from sellerhealth.testing.reporting import CannotCheck, describe_error


@dataclass(frozen=True)
class ImporterSubject:
    """An importer and what its test class declares: see ImporterConformance."""

    importer: Importer
    sample: bytes
    bad: bytes
    long: bytes
    expected: Mapping[type[Fact | Reported], int]
    file: str
    marketplace: str | None
    distribution: str

    @property
    def context(self) -> FileContext:
        """The second argument of `read`."""
        return FileContext(CLOCK, self.marketplace)

    def entries(self, content: bytes) -> list[Entry]:
        """The entries of a file. Raises CannotCheck when `read` raises."""
        try:
            return list(self.importer.read(io.BytesIO(content), self.context))
        except Exception as error:
            raise CannotCheck(
                f"reading the file failed: {describe_error(error)}. Fix it there; yield a Rejected for what is wrong in one row."
            ) from error

    def rows(self, content: bytes) -> list[tuple[type[Fact | Reported], dict[str, Any], dt.datetime | None]]:
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
