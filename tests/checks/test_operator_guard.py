"""While a plugin loads, operators that silently change a condition raise in its code, and nowhere else."""

import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm.attributes import QueryableAttribute

import sellerhealth_metrics
from sellerhealth import count
from sellerhealth.checks.metric_checks import problems
from sellerhealth.checks.operator_guard import guarded_operators
from sellerhealth.facts import Claim, Order
from sellerhealth.plugins.hook_results import call_hooks
from sellerhealth.plugins.plugin_code import PluginCode

NAMES = {"Order": Order, "Claim": Claim, "sa": sa}


def run(source: str, module: str = "acme") -> Any:
    """The value of an expression in a plugin's module."""
    with guarded_operators(lambda name: name == "acme"):
        return eval(source, {**NAMES, "__name__": module})  # the operators have to be called in the module's own frame


@pytest.mark.parametrize(
    "source",
    [
        "Order.accepted and Order.late_by > 0",
        "Order.late_by > 0 and Order.accepted",
        "Order.channel == 'SELLER' or Order.accepted",
        "not Order.accepted",
        "not (Order.accepted & Order.is_replacement)",
        "Order.claims.any(Claim.counts) and Order.accepted",
        "1 if Order.channel == 'SELLER' else 2",
        "0 < Order.late_by < 3600",
        "Order.channel == Order.status == 'SELLER'",
        "Order.channel in ('SELLER', 'AMAZON')",
        "Order.channel not in ('SELLER',)",
        "sa.func.abs(Order.late_by) and 1",
        "any([Order.accepted])",
    ],
)
def test_asking_a_condition_whether_it_is_true_raises(source: str) -> None:
    with pytest.raises(TypeError, match="Python decides here whether a condition is true"):
        run(source)


@pytest.mark.parametrize("source", ["Order.late_by > 0 & Order.accepted", "1 | Order.accepted"])
def test_a_number_joined_with_a_condition_raises(source: str) -> None:
    with pytest.raises(TypeError, match="bind more closely than comparisons"):
        run(source)


@pytest.mark.parametrize(
    "source",
    [
        "(Order.late_by > 0) & Order.accepted | ~Order.seller_fulfilled",
        "Order.channel.in_(['SELLER'])",
        "Order.status.key in ('status',) and 'status'",
        "{Order.accepted: 1}[Order.accepted]",
        "0 < len('late') < 9 and not []",
        "sa.case((Order.late_by > 0, 1), else_=0) == 1",
        "Order.accepted or None  # sound",
    ],
)
def test_what_is_right_does_not_raise(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linecache.getline", lambda file, line: source)
    run(source)


def test_other_modules_are_not_affected() -> None:
    assert run("Order.accepted and 1", "elsewhere") == 1
    assert run("'SELLER' in (Order.channel, Order.channel)", "elsewhere") is False


@pytest.mark.parametrize("source", ["~(Order.late_by > 0)", "sa.not_(Order.late_by > 0)", "Order.accepted & ~(Order.late_by <= 0)"])
def test_a_negated_comparison_of_what_may_be_null_is_a_problem_unless_null_is_tested(source: str) -> None:
    negated = run(source)
    (problem,) = problems(count(on=Order.placed_on, where=negated))
    assert "negates a comparison of late_by" in problem
    assert list(problems(count(on=Order.placed_on, where=negated & Order.late_by.is_not(None)))) == []
    assert list(problems(count(on=Order.placed_on, where=run(source, "elsewhere")))) == []


@pytest.mark.parametrize("source", ["~(Claim.opened_at > Order.placed_at)", "Order.late_by <= 0"])
def test_a_comparison_within_a_lookup_is_checked_too_and_one_that_is_not_negated_is_left_alone(source: str) -> None:
    measure = count(on=Order.placed_on, where=Order.claims.any(run(source)))
    assert any("negates a comparison of" in problem for problem in problems(measure)) is source.startswith("~")


def test_operators_are_restored_after_an_error_and_with_guards_inside_each_other() -> None:
    with pytest.raises(RuntimeError), guarded_operators(lambda name: True), guarded_operators(lambda name: True):
        raise RuntimeError
    assert bool(Order.accepted)
    assert "__bool__" not in vars(QueryableAttribute)
    assert not hasattr(Order.accepted, "__rand__")


def test_other_threads_work_on_while_a_plugin_loads() -> None:
    results: list[object] = []
    with guarded_operators(lambda name: name == "acme"):
        thread = threading.Thread(target=lambda: results.append(bool(Order.accepted)))
        thread.start()
        thread.join()
    assert results == [True]


def test_the_built_in_metrics_load_under_the_guard_and_negate_nothing_that_may_be_null() -> None:
    files = sorted(Path(str(sellerhealth_metrics.__file__)).parent.glob("[!_]*.py"))
    metrics = []
    for code in map(PluginCode.of_file, map(str, files)):
        with guarded_operators(code.owns):
            metrics += call_hooks(code, {}).metrics
    assert len(metrics) == 9
    assert [problem for metric in metrics for measure in metric.all_measures.values() for problem in problems(measure)] == []
