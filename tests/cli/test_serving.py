"""Serving as a process: it says where, answers, and ends cleanly."""

import json
import signal
import socket

import httpx2
import pytest

from tests.support.running import run, serving


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_server_makes_its_file_says_where_it_is_and_ends_cleanly(tmp_path, end):
    with serving(tmp_path, "serve", "--port", "0") as server:
        assert server.ask("{ viewer { name } }") == {"viewer": {"name": "owner"}}
        assert httpx2.get(f"{server.address}/readyz").status_code == 200
        assert server.stop(end) == 0
        assert "Traceback" not in server.output.read_text()
    assert tmp_path.joinpath("sellerhealth.db").exists()
    assert not tmp_path.joinpath("sellerhealth.db-wal").exists()


def test_a_port_that_is_taken_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for command in ("serve", "demo"):
            done = run(tmp_path, command, "--port", str(port))
            assert done.returncode == 1
            assert f"cannot listen on 127.0.0.1, port {port}: Address already in use." in done.stderr
            assert "Traceback" not in done.stderr


def test_a_server_that_others_can_reach_refuses_a_plugin_that_cannot_take_part(tmp_path):
    from tests.support.running import install

    install(tmp_path / "site", "acme_broken", "raise RuntimeError('out of order')", {"acme": "acme_broken:metric"})
    done = run(tmp_path, "serve", "--host", "0.0.0.0", "--port", "0", PYTHONPATH=str(tmp_path / "site"))
    assert done.returncode == 1
    assert "PLUGIN_ERROR: " in done.stderr


def test_answers_for_programs_hold_nothing_but_the_answer(tmp_path):
    done = run(tmp_path, "plugins", "--json", SELLERHEALTH_LOG_LEVEL="debug")
    assert {each["state"] for each in json.loads(done.stdout)} == {"ACTIVE"}
