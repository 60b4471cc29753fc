"""Delimited text as a stream: its delimiter, the names of its columns, and a reader of its records.

The text is read byte for byte (as Latin-1, which never fails and keeps tabs, commas and quotes as they are), and only the
cells that are used are decoded. So a stray byte in an unused column does no harm.
"""

import csv
import io
import re
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from sellerhealth.errors import BadFile
from sellerhealth.sources.encoding import decode_names
from sellerhealth.sources.line_blocks import LONGEST_HEAD, LineBlocks
from sellerhealth.sources.records import RecordReader

DELIMITERS = "\t,;"
BOM = "\xef\xbb\xbf"
REASON = "reason"  # the name of the first column in a file of rejected rows
_TEMPLATE = re.compile(rf'({BOM})?"?TemplateType=')  # how the line begins that Amazon's templates have above the names
_AMAZONS_NAME = re.compile(r"[a-z][a-z0-9_-]*")


class Head(NamedTuple):
    """The first line of delimited text."""

    delimiter: str
    names: tuple[str, ...]
    has_bom: bool


@lru_cache(maxsize=1024)  # the columns of all formats, with which each file is compared
def folded(name: str) -> str:
    """A name for comparison, without case, spaces, hyphens and underscores."""
    return re.sub(r"[\s_-]+", "", name).lower()


def heading(start: bytes) -> tuple[str, int]:
    """The line with the names of the columns at the start of a file, byte for byte, and how many lines are above it."""
    blocks = LineBlocks(io.BytesIO(start))
    _skip_to_names(blocks)
    return blocks.first, blocks.above


def _skip_to_names(blocks: LineBlocks) -> None:
    """Makes the line with the names of the columns the first one.

    It is the first, except in a file made from one of Amazon's templates: that begins with a line for Amazon, and may have the names in
    the language of the seller above those that Amazon reads.
    """
    if _TEMPLATE.match(blocks.first):
        blocks.skip_first()
        if not _has_amazons_names(blocks.first) and _has_amazons_names(blocks.second()):
            blocks.skip_first()


def _has_amazons_names(line: str) -> bool:
    names = [name for name in read_head(line).names if name]
    return len(names) > 1 and all(map(_AMAZONS_NAME.fullmatch, names))


def read_head(line: str) -> Head:
    """Parses the first line, read as Latin-1. The delimiter is the one that occurs most often in it."""
    text = decode_names(line.removeprefix(BOM).rstrip("\r\n"))
    delimiter = max(DELIMITERS, key=text.count)
    try:
        names = next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:  # not text, or a name longer than any
        names = text.split(delimiter)
    return Head(delimiter, tuple(name.strip() for name in names), line.startswith(BOM))


def open_text(stream: BinaryIO, *, joins: bool) -> tuple[Head, RecordReader]:
    """The names of the columns of a stream of delimited text, and a reader of the records below them. BadFile when it has none.

    `joins=False`: in tab-delimited text a quote joins no lines.
    """
    blocks = LineBlocks(stream)
    if blocks.first.startswith(("\xff\xfe", "\xfe\xff")):
        raise BadFile("The file is in UTF-16. Save it as text in UTF-8.")
    has_bom = blocks.first.startswith(BOM)
    _skip_to_names(blocks)
    if not blocks.first.strip():
        raise BadFile("The file is empty: it has no line with the names of its columns.")
    if len(blocks.first) > LONGEST_HEAD:
        raise BadFile("The file is not delimited text: its first line does not end.")
    head = read_head(blocks.first)._replace(has_bom=has_bom)
    return head, RecordReader(blocks, head.delimiter, len(head.names), joins=joins)
