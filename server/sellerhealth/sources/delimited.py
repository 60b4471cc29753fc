"""Delimited text as a stream: its delimiter, the names of its columns, and a reader of its records.

The text is read byte for byte (as Latin-1, which never fails and keeps tabs, commas and quotes as they are), and only the
cells that are used are decoded. So a stray byte in an unused column does no harm.
"""

import csv
import re
from typing import BinaryIO, NamedTuple

from sellerhealth.errors import BadFile
from sellerhealth.sources.encoding import decode_names
from sellerhealth.sources.line_blocks import LONGEST_HEAD, LineBlocks
from sellerhealth.sources.records import RecordReader

DELIMITERS = "\t,;"
BOM = "\xef\xbb\xbf"
REASON = "reason"  # the name of the first column in a file of rejected rows


class Head(NamedTuple):
    """The first line of delimited text."""

    delimiter: str
    names: tuple[str, ...]
    has_bom: bool


def folded(name: str) -> str:
    """A name for comparison, without case, spaces, hyphens and underscores."""
    return re.sub(r"[\s_-]+", "", name).lower()


def first_line(start: bytes) -> str:
    """The first line of a file, byte for byte, with any line end."""
    return re.split(rb"[\r\n]", start, maxsplit=1)[0].decode("latin-1")


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
    """The first line of a stream of delimited text, and a reader of the records after it. BadFile when it has no such line.

    `joins=False`: in tab-delimited text a quote joins no lines.
    """
    blocks = LineBlocks(stream)
    if not blocks.first.strip():
        raise BadFile("The file is empty: it has no line with the names of its columns.")
    if blocks.first.startswith(("\xff\xfe", "\xfe\xff")):
        raise BadFile("The file is in UTF-16. Save it as text in UTF-8.")
    if len(blocks.first) > LONGEST_HEAD:
        raise BadFile("The file is not delimited text: its first line does not end.")
    head = read_head(blocks.first)
    return head, RecordReader(blocks, head.delimiter, len(head.names), joins=joins)
