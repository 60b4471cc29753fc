"""`serve` as a process: it prints its address, serves queries, and exits cleanly."""

import json
import signal
import socket

import httpx2
import pytest

from tests.support.running import run, serving


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_server_creates_its_database_prints_its_address_and_exits_cleanly(tmp_path, end):
    with serving(tmp_path, "serve", "--port", "0") as server:
        assert server.query("{ viewer { name } }") == {"viewer": {"name": "owner"}}
        assert httpx2.get(f"{server.address}/readyz").status_code == 200
        assert server.stop(end) == 0
        assert "Traceback" not in server.output.read_text()
    assert tmp_path.joinpath("sellerhealth.db").exists()
    assert not tmp_path.joinpath("sellerhealth.db-wal").exists()


def test_a_port_in_use_is_reported(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for command in ("serve", "demo"):
            done = run(tmp_path, command, "--port", str(port))
            assert done.returncode == 1
            assert f"cannot listen on 127.0.0.1, port {port}: Address already in use." in done.stderr
            assert "Traceback" not in done.stderr


def test_a_server_that_is_not_local_refuses_a_broken_plugin(tmp_path):
    from tests.support.running import install

    install(tmp_path / "site", "acme_broken", "raise RuntimeError('out of order')", {"acme": "acme_broken:metric"})
    done = run(tmp_path, "serve", "--host", "0.0.0.0", "--port", "0", PYTHONPATH=str(tmp_path / "site"))
    assert done.returncode == 1
    assert "PLUGIN_ERROR: " in done.stderr


def test_json_output_contains_only_the_result(tmp_path):
    done = run(tmp_path, "plugins", "--json", SELLERHEALTH_LOG_LEVEL="debug")
    assert {each["state"] for each in json.loads(done.stdout)} == {"ACTIVE"}
