"""`serve --workers`: processes that share a socket and the store. One that dies is replaced, and a mistake is reported once."""

import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from sellerhealth.cli import workers
from tests.support.running import run, serving

WHO = "{ viewer { name } }"
OWN = """
from sellerhealth import Count, Metric, Window, count
from sellerhealth.facts import Order

{first}
orders = count(on=Order.placed_on, where=Order.accepted, description="Orders placed.")
own = Metric(
    key="own_orders", title="T", description="D.", section="own", windows=(Window(30),), measures={{"orders": orders}}, value=Count(orders)
)
"""
FAILS_IN_A_WORKER = "import multiprocessing\nif multiprocessing.parent_process() is not None:\n    raise RuntimeError('out of order')\n"


def workers_of(process: int) -> set[int]:
    """The processes that serve. Another child looks after what they share."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return {int(each) for each in children if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are found in /proc")
def test_workers_have_the_settings_and_the_key_and_one_that_dies_is_replaced(home: Path) -> None:
    home.joinpath("own.py").write_text(OWN.format(first=""))
    with serving(home, "serve", "--workers", "2", "--port", "0", "--plugin", "own.py", SELLERHEALTH_HTTP_PROFILE="draft") as server:
        first = workers_of(server.process.pid)
        assert len(first) == 2
        for _ in range(6):  # each by a connection of its own
            assert "own_orders" in str(server.query("{ metricDefinitions { key } }"))
            assert server.send("{ nothing }", server.own_key).status_code == 422
            assert server.send(WHO).status_code == 401
        killed = first.pop()
        os.kill(killed, signal.SIGKILL)
        until = time.monotonic() + 60
        while killed in (now := workers_of(server.process.pid)) or len(now) < 2:
            assert time.monotonic() < until
            time.sleep(0.1)
            assert server.query(WHO) == {"viewer": {"name": "owner"}}
        assert first < now
        assert server.stop(signal.SIGTERM) == 0
        written = server.output.read_text()
        assert written.count("plugins_loaded") == 1
        assert written.count("shk_") == 1
        assert "Traceback" not in written
    assert not any(Path(f"/proc/{each}").exists() for each in now)


def test_a_worker_that_cannot_start_ends_the_server_with_one_message(home: Path) -> None:
    home.joinpath("own.py").write_text(OWN.format(first=FAILS_IN_A_WORKER))
    done = run(home, "serve", "--workers", "2", "--port", "0", "--plugin", "own.py", SELLERHEALTH_STRICT="true")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("WORKER_FAILED: A worker cannot start, so the server has stopped: PLUGIN_ERROR: ") == 1
    assert "out of order" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistake_is_reported_before_there_are_workers(home: Path) -> None:
    done = run(home, "serve", "--workers", "2", "--port", "0", "--host", "0.0.0.0")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("UNPROTECTED: ") == 1
    assert "WORKER_FAILED" not in done.stderr
    done = run(home, "serve", "--workers", "0")
    assert done.returncode == 2


def test_a_worker_ends_with_the_first_process(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, signals = threading.Event(), list[tuple[int, int]]()

    class First:
        def join(self) -> None:
            ended.wait()

    monkeypatch.setattr(multiprocessing, "parent_process", First)
    monkeypatch.setattr(os, "kill", lambda *sent: signals.append(sent))
    waiting = threading.Thread(target=workers._end_with_the_first_process)
    waiting.start()
    assert signals == []
    ended.set()
    waiting.join()
    assert signals == [(os.getpid(), signal.SIGTERM)]
