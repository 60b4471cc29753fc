"""Whether a format is read as it should be: recognised, row by row, whatever the file's line ends, and whatever is wrong in it."""

import datetime as dt
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sellerhealth import hookimpl
from sellerhealth.errors import SellerHealthError
from sellerhealth.importers import register_importers
from sellerhealth.intake import detect, import_stream, sample_of
from sellerhealth.intake.checking import mistake_in
from sellerhealth.model.tables import Fact
from sellerhealth.plugins.classifier import Classifier
from sellerhealth.plugins.load import Loaded
from sellerhealth.plugins.registry import Importers, MetricRegistry, Origin
from sellerhealth.sources import Entry, FileContext, Importer, Rejected, Row, Sample, Skipped
from sellerhealth.testing.clock import CLOCK
from sellerhealth.testing.loading import STAND_IN, installed, left_out
from sellerhealth.testing.reporting import Unfit, described
from sellerhealth.testing.world import classify_by_stars, new_world

_BOM = b"\xef\xbb\xbf"
_ORIGIN = Origin("conformance", "your-distribution", "0")
_ODD = {
    "an empty file": b"",
    "bytes that are no text": b"\x00\xff\x00",
    "JSON of something else": b'{"hello": ["world"]}',
    "a line of prose": b"Hello.\n",
}


@dataclass(frozen=True)
class Format:
    """A format under examination, and what its author says of it: see ImporterConformance."""

    importer: Importer
    sample: bytes
    bad: bytes
    long: bytes
    expected: dict[type[Fact], int]
    file: str
    marketplace: str | None
    distribution: str

    def entries(self, content: bytes) -> list[Entry]:
        """What a file yields. Raises Unfit when reading it fails as a whole."""
        try:
            return list(self.importer.read(io.BytesIO(content), self.context))
        except Exception as error:
            raise Unfit(
                f"reading the file failed: {described(error)}. Mend it there; what is wrong in one row is yielded as Rejected."
            ) from error

    def rows(self, content: bytes) -> list[tuple[type[Fact], dict[str, Any], dt.datetime | None]]:
        """The rows of a file, without their lines."""
        return [(entry.fact, entry.values, entry.observed_at) for entry in self.entries(content) if isinstance(entry, Row)]

    @property
    def context(self) -> FileContext:
        """What is known about its files besides their content."""
        return FileContext(CLOCK, self.marketplace)

    @contextmanager
    def loaded(self) -> Iterator[Loaded]:
        """The importer and the built-in plugins, loaded as if they were all that is installed."""
        hook = hookimpl(lambda: [self.importer])
        with installed(self.distribution, f"{self.importer.name.lower()} = {STAND_IN}", register_importers=hook) as loaded:
            yield loaded


def not_loaded(examined: Format) -> Iterator[str]:
    """Why a server would leave the plugin out."""
    with examined.loaded() as loaded:
        yield from left_out(loaded)


def unrecognised(examined: Format) -> Iterator[str]:
    """Its own file is not recognised, or by others too."""
    importers = Importers((each, _ORIGIN) for each in (*_others(examined), examined.importer))
    try:
        recognised = detect(sample_of(io.BytesIO(examined.sample), examined.file), importers)
    except SellerHealthError as unknown:
        yield f"`sample` is not recognised as this format alone: {unknown} Mend `recognises`."
    else:
        if recognised is not examined.importer:
            yield f"`sample` is recognised as {recognised.name}. Mend `recognises`."


def _others(examined: Format) -> Iterator[Importer]:
    """The built-in formats, besides the examined one if it is one of them."""
    yield from (each for each in register_importers() if each.name != examined.importer.name)


def too_eager(examined: Format) -> Iterator[str]:
    """It recognises files that are none of its own, or fails at them."""
    templates = {f"a file of {each.name}": each.template.encode() for each in _others(examined) if each.template}
    for what, content in (_ODD | templates).items():
        first = content.split(b"\n", 1)[0].decode("latin-1")
        columns = () if not first or first[0] in "{[" else tuple(first.split(","))
        try:
            recognised = examined.importer.recognises(Sample("other.csv", content, columns))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told to the author
            yield f"`recognises` fails at {what}: {described(error)}. Let it return False for what it cannot read."
        else:
            if recognised:
                yield f"it recognises {what} as its own. Let `recognises` ask for columns that only its own files have."


def unfit_rows(examined: Format) -> Iterator[str]:
    """Rows that do not fit their facts."""
    entries = examined.entries(examined.sample)
    if (mistake := mistake_in(entries)) is not None:
        line, what = mistake
        yield f"{'' if line is None else f'in line {line} '}it {what}."
    for entry in entries:
        if isinstance(entry, Rejected):
            yield f"it rejects a row of `sample`: {entry.error.describe()}. Mend the reader of that column, or `sample`."
    if not any(isinstance(entry, Row) for entry in entries):
        yield "`sample` has no row. Give a file with some, or mend `read`."


def otherwise_than_expected(examined: Format) -> Iterator[str]:
    """Other numbers of rows than the author worked out, or other kinds of fact than the importer says it tells."""
    found = Counter(fact for fact, _, _ in examined.rows(examined.sample))
    for fact, number in examined.expected.items():
        if found[fact] != number:
            yield f"`sample` brings {found[fact]} rows of {fact.__name__}, but `expected` says {number}. Mend `read`, `sample` or `expected`."
    silent = examined.importer.tells - {fact.fact_kind for fact in found}
    if silent:
        yield (
            f"it says that it tells of {', '.join(sorted(silent))}, but `sample` has no row of that. Add one; if such files never have any, "
            "take it out of `tells`: metrics would take silence for proof."
        )


def broken_by_a_row(examined: Format) -> Iterator[str]:
    """A bad row that is not rejected, or that costs the good ones."""
    entries = examined.entries(examined.bad)
    rejected = [entry for entry in entries if isinstance(entry, Rejected)]
    if not rejected:
        yield "no row of `bad` is rejected. Yield Rejected(BadRow(line, column, value, expected), text) for it; readers of a Sheet raise Unreadable."
    for entry in rejected:
        if entry.error.line < 1 or not entry.error.expected or not entry.text.strip():
            yield f"a row is rejected without saying where, why or what: {entry!r}. Give its line, what was expected, and its text."
    if not any(isinstance(entry, Row | Skipped) for entry in entries):
        yield "with one bad row no other is read any more. Go on after it."


def disturbed(examined: Format) -> Iterator[str]:
    """Marks and line ends that change what is read."""
    plain = examined.rows(examined.sample)
    lines = examined.sample.replace(b"\r\n", b"\n")
    variants = {
        "a byte order mark": _BOM + examined.sample,
        "line ends of Windows": lines.replace(b"\n", b"\r\n"),
        "line ends of Unix": lines,
        "no line end at the end": lines.rstrip(b"\n"),
    }
    for what, content in variants.items():
        if examined.rows(content) != plain:
            yield f"with {what} other rows are read. Read text with io.TextIOWrapper(stream, 'utf-8-sig', newline=''), or declare a Sheet."


def changed_by_repetition(examined: Format) -> Iterator[str]:
    """A second import of the same file that finds something new."""
    alone = Loaded(MetricRegistry(()), Importers([(examined.importer, _ORIGIN)]), Classifier((_ORIGIN, classify_by_stars)), ())
    with new_world() as world:
        account = world.account().account_id
        try:
            first, second = (
                import_stream(
                    world.database,
                    alone,
                    account,
                    io.BytesIO(examined.sample),
                    examined.file,
                    observed_at=CLOCK,
                    marketplace=examined.marketplace,
                    format=examined.importer.name,
                )
                for _ in range(2)
            )
        except SellerHealthError as refused:
            raise Unfit(f"`sample` cannot be imported: {refused}") from refused
    if second.new or second.changed:
        yield (
            f"imported again, the same file brings {second.new} new rows and changes {second.changed}, after {first.new} at first. Make keys "
            "and values of what stands in the file alone, not of a counter, the clock or chance."
        )


def hoarding(examined: Format) -> Iterator[str]:
    """The whole file is read before the first row comes: a large one would fill the memory."""
    stream = io.BytesIO(examined.long)
    entries = iter(examined.importer.read(stream, examined.context))
    next(entries, None)
    read = len(examined.long) if stream.closed else stream.tell()
    if read > len(examined.long) // 2:
        yield (
            f"{read:,} of {len(examined.long):,} bytes are read before the first row comes. Yield rows as the file comes: iterate over it, "
            "instead of read(), readlines() or json.load()."
        )
