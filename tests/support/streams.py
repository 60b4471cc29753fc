"""Streams of bytes that cannot seek."""

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import BinaryIO


@contextlib.contextmanager
def pipe(content: bytes, times: int = 1) -> Iterator[BinaryIO]:
    """A pipe into which a thread writes the content."""
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as stream:
            for _ in range(times):
                stream.write(content)

    thread = threading.Thread(target=write)
    thread.start()
    with os.fdopen(reading, "rb") as stream:
        yield stream
        thread.join()
