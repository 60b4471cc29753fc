"""A report that is to be imported: its content, its format, and the instant up to which it knows."""

import contextlib
import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from sellerhealth.errors import BadInput
from sellerhealth.intake.recognition import detect, named, sample_of
from sellerhealth.intake.rejects import is_of_rejects
from sellerhealth.intake.rewindable import rewindable, size_of
from sellerhealth.intake.together import check_complete
from sellerhealth.marketplaces import marketplace_named
from sellerhealth.model.records import ImportBatch, ImportState
from sellerhealth.plugins.discover import BUILT_IN_DISTRIBUTION
from sellerhealth.plugins.plugin import Origin
from sellerhealth.plugins.registry import Importers
from sellerhealth.settings import FACTS_FROM
from sellerhealth.sources import Files, FileSet, Importer, Sample
from sellerhealth.sources.importer import CLOCK_SKEW

_BLOCK = 2**18  # bytes that are hashed at once


@dataclass(frozen=True)
class Report:
    """A report of a recognised format, perhaps of several files. `content` is at its start, `samples` are of each file; `now` is the instant of its import."""

    name: str
    content: BinaryIO | Files
    size: int
    samples: Sequence[Sample]
    importer: Importer
    origin: Origin
    marketplace: str | None
    observed_at: dt.datetime
    now: dt.datetime
    content_id: str  # a hash of the content, the format and the marketplace

    @property
    def is_built_in(self) -> bool:
        """Whether the code of the importer is that of this release, so that it is known to be the same as at an earlier import."""
        return self.origin.distribution == BUILT_IN_DISTRIBUTION

    def batch(self, account_id: int) -> ImportBatch:
        """The record of its import into an account, as of its start."""
        return ImportBatch(
            account_id=account_id,
            batch_id=self.content_id,
            format=self.importer.name,
            file=self.name,
            marketplace=self.marketplace,
            observed_at=self.observed_at,
            started_at=self.now,
            state=ImportState.RUNNING,
        )


@contextlib.contextmanager
def opened(
    stream: BinaryIO | Files,
    name: str,
    importers: Importers,
    *,
    observed_at: dt.datetime,
    marketplace: str | None = None,
    format: str | None = None,  # noqa: A002 - named as on the command line
    of_accounts: bool = False,
) -> Iterator[Report]:
    """A stream as a report, perhaps of several accounts.

    Raises BadInput for an instant that no report can have, and UnknownFormat if no importer reads the stream.
    """
    if observed_at.tzinfo is None:
        raise BadInput("The instant up to which the file knows needs its offset from UTC, as in 2026-03-01T09:30:00Z.")
    now = dt.datetime.now(dt.UTC)
    if observed_at > now + CLOCK_SKEW:
        raise BadInput(
            f"{name}: the file is said to know everything up to {observed_at.isoformat()}, which is later than now. "
            "No later report could correct what it says, so name the instant up to which it really knows.",
            argument="observed_at",
        )
    market = marketplace_named(marketplace).key if marketplace else None
    if observed_at < FACTS_FROM:
        raise BadInput(
            f"{name}: the file is said to know nothing after {observed_at.isoformat()}, which is before {FACTS_FROM.year}. "
            "Name the instant up to which it really knows.",
            argument="observed_at",
        )

    def report(
        content: BinaryIO | Files, samples: Sequence[Sample], importer: Importer, parts: Iterable[Callable[[Sample], bool]]
    ) -> Report:
        if any(map(is_of_rejects, samples, parts)):
            importer = replace(importer, lists=frozenset())
        streams = [*content.values()] if isinstance(content, Files) else [content]
        content_id, size = _content_id(streams, importer.name, market, of_accounts=of_accounts), sum(map(size_of, streams))
        origin = importers.origin(importer.name)
        return Report(name, content, size, samples, importer, origin, market, observed_at.astimezone(dt.UTC), now, content_id)

    if isinstance(stream, Files):
        importer = importers.find(stream.format)
        samples = [sample_of(content, stream.names[part]) for part, content in stream.items()]
        parts = importer.recognises.parts if isinstance(importer.recognises, FileSet) else {}
        yield report(stream, samples, importer, [parts[part] for part in stream])
        return
    with rewindable(stream) as content:
        sample = sample_of(content, name)
        importer = named(format, sample, importers) if format else detect(sample, importers)
        if isinstance(importer.recognises, FileSet):
            check_complete(importer, [part] if (part := importer.recognises.part_of(sample)) else [], name)
        yield report(content, [sample], importer, [importer.recognises])


def _content_id(streams: Sequence[BinaryIO], format_name: str, marketplace: str | None, *, of_accounts: bool) -> str:
    """A hash of the content, the format and the marketplace. The streams are then at their start again.

    A file of several accounts says something else when it is read as one of a single account.
    """
    digest = hashlib.blake2b(digest_size=32)
    for number, stream in enumerate(streams):
        if number:  # the end of a file counts, too
            digest.update(digest.digest())
        while block := stream.read(_BLOCK):
            digest.update(block)
        stream.seek(0)
    digest.update(f"\0{format_name}\0{marketplace or ''}{chr(0) if of_accounts else ''}".encode())
    return digest.hexdigest()
