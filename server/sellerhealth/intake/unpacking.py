"""Unpacks the report files in a stream of bytes, which may be compressed or an archive. Text in UTF-16 becomes UTF-8.

What is unpacked goes to a temporary file, and is bounded: a small file cannot fill memory or disk.
"""

import codecs
import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from sellerhealth.errors import BadFile

_IN_MEMORY = 2**22  # bytes of an unpacked file that are kept in memory; a longer one goes to a file on disk
_LARGEST = 2 * 2**30  # bytes that one stream may unpack to, all its files together
_SMALL = 64 * 2**20  # bytes; up to here a stream may unpack to any multiple of its size, above it to
_RATIO = 200  # times its size: reports take some tens
_FILES = 1_000  # in an archive
_DEPTH = 2  # archives in archives
_BLOCK = 2**18

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32", 4),  # before UTF-16, whose byte order mark is the start of this one
    (codecs.BOM_UTF32_BE, "utf-32", 4),
    (codecs.BOM_UTF16_LE, "utf-16", 2),
    (codecs.BOM_UTF16_BE, "utf-16", 2),
)
_DAMAGED = (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, NotImplementedError, OSError)


def report_files(stream: BinaryIO, name: str) -> Iterator[tuple[str, BinaryIO]]:
    """The files in a stream that can seek, each with its name and at its start. Each is closed when the next one is taken.

    Raises BadFile if the stream is cut off or damaged, would be too large, or is recognised as something that holds no report.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    yield from _Unpacking(name, max(_SMALL, min(_LARGEST, size * _RATIO))).files(stream, name, 0)


class _Unpacking:
    """Unpacks one stream. `budget`: how many bytes it may still unpack to."""

    def __init__(self, name: str, budget: int) -> None:
        self._name, self._most, self._budget = name, budget, budget

    def files(self, stream: BinaryIO, name: str, depth: int) -> Iterator[tuple[str, BinaryIO]]:
        start = stream.read(64)
        stream.seek(0)
        if not start.startswith((b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06")):
            yield from self._text(stream, name, start)
        elif depth == _DEPTH:
            raise BadFile(f"{self._name} holds archives in archives: unpack it first.")
        elif start.startswith(b"PK"):
            yield from self._zip(stream, name, depth)
        else:
            with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
                plain = cast(BinaryIO, copy)
                with gzip.GzipFile(fileobj=stream, mode="rb") as packed:
                    self._copy(cast(BinaryIO, packed), plain, name)
                yield from self.files(plain, name.removesuffix(".gz"), depth + 1)

    def _zip(self, stream: BinaryIO, name: str, depth: int) -> Iterator[tuple[str, BinaryIO]]:
        try:
            archive = zipfile.ZipFile(stream)
        except _DAMAGED as broken:
            raise _damaged(name) from broken
        with archive:
            members = [member for member in archive.infolist() if not member.is_dir() and not _is_hidden(member.filename)]
            self._refuse(name, archive, members)
            for member in members:
                with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
                    plain, inner = cast(BinaryIO, copy), f"{name}/{member.filename}"
                    try:
                        packed = archive.open(member)
                    except _DAMAGED as broken:
                        raise _damaged(inner) from broken
                    with packed:
                        self._copy(cast(BinaryIO, packed), plain, inner)
                    yield from self.files(plain, inner, depth + 1)

    def _refuse(self, name: str, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
        names = {member.filename for member in archive.infolist()}
        if "[Content_Types].xml" in names or "mimetype" in names:
            raise BadFile(f"{name} is a spreadsheet or another document of an office program: save the sheet with the report as CSV first.")
        if any(member.flag_bits & 1 for member in members):
            raise BadFile(f"{name} is an archive with a password: unpack it first.")
        if not members:
            raise BadFile(f"{name} is an archive without a file in it.")
        if len(members) > _FILES:
            raise BadFile(f"{name} is an archive of {len(members):,} files, but at most {_FILES:,} are read: unpack it first.")

    def _text(self, stream: BinaryIO, name: str, start: bytes) -> Iterator[tuple[str, BinaryIO]]:
        encoding, unit = _wide_encoding(start)
        if not encoding:
            yield name, stream
            return
        if stream.seek(0, 2) % unit:
            raise BadFile(f"{name} is text in {encoding.upper()} and cut off: it ends within a character. Get it again.")
        stream.seek(0)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
            copy.write(codecs.BOM_UTF8)  # says that it is UTF-8, in any marketplace
            decoder = codecs.getincrementaldecoder(encoding)("replace")
            while piece := stream.read(_BLOCK):
                copy.write(decoder.decode(piece).removeprefix("\ufeff").encode())
            copy.seek(0)
            yield name, cast(BinaryIO, copy)

    def _copy(self, packed: BinaryIO, plain: BinaryIO, name: str) -> None:
        """Unpacks a file, as far as the budget allows. The checksum is checked at its end."""
        try:
            while piece := packed.read(_BLOCK):
                self._budget -= len(piece)
                if self._budget < 0:
                    raise BadFile(f"{self._name} unpacks to more than {self._most // 2**20:,} MB, which no report of its size does.")
                plain.write(piece)
        except _DAMAGED as broken:
            raise _damaged(name) from broken
        plain.seek(0)


def _damaged(name: str) -> BadFile:
    return BadFile(f"{name} is compressed, and cut off or damaged: nothing of it was imported. Get it again.")


def _is_hidden(path: str) -> bool:
    """Whether a file of an archive was added to it by the operating system."""
    return any(part.startswith((".", "__MACOSX")) for part in path.split("/"))


def _wide_encoding(start: bytes) -> tuple[str, int]:
    """The encoding of text with several bytes for each character, and how many: by its byte order mark, else by zeros at the start."""
    for mark, encoding, unit in _BOMS:
        if start.startswith(mark):
            return encoding, unit
    even, odd = start[:16:2], start[1:16:2]
    if len(start) >= 8 and all(even) and not any(odd):
        return "utf-16-le", 2
    if len(start) >= 8 and all(odd) and not any(even):
        return "utf-16-be", 2
    return "", 1
