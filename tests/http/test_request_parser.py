"""A large request is read on a thread, so that the event loop is free meanwhile; a small one at once."""

import asyncio
import json
import threading

import pytest

from sellerhealth.http import request_parser as module
from sellerhealth.http.request import GraphQLRequest, Refused, parse
from sellerhealth.http.request_parser import LARGE, RequestParser
from sellerhealth.settings import Settings

SETTINGS = Settings()


def body(length: int) -> bytes:
    """A request of so many bytes."""
    start = json.dumps({"query": "{ viewer { name } }", "operationName": ""})
    return start.replace('""', f'"{"x" * (length - len(start))}"').encode()


@pytest.mark.parametrize(("length", "thread"), [(LARGE, "MainThread"), (LARGE + 1, "parser_0")])
def test_a_large_one_is_read_on_a_thread(monkeypatch: pytest.MonkeyPatch, length: int, thread: str) -> None:
    used = list[str]()

    def noted(method: str, received: bytes, settings: Settings) -> GraphQLRequest:
        used.append(threading.current_thread().name)
        return parse(method, received, settings)

    monkeypatch.setattr(module, "parse", noted)
    content = body(length)
    assert len(content) == length
    assert asyncio.run(RequestParser(SETTINGS).parse("POST", content)) == parse("POST", content, SETTINGS)
    assert used == [thread]


@pytest.mark.parametrize("content", [b"[", b"[" * 20_000, b'{"query": "' + b"x" * 60_000 + b'"}', b"\xff" * 20_000])
def test_it_refuses_the_same_there(content: bytes) -> None:
    with pytest.raises(Refused) as expected:
        parse("POST", content, SETTINGS)
    with pytest.raises(Refused) as refused:
        asyncio.run(RequestParser(SETTINGS).parse("POST", content))
    assert (refused.value.status, refused.value.message) == (expected.value.status, expected.value.message)


def test_the_loop_goes_on_while_one_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    may_read = threading.Event()

    def waits(method: str, received: bytes, settings: Settings) -> GraphQLRequest:
        assert may_read.wait(10)
        return parse(method, received, settings)

    async def read_small_meanwhile() -> list[str | None]:
        parser = RequestParser(SETTINGS)
        large = asyncio.ensure_future(parser.parse("POST", body(LARGE + 1)))
        await asyncio.sleep(0)
        small = await parser.parse("GET", b"query={__typename}")
        may_read.set()
        return [small.query, (await large).query]

    real = module.parse
    monkeypatch.setattr(module, "parse", lambda *arguments: (waits if len(arguments[1]) > LARGE else real)(*arguments))
    assert asyncio.run(read_small_meanwhile()) == ["{__typename}", "{ viewer { name } }"]
