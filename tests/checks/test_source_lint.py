"""The source lint warns of probable mistakes with their line, and of nothing else."""

import datetime as dt
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import sellerhealth_metrics
from sellerhealth import Count, Metric, Window, count
from sellerhealth.checks.source_lint import lint
from sellerhealth.facts import Order

HEAD = "import datetime as dt\nfrom sellerhealth import facts\nfrom sellerhealth.facts import Order\n"
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def module(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module with the source that a test gives as its parameter."""
    path = tmp_path / "acme.py"
    lazy = ModuleType("lazy")
    monkeypatch.setitem(sys.modules, "lazy", lazy)
    vars(lazy)["column"] = 1
    path.write_text(HEAD + request.param)
    spec = importlib.util.spec_from_file_location("acme", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def comparing_with(instant: dt.datetime) -> Metric:
    orders = count(on=Order.placed_on, where=Order.placed_at > instant, description="Orders.")
    return Metric(
        key="acme", title="A", description="D.", section="a", windows=(Window(1),), measures={"orders": orders}, value=Count(orders)
    )


@pytest.mark.parametrize(
    "module",
    ["x = Order.late_by is None", "x = facts.Order.late_by is not None", "late = Order.late_by > 0\nx = 1 if late is None else 2"],
    indirect=True,
)
def test_is_with_a_column_is_reported(module: ModuleType) -> None:
    (warning,) = lint([module], [])
    assert "Write .is_(None) or .is_not(None)" in warning
    line = next(number for number, text in enumerate(Path(str(module.__file__)).read_text().splitlines(), 1) if " is " in text)
    assert warning.endswith(f"acme.py, line {line}.")


@pytest.mark.parametrize(
    "module",
    [
        "x = Order.late_by.is_(None)",
        "x = Order.late_by is None  # sound: it shows what `is` does",
        "name = None\nx = name is None",
        "def f(late=None):\n    return late is None",
        "x = Order.late_by.key is None",
        "x = Order.accepted & (Order.is_replacement == True)",
        "x = 1 & 3 == 1",
    ],
    indirect=True,
)
def test_other_uses_of_is_are_left_alone(module: ModuleType) -> None:
    assert list(lint([module], [])) == []


@pytest.mark.parametrize(
    "module",
    ["x = Order.accepted & Order.is_replacement == True", "late = Order.late_by > 0\nx = late | facts.Order.accepted == True"],
    indirect=True,
)
def test_a_comparison_of_joined_conditions_is_reported(module: ModuleType) -> None:
    (warning,) = lint([module], [])
    assert "Put each comparison in parentheses" in warning


@pytest.mark.parametrize("module", ["x = dt.datetime.now(dt.UTC)", "def f():\n    return dt.date.today()"], indirect=True)
def test_a_day_near_today_in_a_module_that_calls_a_clock_is_reported(module: ModuleType) -> None:
    (warning,) = lint([module], [comparing_with(NOW - dt.timedelta(30))])
    assert "the measure 'orders' of 'acme' compares with" in warning
    assert "acme.py, line " in warning
    assert list(lint([module], [comparing_with(NOW - dt.timedelta(900))])) == []


@pytest.mark.parametrize(
    "module",
    [
        "",
        "x = dt.datetime.now(dt.UTC)  # sound",
        f"x = dt.datetime.now(dt.UTC)\nbegan = dt.datetime({NOW.year}, {NOW.month}, {NOW.day}, 12)",
        f"x = dt.datetime.now(dt.UTC)\nbegan = '{NOW.date()}'",
    ],
    indirect=True,
)
def test_a_day_that_is_written_or_passed_in_is_accepted(module: ModuleType) -> None:
    assert list(lint([module], [comparing_with(NOW)])) == []


@pytest.mark.parametrize("module", ["x = Order.late_by is None"], indirect=True)
@pytest.mark.parametrize("source", [b"# -*- coding: latin-1 -*-\n# sellerhealth \xe9\nx = Order.late_by is None", b"sellerhealth ("])
def test_a_source_may_have_another_encoding_or_no_longer_parse(module: ModuleType, source: bytes) -> None:
    Path(str(module.__file__)).write_bytes(source)
    assert [warning[:4] for warning in lint([module], [])] == (["`is`"] if b"coding" in source else [])


@pytest.mark.parametrize("module", ["import lazy\nx = lazy.column is None"], indirect=True)
def test_a_module_that_raises_when_it_is_read_is_left_alone(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(vars(module)["lazy"], "__getattr__", fail, raising=False)
    monkeypatch.delattr(vars(module)["lazy"], "column")
    assert list(lint([module], [])) == []


def test_the_built_in_metrics_have_no_warning() -> None:
    def modules() -> Iterator[ModuleType]:
        for path in Path(str(sellerhealth_metrics.__file__)).parent.glob("*.py"):
            name = f"sellerhealth_metrics.{path.stem}"
            importlib.import_module(name)
            yield sys.modules[name]

    assert list(lint(modules(), [])) == []
