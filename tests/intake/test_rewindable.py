"""Streams that cannot seek, such as pipes, are copied, so that they can be read more than once."""

import io
import tracemalloc

import pytest

from sellerhealth.intake.rewindable import rewindable, size_of
from tests.support.streams import pipe

MIB = 2**20


def test_a_stream_that_can_seek_is_used_itself_from_its_start() -> None:
    stream = io.BytesIO(b"abc")
    stream.read()
    with rewindable(stream) as content:
        assert content is stream
        assert content.read() == b"abc"
    assert not stream.closed


@pytest.mark.parametrize("times", [0, 1, 5])
def test_a_pipe_is_copied_and_can_be_read_twice(times: int) -> None:
    with pipe(b"x" * MIB, times) as stream, rewindable(stream) as content:
        assert not stream.seekable()
        assert size_of(content) == times * MIB
        assert len(content.read()) == times * MIB
        content.seek(0)
        assert io.TextIOWrapper(content, "latin-1").read() == "x" * MIB * times


def test_the_copy_of_a_long_pipe_is_not_in_memory() -> None:
    with pipe(b"x" * MIB, 32) as stream:
        tracemalloc.start()
        try:
            with rewindable(stream) as content:
                assert size_of(content) == 32 * MIB
                assert tracemalloc.get_traced_memory()[1] < 8 * MIB
        finally:
            tracemalloc.stop()
