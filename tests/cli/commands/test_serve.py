"""`serve` as a process: it prints its address, lets in whom it should, serves queries, and exits cleanly."""

import json
import re
import signal
import socket

import httpx2
import pytest

from tests.support.running import install, run, serving
from tests.support.stores import Kind

WHO = "{ viewer { name } }"


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_server_creates_its_file_prints_its_address_and_exits_cleanly(home, stores, end):
    home.joinpath("sellerhealth.db").unlink(missing_ok=True)
    with serving(home, "serve", "--port", "0") as server:
        assert server.query(WHO) == {"viewer": {"name": "owner"}}
        assert httpx2.get(f"{server.address}/readyz").status_code == 200
        assert server.stop(end) == 0
        assert "Traceback" not in server.output.read_text()
    assert home.joinpath("sellerhealth.db").exists() == (stores.kind is Kind.SQLITE)
    assert not home.joinpath("sellerhealth.db-wal").exists()


def test_without_a_key_in_the_store_a_server_on_loopback_makes_one_for_its_process(home):
    keys = []
    for _ in range(2):
        with serving(home, "serve", "--port", "0") as server:
            link = rf"^{re.escape(server.address)}/graphiql#key=(shk_\w+)$"
            keys.append(re.search(link, server.output.read_text(), re.MULTILINE)[1])
            assert server.query(WHO, keys[-1]) == {"viewer": {"name": "owner"}}
            for wrong in (None, keys[-1][:-1], keys[-1].swapcase(), *keys[:-1]):  # the last is that of the process before
                assert server.send(WHO, wrong).status_code == 401
    assert run(home, "token", "list").stdout.count("\n") == 1  # its header
    stored = b"".join(path.read_bytes() for path in home.glob("sellerhealth.db*"))
    assert not any(key.split("_")[2].encode() in stored for key in keys)


def test_a_key_that_is_created_while_a_server_runs_is_let_in_beside_its_own(home):
    with serving(home, "serve", "--port", "0") as server:
        key = run(home, "token", "create", "--name", "Mine", "--can", "read", "--accounts", "all").stdout.strip()
        assert server.query(WHO, key) == {"viewer": {"name": "Mine"}}
        assert server.query(WHO) == {"viewer": {"name": "owner"}}


def test_without_a_page_the_key_itself_is_printed(home):
    with serving(home, "serve", "--port", "0", SELLERHEALTH_GRAPHIQL="false") as server:
        assert re.search(r"^shk_\w+$", server.output.read_text(), re.MULTILINE)
        assert "/graphiql" not in server.output.read_text()
        assert server.query(WHO) == {"viewer": {"name": "owner"}}


def test_an_open_server_on_loopback_asks_for_no_key_even_if_there_is_one(home):
    run(home, "token", "create", "--name", "Mine", "--can", "read", "--accounts", "all")
    with serving(home, "serve", "--open", "--port", "0") as server:
        assert "shk_" not in server.output.read_text()
        assert server.send(WHO).json()["data"] == {"viewer": {"name": "owner"}}
        foreign = httpx2.post(f"{server.address}/graphql", json={"query": WHO}, headers={"Host": "evil.example"})
        assert foreign.status_code == 421


def test_where_others_can_reach_it_a_server_needs_a_key_and_tells_less(home):
    done = run(home, "serve", "--host", "0.0.0.0", "--port", "0")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("UNPROTECTED: ")
    key = run(home, "token", "create", "--name", "Mine", "--can", "read", "--accounts", "all").stdout.strip()
    with serving(home, "serve", "--host", "0.0.0.0", "--port", "0") as server:
        assert "/graphiql" not in server.output.read_text()
        server.address = server.address.replace("0.0.0.0", "127.0.0.1")
        assert server.send(WHO).status_code == 401
        assert server.query(WHO, key) == {"viewer": {"name": "Mine"}}
        assert server.send("{ __schema { queryType { name } } }", key).json()["errors"]


def test_a_port_in_use_is_reported(home):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for command in ("serve", "demo"):
            done = run(home, command, "--port", str(port))
            assert done.returncode == 1
            assert f"cannot listen on 127.0.0.1, port {port}: Address already in use." in done.stderr
            assert "Traceback" not in done.stderr


def test_a_server_that_is_not_local_refuses_a_broken_plugin(home):
    install(home / "site", "acme_broken", "raise RuntimeError('out of order')", {"acme": "acme_broken:metric"})
    run(home, "token", "create", "--name", "Mine", "--can", "read", "--accounts", "all")
    done = run(home, "serve", "--host", "0.0.0.0", "--port", "0", PYTHONPATH=str(home / "site"))
    assert done.returncode == 1
    assert "PLUGIN_ERROR: " in done.stderr


def test_json_output_contains_only_the_result(home):
    done = run(home, "plugins", "--json", SELLERHEALTH_LOG_LEVEL="debug")
    assert {each["state"] for each in json.loads(done.stdout)} == {"ACTIVE"}
