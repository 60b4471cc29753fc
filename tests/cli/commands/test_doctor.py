import json

import pytest

from tests.support.broken_stores import damage


def test_an_installation_without_a_fault_is_well(invoke, folder, shop):
    done = invoke("doctor")
    assert (done.exit_code, done.err) == (0, "")
    rows = dict(row[:2] for row in done.rows() if len(row) > 1)
    assert rows["migrations"] == rows["access"] == "OK"
    assert "PROBLEM" not in done.out


@pytest.mark.sqlite_file  # a page of its file is damaged
def test_a_problem_is_told_with_what_to_do_and_fails(invoke, folder):
    damage(folder / "sellerhealth.db", "orders")
    done = invoke("doctor")
    assert done.exit_code == 1
    assert "\ncontent, PROBLEM: Stop what uses it, and restore a backup with `sellerhealth restore`.\n" in done.out
    found = {each["check"]: each for each in json.loads(invoke("doctor", "--json").out)}
    assert found["content"]["state"] == "PROBLEM"
    assert set(found["content"]) == {"check", "state", "message", "remedy"}


def test_a_warning_does_not_fail(invoke, folder, monkeypatch):
    monkeypatch.setenv("SELLERHEALTH_CLOCK", "2026-03-31T12:00:00Z")
    done = invoke("doctor")
    assert done.exit_code == 0
    assert "\nclock, WARNING: Remove it" in done.out


def test_settings_that_cannot_be_used_are_the_only_finding(invoke, monkeypatch):
    monkeypatch.setenv("SELLERHEALTH_PORT", "eighty")
    done = invoke("doctor", "--json")
    assert done.exit_code == 1
    (finding,) = json.loads(done.out)
    assert (finding["check"], finding["state"]) == ("settings", "PROBLEM")
    assert "SELLERHEALTH_PORT" in finding["message"]


def test_a_database_whose_driver_is_missing_is_a_problem(invoke, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setenv("SELLERHEALTH_DATABASE", "postgresql://owner:secret@localhost/shop")
    done = invoke("doctor")
    assert done.exit_code == 1
    assert "pip install 'sellerhealth[postgresql]'" in done.out
    assert "secret" not in done.out
