"""Files that belong together: which files are the parts of one report of several, and which part is missing."""

import contextlib
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO, cast

from sellerhealth.errors import BadFile, UnknownFormat
from sellerhealth.intake.recognition import detect, named, sample_of
from sellerhealth.intake.rewindable import rewindable
from sellerhealth.intake.unpacking import report_files
from sellerhealth.plugins.registry import Importers
from sellerhealth.sources import Files, FileSet, Importer

_IN_MEMORY = 2**22  # bytes of an unpacked file that are kept in memory


def has_sets(importers: Importers) -> bool:
    """Whether any format is one of several files."""
    return any(isinstance(each.recognises, FileSet) for each in importers.values())


def set_of(stream: BinaryIO, name: str, importers: Importers, format: str | None = None) -> str | None:  # noqa: A002 - named as on the command line
    """The format of several files of which a stream, or a file in it, is a part. None if there is no such format."""
    for inner, report in report_files(stream, name):
        with contextlib.suppress(UnknownFormat):  # importing it says why
            sample = sample_of(report, inner)
            importer = named(format, sample, importers) if format else detect(sample, importers)
            if isinstance(importer.recognises, FileSet):
                return importer.name
    return None


@contextlib.contextmanager
def together(streams: Mapping[str, BinaryIO], importers: Importers, format: str) -> Iterator[Files]:  # noqa: A002 - named as on the command line
    """Streams, by the names of their files, as the files of a format of several. They are unpacked, and may be one archive.

    Raises BadFile if one is no part of it, two are the same part, or one is missing.
    """
    importer = importers.find(format)
    if not isinstance(files := importer.recognises, FileSet):
        raise BadFile(f"{format} is a format of one file. Import the files one by one.")
    with contextlib.ExitStack() as stack:
        names: defaultdict[str, list[str]] = defaultdict(list)
        parts: dict[str, BinaryIO] = {}
        for name, stream in streams.items():
            content = stack.enter_context(rewindable(stream))
            for inner, report in report_files(content, name):
                part = files.part_of(sample_of(report, inner))
                if part is None:
                    raise BadFile(f"{inner} is none of the files of {format}: {'; '.join(map(files.describe, files.parts))}.")
                names[part].append(inner)
                parts[part] = report if report is content else _copy(stack, report)
        for part, found in names.items():
            if len(found) > 1:
                raise BadFile(
                    f"{' and '.join(found)} are both the file {part!r} of {format}. Import the files of each export by themselves."
                )
        check_complete(importer, names, ", ".join(streams))
        yield Files({part: parts[part] for part in files.parts}, {part: found for part, (found,) in names.items()}, format)


def check_complete(importer: Importer, parts: Iterable[str], name: str) -> None:
    """Raises BadFile if a format has parts besides these. `name`: that of the files."""
    files, there = importer.recognises, set(parts)
    missing = [files.describe(part) for part in files.parts if part not in there] if isinstance(files, FileSet) else []
    if missing:
        raise BadFile(
            f"{name}: {importer.name} ({importer.title}) is imported from several files together, and there is no file "
            f"{', and no file '.join(missing)}. Nothing was imported. Put all of the files into one folder or archive, and import that."
        )


def _copy(stack: contextlib.ExitStack, report: BinaryIO) -> BinaryIO:
    """A copy of an unpacked file, which is there until the next one is taken."""
    copy = cast(BinaryIO, stack.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY)))  # noqa: SIM115 - the stack closes it
    shutil.copyfileobj(report, copy)
    copy.seek(0)
    return copy
