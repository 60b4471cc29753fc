"""Checks that an importer recognises its files alone, and reads them row by row, with any line ends and mistakes."""

import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from sellerhealth.access import OWNER
from sellerhealth.errors import SellerHealthError
from sellerhealth.importers import register_importers
from sellerhealth.intake import ImportSummary, detect, import_accounts, import_stream, sample_of
from sellerhealth.intake.checking import mistake_in
from sellerhealth.intake.import_stream import ImportOptions
from sellerhealth.model.tables import Fact
from sellerhealth.plugins.classifier import Classifier
from sellerhealth.plugins.load import Loaded
from sellerhealth.plugins.plugin import Origin
from sellerhealth.plugins.registry import Importers, MetricRegistry
from sellerhealth.sources import FileSet, Importer, Rejected, Reported, Row, Skipped
from sellerhealth.testing.clock import CLOCK
from sellerhealth.testing.importer_subject import ImporterSubject
from sellerhealth.testing.installation import quarantine_reasons
from sellerhealth.testing.reporting import CannotCheck, describe_error
from sellerhealth.testing.world import classify_by_stars, new_world

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ORIGIN = Origin("conformance", "your-distribution", "0")
_FOREIGN_FILES = {
    "an empty file": b"",
    "binary data": b"\x00\xff\x00",
    "JSON of another format": b'{"hello": ["world"]}',
    "a line of prose": b"Hello.\n",
}


def check_loads(subject: ImporterSubject) -> Iterator[str]:
    """No plugin is quarantined."""
    with subject.loaded() as loaded:
        yield from quarantine_reasons(loaded)


def check_recognised(subject: ImporterSubject) -> Iterator[str]:
    """The sample is recognised by this importer, and by no built-in one."""
    importers = Importers((each, _ORIGIN) for each in (*_built_in_others(subject), subject.importer))
    files = subject.importer.recognises
    for name, content in subject.each(subject.sample).items():
        sample = sample_of(io.BytesIO(content), name)
        try:
            importer = detect(sample, importers)
        except SellerHealthError as error:
            yield f"`sample` is not recognised as this format alone: {error} Fix `recognises`."
        else:
            if importer is not subject.importer:
                yield f"`sample` is recognised as {importer.name}. Fix `recognises`."
            elif isinstance(files, FileSet) and f"{files.part_of(sample)}.csv" != name:
                yield f"{name} of `sample` is recognised as the part {files.part_of(sample)!r}. Let each part require columns that only it has."
    if isinstance(files, FileSet) and (missing := set(files.parts) - {*subject.sample}):
        yield f"`sample` has no {' and no '.join(sorted(missing))}. Give the content of every part."


def _built_in_others(subject: ImporterSubject) -> Iterator[Importer]:
    """The built-in importers, except the one under test."""
    yield from (each for each in register_importers() if each.name != subject.importer.name)


def check_other_files(subject: ImporterSubject) -> Iterator[str]:
    """It recognises no foreign file, and does not fail on one."""
    templates = {f"a file of {each.name}": each.template.encode() for each in _built_in_others(subject) if each.template}
    for name, content in (_FOREIGN_FILES | templates).items():
        try:
            recognised = subject.importer.recognises(sample_of(io.BytesIO(content), "other.csv"))
        except Exception as error:  # noqa: BLE001 - anything it raises is reported to the author
            yield f"`recognises` fails on {name}: {describe_error(error)}. Let it return False for what it cannot read."
        else:
            if recognised:
                yield f"it recognises {name} as its own. Let `recognises` require columns that only its own files have."


def check_rows(subject: ImporterSubject) -> Iterator[str]:
    """The sample has rows, none is rejected, and all of them fit their facts."""
    entries = subject.entries(subject.sample)
    if (mistake := mistake_in(entries)) is not None:
        line, problem = mistake
        yield f"{'' if line is None else f'in line {line} '}it {problem}."
    for entry in entries:
        if isinstance(entry, Rejected):
            yield f"it rejects a row of `sample`: {entry.error.describe()}. Fix the reader of that column, or `sample`."
    if not any(isinstance(entry, Row | Reported) for entry in entries):
        yield "`sample` has no row. Give a file with some, or fix `read`."


def check_expected_rows(subject: ImporterSubject) -> Iterator[str]:
    """The sample has as many rows of each fact as expected, and rows of every kind of fact in `covers`."""
    rows = Counter(fact for fact, _, _ in subject.rows(subject.sample))
    for fact, number in subject.expected.items():
        if rows[fact] != number:
            yield f"`sample` has {rows[fact]} rows of {fact.__name__}, but `expected` says {number}. Fix `read`, `sample` or `expected`."
    if missing := subject.importer.covers - {fact.fact_kind for fact in rows if issubclass(fact, Fact)}:
        yield (
            f"`covers` names {', '.join(sorted(missing))}, but `sample` has no such row. Add one. If such files never have any, remove it "
            "from `covers`: metrics would otherwise conclude that nothing of that kind happened."
        )


def check_bad_row(subject: ImporterSubject) -> Iterator[str]:
    """A bad row is rejected with its line, reason and text, and the other rows are read."""
    entries = subject.entries(subject.bad)
    rejected = [entry for entry in entries if isinstance(entry, Rejected)]
    if not rejected:
        yield "no row of `bad` is rejected. Yield Rejected(BadRow(line, column, value, expected), text) for it; readers of a Sheet raise Unreadable."
    for entry in rejected:
        if entry.error.line < 1 or not entry.error.expected or not entry.text.strip():
            yield f"a row is rejected without its line, reason or text: {entry!r}. Give its line, what was expected, and its text."
    if not any(isinstance(entry, Row | Reported | Skipped) for entry in entries):
        yield (
            "no good row of `bad` is read. If it has none, put some before and after the bad one; else continue with the next row after a bad one."
        )


def check_line_ends(subject: ImporterSubject) -> Iterator[str]:
    """A byte order mark and other line ends change nothing."""
    expected = subject.rows(subject.sample)
    variants: Mapping[str, Callable[[bytes], bytes]] = {
        "a byte order mark": lambda content: _BYTE_ORDER_MARK + content,
        "line ends of Windows": lambda content: content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
        "line ends of Unix": lambda content: content.replace(b"\r\n", b"\n"),
        "no line end at the end": lambda content: content.replace(b"\r\n", b"\n").rstrip(b"\n"),
    }
    for name, change in variants.items():
        if subject.rows(subject.changed(subject.sample, change)) != expected:
            yield f"with {name} it reads other rows. Read text with io.TextIOWrapper(stream, 'utf-8-sig', newline=''), or declare a Sheet."


def check_repeated_import(subject: ImporterSubject) -> Iterator[str]:
    """A second import of the same file changes nothing."""
    loaded = Loaded(MetricRegistry(()), Importers([(subject.importer, _ORIGIN)]), Classifier((_ORIGIN, classify_by_stars)), ())
    names_accounts = any(getattr(entry, "account", None) for entry in subject.entries(subject.sample))
    with new_world() as world:
        account_id = world.account().account_id
        options: ImportOptions = {"marketplace": subject.marketplace, "format": subject.importer.name, "observed_at": CLOCK}

        def summaries() -> Iterator[ImportSummary]:
            content = subject.opened(subject.sample)
            if not names_accounts:
                yield import_stream(world.database, loaded, OWNER, account_id, content, subject.file, **options)
                return
            for result in import_accounts(world.database, loaded, OWNER, content, subject.file, create=True, **options):
                if result.summary is None:
                    raise CannotCheck(f"`sample` cannot be imported: {result.error}")
                yield result.summary

        try:
            first, second = [*summaries()], [*summaries()]
        except SellerHealthError as error:
            raise CannotCheck(f"`sample` cannot be imported: {error}") from error
    new, changed = sum(each.new for each in second), sum(each.changed for each in second)
    if new or changed:
        yield (
            f"imported again, the same file adds {new} rows and changes {changed}, after {sum(each.new for each in first)} new ones at first. "
            "Make keys and values from the content of the file alone, not from a counter, the clock or a random number."
        )


def check_streaming(subject: ImporterSubject) -> Iterator[str]:
    """Rows come before the whole file is read: a large file would otherwise fill the memory."""
    files = subject.importer.recognises
    for name, content in subject.each(subject.long).items():
        stream = io.BytesIO(content)
        read_file = files.parts[name.removesuffix(".csv")].read if isinstance(files, FileSet) else subject.importer.read
        next(iter(read_file(stream, subject.context)), None)
        read = len(content) if stream.closed else stream.tell()
        if read > len(content) // 2:
            yield (
                f"{read:,} of {len(content):,} bytes are read before the first row comes. Yield rows while reading: iterate over the "
                "file, instead of read(), readlines() or json.load()."
            )
