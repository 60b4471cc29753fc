"""Requests over HTTP that are not what they seem: broken, endless, slow, or never read. Whoever sends them hurts nobody else."""

import gzip
import json
import random
import socket
import struct
import threading
import time
from contextlib import ExitStack, suppress

import pytest

from tests.attacks.conftest import IS_LONG_RUN, SECONDS
from tests.support.victim import PATIENCE, Victim, receive, request_bytes

MEMORY = 60_000_000
CPU = 0.2
QUERY = json.dumps({"query": "{ viewer { name } }"}).encode()
MULTIPART = b'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n' + QUERY + b"\r\n--x--\r\n"

# Bodies by name: what is sent as `application/json`, and the status of the answer.
BODIES = {
    "no body": (b"", 400),
    "a number": (b"42", 400),
    "a list of 1,000 requests": (json.dumps([json.loads(QUERY)] * 1_000).encode(), 400),
    "100,000 lists in each other": (b"[" * 100_000 + b"]" * 100_000, 413),
    "objects in each other": (b'{"query":"{ viewer { name } }","variables":' + b'{"a":' * 90_000 + b"1" + b"}" * 90_001, 413),
    "100,000 digits": (b'{"query":"{ viewer { name } }","variables":{"a":' + b"9" * 100_000 + b"}}", 400),
    "900,000 digits of a fraction": (b'{"query":"{ viewer { name } }","variables":{"a":0.' + b"9" * 900_000 + b"}}", 400),
    "NaN": (b'{"query":"{ viewer { name } }","variables":{"a":NaN}}', 400),
    "no UTF-8": (b'{"query":"\xff\xfe"}', 400),
    "half a surrogate pair": (b'{"query":"{ viewer { name } }","operationName":"\\ud800"}', 400),
    "UTF-16": (QUERY.decode().encode("utf-16"), 400),
    "gzip": (gzip.compress(QUERY), 400),
    "a bomb of gzip": (gzip.compress(b"0" * 100_000_000, 9), 400),
    "10 MB of tokens": (b'{"query":"{' + b" a" * 5_000_000 + b'}"}', 413),
    "400,000 numbers": (b'{"query":"{ viewer { name } }","variables":{"a":[' + b"1," * 450_000 + b"1]}}", 413),
    "200,000 objects": (b'{"query":"{ viewer { name } }","variables":{"a":[' + b'{"":0},' * 140_000 + b"1]}}", 413),
    "the same member 100,000 times": (b"{" + b'"query":"a",' * 80_000 + b'"query":"{ viewer { name } }"}', 413),
    "100,000 members": (b"{" + b"".join(b'"m%d":1,' % n for n in range(90_000)) + QUERY[1:], 413),
    "a name of 900 kB": (json.dumps({"query": "{ viewer { name } }", "operationName": "a" * 900_000}).encode(), 400),
    "extensions that are no protocol": (b'{"extensions":{"persistedQuery":[1]}}', 400),
    "a hash of 900 kB": (json.dumps({"documentId": "sha256:" + "a" * 900_000}).encode(), 400),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_costs_little(victim: Victim, name: str) -> None:
    body, status = BODIES[name]
    answer, spent = victim.cost_of(lambda: victim.post(body), CPU)
    assert answer.status == status, answer.body[:300]
    assert status == 200 or answer.codes, answer.body[:300]
    assert spent.seconds < CPU
    assert spent.memory < MEMORY


# What a page of another site could make a browser send, and others that are no requests of this API.
FOREIGN = {
    "text": ({"Content_Type": "text/plain"}, 415),
    "a form": ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
    "several parts": ({"Content_Type": "multipart/form-data; boundary=x"}, 415),
    "JSON among others": ({"Content_Type": "text/plain, application/json"}, 415),
    "JSON in UTF-16": ({"Content_Type": "application/json; charset=utf-16"}, 415),
    "an upload": ({"Content_Type": "application/graphql"}, 415),
    "another host": ({"Host": "evil.example"}, 421),
    "an unknown key": ({"Authorization": "Bearer " + "x" * 4_000}, 401),
    "another scheme": ({"Authorization": "Basic eDp5"}, 401),
    "another encoding": ({"Accept": "text/html"}, 406),
    "a thousand media types": ({"Accept": "text/html;q=0.1," * 1_000 + "*/*;q=0"}, 406),
    "a thousand languages": ({"Accept_Language": "de-x-y;q=0.1," * 1_000 + "*"}, 200),
    "a WebSocket": ({"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Key": "x"}, 200),
    "HTTP/2": ({"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2_Settings": "AAMAAABkAAQCAAAAAAIAAAAA"}, 200),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_request_of_another_kind_is_refused(victim: Victim, name: str) -> None:
    headers, status = FOREIGN[name]
    body = MULTIPART if name == "several parts" else QUERY
    answer, spent = victim.cost_of(lambda: victim.post(body, **headers), CPU)
    assert answer.status == status, answer
    assert status == 200 or answer.codes, answer
    assert spent.seconds < CPU


TARGETS = {
    "60 kB by GET": ("GET", "/graphql?query=" + "a" * 60_000, {}, (414, 431)),
    "20 kB by GET": ("GET", "/graphql?query=" + "a" * 20_000, {}, (414,)),
    "by GET from another site": ("GET", "/graphql?query={viewer{name}}", {"Sec_Fetch_Site": "cross-site"}, (403,)),
    "by GET from a sister": ("GET", "/graphql?query={viewer{name}}", {"Sec_Fetch_Site": "same-site"}, (403,)),
    "variables that are no JSON": ("GET", "/graphql?query={viewer{name}}&variables=" + "[" * 15_000, {}, (400,)),
    "10,000 parameters": ("GET", "/graphql?" + "a&" * 7_000, {}, (400,)),
    "another method": ("DELETE", "/graphql", {}, (405,)),
    "a path out of the folder": ("GET", "/graphiql/..%2f..%2f..%2fetc/passwd", {}, (404,)),
    "a path of 20 kB": ("GET", "/" + "%2e" * 7_000, {}, (404,)),
}


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_is_refused(victim: Victim, name: str) -> None:
    method, target, headers, statuses = TARGETS[name]
    request = request_bytes(b"", victim.key, method, target, **headers)
    answer, spent = victim.cost_of(lambda: victim.exchange(request), CPU)
    assert answer.status in statuses, answer
    assert spent.seconds < CPU


HEAD = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BROKEN = {
    "a greeting of TLS": bytes.fromhex("16030100c8010000c40303") + b"\0" * 200,
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "another version": b"GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "no version": b"GET /healthz\r\n\r\n",
    "a method of 1 MB": b"G" * 1_000_000,
    "no colon": HEAD + b"nothing\r\n\r\n",
    "a null in a header": HEAD + b"X: \0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}}",
    "a length and chunks": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n",
    "an unknown encoding of the transfer": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "a length of 10^30": HEAD + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
    "a chunk without a size": HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "a chunk of 2^64": HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    "chunks that are no key's": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 50_000 + b"0\r\n\r\n",
    "an extension of a chunk without an end": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"a" * 3_000_000,
    "40 MB of a header": HEAD + b"X: " + b"a" * 40_000_000,
    "100,000 headers": HEAD + b"".join(b"X%d: 1\r\n" % n for n in range(100_000)) + b"\r\n",
    "5 MB of a target": b"GET /" + b"a" * 5_000_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_http_is_refused_or_hung_up_on(victim: Victim, name: str) -> None:
    answer, spent = victim.cost_of(lambda: victim.exchange(BROKEN[name]), CPU)
    assert answer.status in (0, 400, 401, 408, 411, 413, 414, 431, 501, 505), answer
    assert spent.seconds < CPU
    assert spent.memory < MEMORY


def test_a_million_chunks_of_one_byte_are_read_or_refused(victim: Victim) -> None:
    body = b'{"query":"{ viewer { name } }", "x": "'
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"1\r\na\r\n" * 100_000 + b'2\r\n"}\r\n0\r\n\r\n'
    head = HEAD + f"Authorization: Bearer {victim.key}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    with victim.attacked() as spent:
        answer = victim.exchange(head + chunks)
    assert answer.status in (200, 413), answer
    assert spent.memory < MEMORY
    assert spent.seconds < 1


def test_trailers_without_an_end_take_no_memory(victim: Victim) -> None:
    head = HEAD + f"Authorization: Bearer {victim.key}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    with victim.attacked() as spent:
        answer = victim.exchange(head + b"0\r\n" + b"".join(b"X%d: 1\r\n" % n for n in range(500_000)))
    assert answer.status in (0, 400, 408, 413, 431), answer
    assert spent.memory < MEMORY


@pytest.mark.parametrize("beginning", [b"", b"POST /graphql HTTP/1.1\r\n", HEAD], ids=["nothing", "a line", "headers"])
def test_slow_headers_are_not_waited_for(victim: Victim, beginning: bytes) -> None:
    with victim.attacked() as spent, victim.connect() as connection:
        connection.sendall(beginning)
        answer = trickled(connection, (b"X: " if beginning else b"GET /") + b"a" * 10_000)
    assert answer == 408
    assert spent.seconds < CPU


def test_a_slow_body_is_not_waited_for(victim: Victim) -> None:
    with victim.attacked() as spent, victim.connect() as connection:
        connection.sendall(request_bytes(b"", victim.key, Content_Length="10000"))
        answer = trickled(connection, b" " * 10_000)
    assert answer == 408
    assert spent.seconds < CPU


def trickled(connection: socket.socket, data: bytes) -> int:
    """The status of the answer to data that are sent one byte after the other."""
    sending = threading.Event()

    def send() -> None:
        with suppress(OSError):
            for byte in data:
                connection.sendall(bytes([byte]))
                if sending.wait(0.05):
                    return

    thread = threading.Thread(target=send)
    thread.start()
    try:
        started = time.monotonic()
        answer = receive(connection)
        assert time.monotonic() - started < SECONDS + PATIENCE / 2
        return answer.status
    finally:
        sending.set()
        thread.join()


def test_idle_connections_keep_nobody_out(victim: Victim) -> None:
    with victim.attacked() as spent, ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(victim.connect())
        time.sleep(1)
    assert spent.memory < MEMORY


def test_pipelined_requests_that_nobody_reads_take_no_memory(victim: Victim) -> None:
    schema = request_bytes(
        json.dumps({"query": "{ __schema { types { name description fields { name description } } } }"}).encode(), victim.key
    )
    with victim.attacked() as spent, victim.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setblocking(False)
        with suppress(BlockingIOError, ConnectionError):
            for _ in range(1_000):
                connection.send(schema)
        time.sleep(2)
    assert spent.memory < MEMORY


def test_pipelined_requests_are_answered_one_by_one(victim: Victim) -> None:
    with victim.attacked() as spent, victim.connect() as connection:
        connection.sendall(request_bytes(QUERY, victim.key) * 20)
        assert [receive(connection).status for _ in range(20)] == [200] * 20
    assert spent.memory < MEMORY


def test_a_socket_that_is_half_closed_is_answered_or_closed(victim: Victim) -> None:
    whole = request_bytes(QUERY, victim.key)
    with victim.attacked():
        for request in (whole, whole[:-5], whole[:40], b""):
            with victim.connect() as connection:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                assert receive(connection).status in (0, 200, 400, 408)


def test_clients_that_reset_their_connections_leave_nothing_behind(victim: Victim) -> None:
    document = request_bytes(
        json.dumps({"query": "{ accounts { nodes { metricResults { display windows { display } } } } }"}).encode(), victim.key
    )
    with victim.attacked() as spent:
        for number in range(100):
            with victim.connect() as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.sendall(document[: len(document) - number % 3])
    assert spent.memory < MEMORY


def test_documents_that_are_remembered_take_bounded_memory(victim: Victim) -> None:
    """Any client may have documents remembered by their hash, and parsed documents are kept."""
    with victim.attacked() as spent:
        for number in range(300 if IS_LONG_RUN else 150):
            answer = victim.send("# " + "\U0001f600" * 45_000 + f"{number}\n{{ viewer {{ name }} }}")
            assert answer.status == 200, answer
    assert spent.memory < 2 * MEMORY


def test_unknown_keys_take_bounded_memory(victim: Victim) -> None:
    with victim.attacked() as spent, victim.connect() as connection:
        for number in range(2_000 if IS_LONG_RUN else 200):
            connection.sendall(request_bytes(QUERY, f"{number}{'x' * 1_000}"))
            assert receive(connection).status == 401
    assert spent.memory < MEMORY


def test_random_bytes_are_no_requests(victim: Victim) -> None:
    chance = random.Random(None if IS_LONG_RUN else 1)
    with victim.attacked() as spent:
        for _ in range(300 if IS_LONG_RUN else 30):
            answer = victim.exchange(chance.randbytes(chance.randint(1, 5_000)) + b"\r\n\r\n")
            assert answer.status in (0, 400), answer
    assert spent.memory < MEMORY


def test_requests_with_broken_bytes_are_answered_or_hung_up_on(victim: Victim) -> None:
    chance = random.Random(None if IS_LONG_RUN else 2)
    chunked = HEAD + f"Authorization: Bearer {victim.key}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    whole = (request_bytes(QUERY, victim.key), chunked + b"%x\r\n%s\r\n0\r\n\r\n" % (len(QUERY), QUERY))
    with victim.attacked() as spent:
        for number in range(1_000 if IS_LONG_RUN else 60):
            request = bytearray(whole[number % 2])
            for _ in range(chance.randint(1, 4)):
                place = chance.randrange(len(request))
                request[place : place + chance.randint(0, 3)] = chance.choice((b"", b"\r\n", b"\0", b"{", b'"', b"9", chance.randbytes(2)))
            with victim.connect() as connection:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                answer = receive(connection)
            assert answer.status in (0, 200, 400, 401, 404, 405, 406, 408, 413, 414, 415, 421, 431), (bytes(request), answer)
    assert spent.memory < MEMORY
