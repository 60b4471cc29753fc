"""The import check finds side effects of a module, and the module of a metric."""

import sys

import pytest

from tests.testing.conformance import conformance, metric_with, problems


@pytest.fixture
def import_check(tmp_path, monkeypatch):
    """The check for a module with some source."""
    monkeypatch.syspath_prepend(tmp_path)

    def import_check(name, source):
        tmp_path.joinpath(f"{name}.py").write_text(f"import pathlib, socket, sqlite3, subprocess, time\n{source}\n")
        return conformance(metric_with(), module=name).test_importing_it_does_no_input_or_output

    return import_check


@pytest.mark.parametrize(
    ("name", "source", "problem"),
    [
        ("acme_file", "pathlib.Path(__file__).with_name('rates.csv').open('w')", "opens the file"),
        ("acme_socket", "socket.socket()", "opens a network socket"),
        ("acme_database", "sqlite3.connect(':memory:').close()", "opens a database"),
        ("acme_process", "subprocess.run(['true'])", "starts a process"),
        (
            "acme_operator",
            "from sellerhealth.facts import Order\nlate = Order.accepted and Order.late_by > 0",
            "cannot be imported on its own: TypeError: Python decides here whether a condition is true",
        ),
        ("acme_error", "raise RuntimeError('no licence')", "cannot be imported on its own: RuntimeError: no licence"),
        ("acme_exit", "raise SystemExit(0)", "cannot be imported on its own: it ends the process"),
        ("acme_end", "import os\nos._exit(0)", "cannot be imported on its own: it ends the process"),
    ],
)
def test_a_module_with_side_effects(import_check, name, source, problem):
    report = problems(import_check(name, source))
    assert problem in report
    assert name in report
    assert f"{name}.py, line 2" in report or "cannot be imported" in problem


def test_modules_are_imported_apart_and_may_print(import_check):
    import_check("acme_first", "import builtins\nbuiltins.acme_was_imported = True\nprint('null')")()
    import_check("acme_second", "import builtins, sys\nassert not hasattr(builtins, 'acme_was_imported')\nassert sys.stdin.read() == ''")()


def test_a_slow_import_is_a_warning(import_check):
    with pytest.warns(UserWarning, match=r"Importing acme_computes takes \d\.\d s of CPU time, .* Import what is slow inside the function"):
        import_check("acme_computes", "end = time.process_time() + 1.1\nwhile time.process_time() < end: pass")()


def test_the_module_is_found_by_the_metric_or_by_the_function_that_makes_it(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    tmp_path.joinpath("acme_found.py").write_text(
        "from sellerhealth import Metric\nopen(__file__[:-3] + '.log', 'w').close()\nmetric = None\ndef make() -> Metric: ...\n"
    )
    import acme_found

    metric = metric_with()
    check = conformance(metric, __module__=__name__).test_importing_it_does_no_input_or_output
    assert "the module to import is unknown" in problems(check)
    monkeypatch.setattr(acme_found, "metric", metric)
    assert "importing acme_found opens the file" in problems(check)
    monkeypatch.setattr(acme_found, "metric", None)
    monkeypatch.setattr(sys.modules[__name__], "make", acme_found.make, raising=False)
    assert "importing acme_found opens the file" in problems(check)
