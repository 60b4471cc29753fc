"""Which format a file is of, by its start."""

from collections.abc import Iterator
from pathlib import Path

import structlog

from sellerhealth.errors import UnknownFormat
from sellerhealth.intake.entry_reader import place_of
from sellerhealth.plugins.registry import Importers
from sellerhealth.sources import Importer, Sample, Sheet
from sellerhealth.sources.delimited import read_head
from sellerhealth.sources.sheet import shown

_SAMPLE = 65_536  # bytes
_NAMES = 8  # columns that a message repeats
_ODD = {
    b"\x1f\x8b": "compressed: unpack it first",
    b"PK": "a spreadsheet or an archive: save it as CSV first",
    b"\xff\xfe": "in UTF-16: save it as text in UTF-8 first",
    b"\xfe\xff": "in UTF-16: save it as text in UTF-8 first",
}

log = structlog.get_logger(__name__)


def sample_of(path: Path) -> Sample:
    """The start of a file. JSON has no columns."""
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
    first = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not first or first[:1] in b"{[":
        return Sample(path.name, start, ())
    return Sample(path.name, start, read_head(start.split(b"\n", 1)[0].decode("latin-1")).names)


def detect(source: Path | Sample, importers: Importers) -> Importer:
    """The importer that recognises a file. UnknownFormat when none does, or several do.

    An importer that fails at it does not recognise the file: the log says so, and the error, if there is one.
    """
    sample = source if isinstance(source, Sample) else sample_of(source)
    failures: list[str] = []
    found = list(_recognising(sample, importers, failures))
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownFormat(f"{sample.name} can be read as {' and as '.join(each.name for each in found)}: say which with --format.")
    odd = next((what for start, what in _ODD.items() if sample.start.startswith(start)), None)
    if odd or not sample.start.strip():
        raise UnknownFormat(f"{sample.name} is {odd or 'empty'}.{''.join(failures)}")
    remedy = f"Give one of {', '.join(importers)} with --format, or see with --template what a file of ours looks like."
    raise UnknownFormat(
        f"{sample.name} is of no known format. {_seen(sample)}{_nearest(sample, importers)}{''.join(failures)} {remedy}",
    )


def _recognising(sample: Sample, importers: Importers, failures: list[str]) -> Iterator[Importer]:
    for name, importer in importers.items():
        try:
            recognises = bool(importer.recognises(sample))
        except Exception as error:  # noqa: BLE001 - a stranger's code may raise anything, and must not keep the others from looking
            plugin, what = importers.origin(name), f"{type(error).__name__}{place_of(error)}"
            log.warning("importer_failed", format=name, plugin=str(plugin), error=repr(error), consequence="the other formats are tried")
            failures.append(f" The format {name} of the plugin {plugin} could not look at it, for it raised {what}.")
        else:
            if recognises:
                yield importer


def _seen(sample: Sample) -> str:
    if not sample.columns:
        return "It is JSON without orders."
    names = ", ".join(repr(shown(name)) for name in sample.columns[:_NAMES])
    return f"Its columns are {names}{' and more' if len(sample.columns) > _NAMES else ''}."


def _nearest(sample: Sample, importers: Importers) -> str:
    """The format that has the most columns in common with the file, and what the file lacks of it."""
    sheets = {importer.name: importer.recognises for importer in importers.values() if isinstance(importer.recognises, Sheet)}
    near = {name: sheet.known(sample.columns) - len(sheet.missing(sample.columns)) for name, sheet in sheets.items()}
    name = max(near, key=lambda name: near[name], default=None)
    if name is None or near[name] <= 0:
        return ""
    return f" Nearest is {name}, which also needs {' and '.join(map(repr, sheets[name].missing(sample.columns)))}."
