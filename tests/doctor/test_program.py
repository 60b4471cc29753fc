"""Settings that others can read, clocks that are wrong and plugins that are not used are found."""

import dataclasses
import datetime as dt
import os

import pytest

from sellerhealth.doctor import program
from sellerhealth.doctor.finding import State
from sellerhealth.plugins.plugin import Plugin, PluginState
from sellerhealth.settings import Settings


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_is_told_where_settings_come_from(folder, monkeypatch):
    (default,) = program.examine_settings(Settings())
    assert default.message == "Every setting has its default."
    folder.joinpath("sellerhealth.toml").write_text("port = 9000\n")
    monkeypatch.setenv("SELLERHEALTH_STRICT", "true")
    (set_,) = program.examine_settings(Settings())
    assert (set_.state, set_.message) == (State.OK, "Set by sellerhealth.toml, SELLERHEALTH_STRICT.")


def test_a_password_that_others_can_read_is_told_but_not_shown(folder):
    file = folder / "sellerhealth.toml"
    file.write_text('database = "postgresql://owner:secret@localhost/shop"\n')
    file.chmod(0o644)
    (finding,) = program.examine_settings(Settings())
    assert (finding.state, finding.remedy) == (State.WARNING, "Run `chmod 600 sellerhealth.toml`.")
    assert "secret" not in finding.message
    file.chmod(0o600)
    assert [each.state for each in program.examine_settings(Settings())] == [State.OK]


def test_a_clock_that_is_set_is_told(folder):
    (finding,) = program.examine_clock(Settings(clock="2026-03-31T14:00:00+02:00"))
    assert finding.state is State.WARNING
    assert finding.message.startswith("The setting `clock` is used as the present: 2026-03-31 12:00 UTC.")
    assert [each.state for each in program.examine_clock(Settings())] == [State.OK]


def test_a_clock_of_the_machine_that_is_behind_is_a_problem(folder, monkeypatch):
    store = folder / "sellerhealth.db"
    store.touch()
    later = dt.datetime.now(dt.UTC).timestamp() + 7200
    os.utime(store, (later, later))
    (finding,) = program.examine_clock(Settings())
    assert finding.state is State.PROBLEM
    assert "which cannot be right" in finding.message
    store.unlink()
    monkeypatch.setattr(program, "_RELEASED", dt.datetime(2190, 1, 1, tzinfo=dt.UTC))
    assert [each.state for each in program.examine_clock(Settings())] == [State.PROBLEM]


def test_a_plugin_that_is_not_used_is_a_problem_and_a_warning_is_told(monkeypatch, built_ins):
    broken = Plugin("acme", "acme-metrics", "1.2", PluginState.QUARANTINED, "it is broken.", ())
    slow = Plugin("slow", "slow-metrics", "1.0", PluginState.ACTIVE, None, ("slow",), "it took 9 seconds to load.")
    loaded = dataclasses.replace(built_ins, plugins=(*built_ins.plugins, broken, slow))
    monkeypatch.setattr(program, "load_plugins", lambda *_, **__: loaded)
    problem, warning, ok = program.examine_plugins(Settings())
    assert (problem.state, problem.message) == (State.PROBLEM, "The plugin acme (acme-metrics 1.2) is not used: it is broken.")
    assert (warning.state, warning.message) == (
        State.WARNING,
        "The plugin slow (slow-metrics 1.0) is used, but: it took 9 seconds to load.",
    )
    assert ok.message == "12 are active, with 10 metrics."
