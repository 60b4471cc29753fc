"""Recognises the format of a file by its start."""

from collections.abc import Iterator
from typing import BinaryIO

import structlog

from sellerhealth.errors import UnknownFormat
from sellerhealth.intake.entry_reader import location_of
from sellerhealth.intake.foreign_content import describe_content
from sellerhealth.plugins.discover import BUILT_IN_DISTRIBUTION
from sellerhealth.plugins.registry import Importers
from sellerhealth.sources import FileSet, Importer, Sample, Sheet
from sellerhealth.sources.column import excerpt
from sellerhealth.sources.delimited import heading, read_head

_SAMPLE = 65_536  # bytes
_NAMES = 8  # columns that a message lists

log = structlog.get_logger(__name__)


def sample_of(stream: BinaryIO, name: str) -> Sample:
    """The first bytes of a stream, which is then at its start again. JSON and XML have no columns."""
    start = stream.read(_SAMPLE)
    stream.seek(0)
    first = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not first or first[:1] in b"{[<":
        return Sample(name, start, ())
    return Sample(name, start, read_head(heading(start)[0]).names)


def detect(sample: Sample, importers: Importers) -> Importer:
    """The importer that recognises a file. UnknownFormat when none does, or several do.

    An importer whose code fails does not recognise the file: the log says so, and so does the error, if there is one.
    """
    failures: list[str] = []
    candidates = list(_candidates(sample, importers, failures))
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        names = " and as ".join(each.name for each in candidates)
        raise UnknownFormat(f"{sample.name} can be read as {names}: say which format it is.", argument="format")
    if what := describe_content(sample.start):
        raise UnknownFormat(f"{sample.name} is {what}.{''.join(failures)}")
    if not sample.columns:
        known = "neither orders, notifications, financial events nor performance metrics"
        lack = f"there are {known} in its first {_SAMPLE // 1024} kB" if len(sample.start) == _SAMPLE else f"it holds {known}"
        raise UnknownFormat(f"{sample.name} is of no known format: it is JSON, but {lack}.{''.join(failures)}")
    unknown = UnknownFormat(
        f"{sample.name} is of no known format. {_describe(sample)}{_nearest(sample, importers)}{''.join(failures)}", argument="format"
    )
    unknown.add_note(f"The formats are {', '.join(importers)}.")  # once, where several files are unknown
    raise unknown


def named(name: str, sample: Sample, importers: Importers) -> Importer:
    """The importer that the user names for a file. UnknownFormat when the file is not a report at all.

    NotFound when there is no such importer. Only built-in formats refuse such a file: the importer of a plugin may read anything.
    """
    importer = importers.find(name)
    is_ours = importers.origin(importer.name).distribution == BUILT_IN_DISTRIBUTION
    if is_ours and not importer.recognises(sample) and (what := describe_content(sample.start)):
        raise UnknownFormat(f"{sample.name} is {what}.")
    return importer


def _candidates(sample: Sample, importers: Importers, failures: list[str]) -> Iterator[Importer]:
    for name, importer in importers.items():
        try:
            recognises = bool(importer.recognises(sample))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything, and must not keep the others from looking
            plugin, what = importers.origin(name), f"{type(error).__name__}{location_of(error)}"
            log.warning("importer_failed", format=name, plugin=str(plugin), error=repr(error), consequence="the other formats are tried")
            failures.append(f" The format {name} of the plugin {plugin} could not look at it, because it raised {what}.")
        else:
            if recognises:
                yield importer


def _describe(sample: Sample) -> str:
    names = ", ".join(repr(excerpt(name)) for name in sample.columns[:_NAMES])
    return f"Its columns are {names}{' and more' if len(sample.columns) > _NAMES else ''}."


def _sheets(importers: Importers) -> Iterator[tuple[str, Sheet]]:
    """The declared columns of files, by the format; of a set of files by the part of it."""
    for importer in importers.values():
        if isinstance(sheet := importer.recognises, Sheet):
            yield importer.name, sheet
        elif isinstance(files := importer.recognises, FileSet):
            yield from ((f"the file {name!r} of {importer.name}", part) for name, part in files.parts.items() if isinstance(part, Sheet))


def _nearest(sample: Sample, importers: Importers) -> str:
    """The format that has the most columns in common with the file, and what the file lacks of it."""
    sheets = dict(_sheets(importers))
    common = {name: sheet.known(sample.columns) - len(sheet.missing(sample.columns)) for name, sheet in sheets.items()}
    name = max(common, key=lambda name: common[name], default=None)
    if name is None or common[name] <= 0:
        return ""
    return f" Nearest is {name}, which also needs {' and '.join(map(repr, sheets[name].missing(sample.columns)))}."
