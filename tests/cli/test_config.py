"""The log that commands write."""

import datetime as dt
import io
import json
import re
import sys
from pathlib import Path

import pytest
import structlog

from sellerhealth.cli.config import read_settings
from sellerhealth.request_record import Recording


class Terminal(io.StringIO):
    def isatty(self):
        return True


def log_a_failure():
    planted = "the " + "value"
    try:
        raise ValueError("the reason" if planted else "")
    except ValueError:
        structlog.get_logger().exception("failed")


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
@pytest.mark.usefixtures("folder")
def test_a_logged_exception_has_its_traceback_but_no_local_variables(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream())
    read_settings()
    log_a_failure()
    written = sys.stderr.getvalue()
    assert "Traceback" in written
    assert "the reason" in written
    assert "the value" not in written


@pytest.mark.usefixtures("folder")
def test_a_log_that_is_no_terminal_is_a_json_object_a_line(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    read_settings(quiet=False)
    with Recording("1"):
        structlog.get_logger().info("request", status=200)
    line = json.loads(sys.stderr.getvalue())
    assert {"event": "request", "status": 200, "request_id": "1", "level": "info"}.items() <= line.items()


@pytest.mark.usefixtures("folder")
def test_what_json_of_64_bits_and_utf_8_cannot_have_is_logged_all_the_same(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    read_settings(quiet=False)
    values = {"file": "half a pair \ud83d", "number": 2**70, "path": Path("x"), "text": "Günstig 👍"}
    for name, value in values.items():
        structlog.get_logger().info("noted", **{name: value})
    lines = [json.loads(line) for line in sys.stderr.getvalue().splitlines()]
    assert [line[name] for line, name in zip(lines, values, strict=True)] == [*list(values.values())[:2], repr(Path("x")), "Günstig 👍"]


@pytest.mark.parametrize("number", [1, 2**70], ids=["orjson", "json"])
@pytest.mark.usefixtures("folder")
def test_a_line_has_its_instant_in_utc(monkeypatch, number):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    read_settings(quiet=False)
    structlog.get_logger().info("noted", number=number)
    line = json.loads(sys.stderr.getvalue())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", line["timestamp"])
    assert abs(dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(line["timestamp"])) < dt.timedelta(minutes=1)
