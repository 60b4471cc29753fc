"""Makes any stream of bytes rewindable, so that it can be sampled, hashed and parsed while it is opened only once."""

import contextlib
import io
import shutil
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast

_IN_MEMORY = 2**20  # bytes of a stream that are copied to memory; a longer one goes to a file on disk


@contextlib.contextmanager
def rewindable(stream: BinaryIO) -> Iterator[BinaryIO]:
    """The stream itself, at its start, if it can seek; otherwise a temporary copy of it, such as of a pipe or a socket."""
    if stream.seekable():
        stream.seek(0)
        yield stream
        return
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
        shutil.copyfileobj(stream, copy)
        copy.seek(0)
        yield cast(BinaryIO, copy)


def size_of(stream: BinaryIO) -> int:
    """The number of bytes of a stream, which is then at its start again."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    return size
