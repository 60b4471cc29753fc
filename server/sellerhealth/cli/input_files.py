"""The files that a command reads: those of folders one by one, standard input, and pipes of the shell."""

import datetime as dt
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sellerhealth.errors import BadFile

STANDARD_INPUT = Path("-")
_REJECTED = ".rejected"  # before the suffix of a file of bad rows, so that a folder with one can be imported again


def expand(paths: Iterable[Path]) -> Iterator[Path]:
    """Paths, with the files of a folder and of those inside it in place of the folder, by name. Hidden files and files of bad rows are left out."""
    for path in paths:
        if path != STANDARD_INPUT and path.is_dir():
            inside = sorted(path.iterdir())
            yield from expand(each for each in inside if not each.name.startswith(".") and Path(each.stem).suffix != _REJECTED)
        else:
            yield path


def name_of(path: Path) -> str:
    """The name of a file in messages."""
    return "standard input" if path == STANDARD_INPUT else path.name


@contextmanager
def open_file(path: Path) -> Iterator[BinaryIO]:
    """A file, standard input, or a pipe of the shell such as `<(…)`, as a stream. BadFile for what could keep a command waiting for ever."""
    if path == STANDARD_INPUT:
        if sys.stdin.isatty():
            raise BadFile("Standard input is a terminal, not a file: name the files, or send one with `… | sellerhealth import -`.")
        yield sys.stdin.buffer
        return
    is_pipe_of_shell = path.is_fifo() and not path.resolve().exists()
    if not (path.is_file() or is_pipe_of_shell):
        raise BadFile(f"{path.name} is not a file but a named pipe, a socket or a device: save what comes out of it as a file first.")
    with path.open("rb") as stream:
        yield stream


def rejects(path: Path, report: str) -> Path:
    """The file for the bad rows of a report, next to the imported file. The name of a report in an archive is a path."""
    name = Path(report.replace("/", "."))
    return path.with_name(f"{name.stem}{_REJECTED}{name.suffix}")


def modified_at(stream: BinaryIO) -> dt.datetime:
    """When a file was last modified. Of a pipe: when it was made."""
    return dt.datetime.fromtimestamp(os.fstat(stream.fileno()).st_mtime, dt.UTC)
