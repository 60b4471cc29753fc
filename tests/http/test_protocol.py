"""What the server does not accept: what is no HTTP, and without end headers, the time they take, and connections of one address. Over real sockets."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sellerhealth.http.incoming import ARRIVED
from sellerhealth.http.protocol import limited_protocol
from sellerhealth.settings import RequestLimits

LIMITS = RequestLimits(header_bytes=2_000, headers=20, seconds=0.3, connections_per_address=3)
GET = b"GET / HTTP/1.1\r\nhost: localhost\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


async def echo(request: Request) -> Response:
    """Answers with the length of the body."""
    return PlainTextResponse(f"{request.method} {len(await request.body())}")


async def slow(request: Request) -> Response:
    """Answers after a while."""
    await asyncio.sleep(0.5)
    return PlainTextResponse("slow")


async def arrived(request: Request) -> Response:
    """Says whether the body was there when the application was called."""
    return PlainTextResponse(str(request.scope.get(ARRIVED)))


@contextlib.asynccontextmanager
async def serving(limits: RequestLimits = LIMITS, **options: Any) -> AsyncIterator[Connect]:
    """A server on a free port of loopback, and how to connect to it."""
    app = Starlette(routes=[Route("/", echo, methods=["GET", "POST"]), Route("/slow", slow), Route("/arrived", arrived, methods=["POST"])])
    config = uvicorn.Config(app, http=limited_protocol(limits), port=0, log_level="error", access_log=False, **options)
    server = uvicorn.Server(config)
    task = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    writers = []

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        return reader, writer

    try:
        yield connect
    finally:
        for writer in writers:
            writer.close()
        server.should_exit = True
        await task


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The status and the body of the next response."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return int(head.split()[1]), await reader.readexactly(int(length.partition(b":")[2]))


def refusal(body: bytes) -> Any:
    """The code of a refusal."""
    (error,) = json.loads(body)["errors"]
    assert error["message"].endswith(".")
    return error["extensions"]["code"]


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(GET + b"x: " + b"a" * 3_000 + b"\r\n\r\n", id="one-large-header"),
        pytest.param(GET + b"x: " + b"a" * 3_000, id="a-header-without-end"),
        pytest.param(GET + b"".join(b"x%d: 1\r\n" % number for number in range(30)) + b"\r\n", id="many-headers"),
        pytest.param(b"GET /" + b"a" * 3_000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n", id="a-long-target"),
        pytest.param(b"\r\n" * 5_000, id="empty-lines"),
        pytest.param(b"POST / HTTP/1.1\r\nhost: localhost\r\nx: " + b"a" * 3_000 + b"\r\ncontent-length: 4\r\n\r\nbody", id="with-a-body"),
    ],
)
def test_large_headers_are_refused(request_bytes: bytes) -> None:
    async def run() -> None:
        async with serving() as connect:
            reader, writer = await connect()
            writer.write(request_bytes)
            status, body = await answer(reader)
            assert status == 431
            assert refusal(body) == "BAD_USER_INPUT"
            assert await reader.read() == b""  # the connection is closed

    asyncio.run(run())


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03", id="tls"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="http-2"),
        pytest.param(b"hello\r\n\r\n", id="no-request"),
        pytest.param(GET + b"no colon\r\n\r\n", id="no-header"),
        pytest.param(b"GET http:// HTTP/1.1\r\nhost: localhost\r\n\r\n", id="no-target"),
        pytest.param(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n", id="no-length"),
        pytest.param(CHUNKED + b"no size\r\n", id="no-size-of-a-chunk"),
    ],
)
def test_what_is_no_http_is_refused_like_anything_else(request_bytes: bytes) -> None:
    async def run() -> None:
        async with serving() as connect:
            reader, writer = await connect()
            writer.write(request_bytes)
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).lower().split(b"\r\n")
            assert head[0] == b"http/1.1 400 bad request"
            assert {
                b"content-type: application/graphql-response+json; charset=utf-8",
                b"cache-control: no-store",
                b"x-content-type-options: nosniff",
                b"connection: close",
            } < {*head}
            assert refusal(await reader.read()) == "BAD_USER_INPUT"  # all that is left: the connection is closed

    asyncio.run(run())


def test_headers_that_never_end_take_no_more_memory_than_the_limit() -> None:
    async def run() -> int:
        async with serving() as connect:
            reader, writer = await connect()
            writer.write(GET)
            sent = 0
            with contextlib.suppress(ConnectionError):
                while not reader.at_eof() and sent < 50_000_000:
                    writer.write(b"x: " + b"a" * 65_536 + b"\r\n")
                    await writer.drain()
                    sent += 65_536
            return sent

    assert asyncio.run(run()) < 50_000_000


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([b"1\r\na\r\n0\r\nx: ", *[b"a" * 500] * 5], id="a-large-trailer"),
        pytest.param([b"0\r\n", *[b"x: 1\r\n" * 80] * 5], id="many-trailers"),
        pytest.param([b"1;", *[b"a" * 500] * 5], id="an-extension-of-a-chunk"),
        pytest.param([b"0" * 500] * 5, id="a-size-of-a-chunk"),
    ],
)
def test_what_is_around_a_body_is_limited_like_headers(parts: list[bytes]) -> None:
    async def run() -> None:
        async with serving() as connect:
            reader, writer = await connect()
            for part in (CHUNKED, *parts):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.01)
            status, body = await answer(reader)
            assert (status, refusal(body)) == (431, "BAD_USER_INPUT")

    asyncio.run(run())


def test_headers_behind_a_request_that_is_still_answered_are_limited_too() -> None:
    async def run() -> None:
        async with serving() as connect:
            reader, writer = await connect()
            writer.write(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5000\r\n\r\n" + b"x" * 5_000 + GET)
            await asyncio.sleep(0.05)  # the data in which the headers begin is not counted
            for _ in range(2):  # no more: what is sent to a closed connection may cost the client the answer
                writer.write(b"x: " + b"a" * 1_000)
                await writer.drain()
                await asyncio.sleep(0.05)
            statuses = [(await answer(reader))[0]]
            statuses += [] if statuses == [431] else [(await answer(reader))[0]]
            assert statuses[-1] == 431

    asyncio.run(run())


def test_headers_that_do_not_arrive_in_time_are_not_waited_for() -> None:
    async def run() -> None:
        async with serving() as connect:
            for beginning in (b"", GET, b"G"):
                reader, writer = await connect()
                writer.write(beginning)
                status, body = await answer(reader)
                assert status == 408
                assert refusal(body) == "BAD_USER_INPUT"

    asyncio.run(run())


def test_a_large_body_is_no_large_header() -> None:
    async def run() -> None:
        async with serving() as connect:
            reader, writer = await connect()
            for _ in range(2):  # on one connection
                writer.write(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000\r\n\r\n" + b"x" * 100_000)
                assert await answer(reader) == (200, b"POST 100000")

    asyncio.run(run())


@pytest.mark.parametrize("head", [b"content-length: 100", b"transfer-encoding: chunked"])
def test_the_rest_of_a_body_that_was_answered_is_not_waited_for_without_end(head: bytes) -> None:
    async def main() -> None:
        async with serving() as connect:
            reader, writer = await connect()
            writer.write(b"POST /arrived HTTP/1.1\r\nhost: localhost\r\n" + head + b"\r\n\r\n1\r\n")
            assert await answer(reader) == (200, b"None")
            writer.write(b"x")  # which ends the time that a connection is kept without a request
            assert await asyncio.wait_for(reader.read(), 10) == b""

    asyncio.run(main())


def test_after_the_rest_of_a_body_that_was_answered_a_connection_serves_further_requests() -> None:
    async def main() -> None:
        async with serving() as connect:
            reader, writer = await connect()
            writer.write(b"POST /arrived HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n1")
            assert await answer(reader) == (200, b"None")
            writer.write(b"2")
            await asyncio.sleep(2 * LIMITS.seconds)
            writer.write(GET + b"\r\n")
            assert await answer(reader) == (200, b"GET 0")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("request_bytes", "rest"),
    [
        pytest.param(GET + b"\r\n", b"\r\n", id="an-empty-line"),
        pytest.param(b"POST /arrived HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n1", b"2", id="the-rest-of-a-body"),
    ],
)
def test_a_connection_that_is_kept_open_is_closed_in_time_although_something_came_that_is_no_request(
    request_bytes: bytes, rest: bytes
) -> None:
    async def main() -> None:
        async with serving(timeout_keep_alive=1) as connect:
            reader, writer = await connect()
            writer.write(request_bytes)
            assert (await answer(reader))[0] == 200
            writer.write(rest)
            assert await asyncio.wait_for(reader.read(), 10) == b""

    asyncio.run(main())


def test_the_application_knows_which_body_is_there_as_a_whole() -> None:
    head = b"POST /arrived HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\n\r\n"

    async def run() -> None:
        async with serving() as connect:
            for first, rest, expected in ((head + b"abc", b"", b"True"), (head + b"ab", b"c", b"None"), (head, b"abc", b"None")):
                reader, writer = await connect()
                writer.write(first)
                assert await answer(reader) == (200, expected)
                writer.write(rest + head + b"abc")  # the next request on the same connection has its own
                assert await answer(reader) == (200, b"True")
                writer.close()

    asyncio.run(run())


def test_a_connection_that_is_kept_open_may_send_further_requests_and_each_has_its_time() -> None:
    async def run() -> None:
        async with serving(LIMITS.model_copy(update={"seconds": 1.0})) as connect:
            reader, writer = await connect()
            for _ in range(4):
                writer.write(GET + b"\r\n")
                assert await answer(reader) == (200, b"GET 0")
                await asyncio.sleep(0.3)  # together longer than the time for one
            writer.write(GET)
            assert (await answer(reader))[0] == 408

    asyncio.run(run())


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket", b"nothing"])
def test_an_upgrade_that_is_not_offered_is_ignored(protocol: bytes) -> None:
    head = b"POST / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: %s\r\ncontent-length: %d\r\n\r\n"

    async def run() -> None:
        async with serving() as connect:
            reader, writer = await connect()
            writer.write(b"".join(head % (protocol, length) + b"x" * length for length in range(4)) + GET + b"\r\n")
            assert [await answer(reader) for _ in range(5)] == [*((200, b"POST %d" % n) for n in range(4)), (200, b"GET 0")]
            for part in (head[:60], head[60:] % (protocol, 5000), b"x" * 4_000, b"x" * 1_000):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.01)
            assert await answer(reader) == (200, b"POST 5000")

    asyncio.run(run())


def test_headers_of_an_upgrade_are_limited_too() -> None:
    async def run() -> None:
        async with serving() as connect:
            reader, writer = await connect()
            writer.write(GET + b"connection: upgrade\r\nupgrade: h2c\r\nx: " + b"a" * 3_000 + b"\r\n\r\n")
            assert (await answer(reader))[0] == 431
            reader, writer = await connect()
            writer.write(b"CONNECT localhost:80 HTTP/1.1\r\nhost: localhost\r\n\r\n")
            assert await reader.read(12) in (b"HTTP/1.1 400", b"HTTP/1.1 405", b"HTTP/1.1 404")

    asyncio.run(run())


def test_pipelined_requests_are_answered_in_their_order() -> None:
    async def run() -> None:
        async with serving() as connect:
            reader, writer = await connect()
            writer.write(b"".join(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % n + b"x" * n for n in range(1, 9)))
            assert [await answer(reader) for _ in range(8)] == [(200, b"POST %d" % n) for n in range(1, 9)]

    asyncio.run(run())


def test_too_many_connections_of_one_address_are_refused_until_one_is_closed() -> None:
    async def run() -> None:
        async with serving(LIMITS.model_copy(update={"seconds": 30.0})) as connect:
            open_ones = [await connect() for _ in range(3)]
            for reader, writer in open_ones:
                writer.write(GET + b"\r\n")
                assert (await answer(reader))[0] == 200
            reader, _ = await connect()
            status, body = await answer(reader)
            assert (status, refusal(body)) == (429, "THROTTLED")
            open_ones[0][1].close()
            for _ in range(100):
                await asyncio.sleep(0.02)
                reader, writer = await connect()
                writer.write(GET + b"\r\n")
                if (await answer(reader))[0] == 200:
                    break
            else:
                pytest.fail("a closed connection still counts")

    asyncio.run(run())


def test_any_number_of_connections_may_be_allowed() -> None:
    async def run() -> None:
        async with serving(RequestLimits(connections_per_address=0)) as connect:
            connections = [await connect() for _ in range(300)]
            for reader, writer in connections[-2:]:
                writer.write(GET + b"\r\n")
                assert (await answer(reader))[0] == 200

    asyncio.run(run())


def test_headers_that_the_server_does_not_read_yet_are_not_late() -> None:
    async def run() -> None:
        async with serving() as connect:  # the headers of a request have 0.3 seconds
            reader, writer = await connect()
            slow = b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n"
            writer.write(slow * 3 + slow[:20])  # each is answered after 0.5 seconds; until then the server reads nothing more
            await asyncio.sleep(0.05)
            writer.write(slow[20:])
            assert [await answer(reader) for _ in range(4)] == [(200, b"slow")] * 4

    asyncio.run(run())
