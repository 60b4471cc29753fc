"""The fixtures for plugins' tests: they serve those who ask for them, and disturb nobody else, whatever is wrong with sellerhealth."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sellerhealth.testing import claims, feedback, orders
from tests.support.running import install

STRANGER = "def test_of_a_stranger():\n    assert 1 + 1 == 2\n"
USER = "def test_of_the_{fixture}(sellerhealth_{fixture}):\n    assert sellerhealth_{fixture}\n"


@pytest.fixture
def run(tmp_path):
    """Runs a suite in an environment in which sellerhealth is installed, behind a path that may hold a broken one."""

    def run(*arguments, broken=None, **files):
        for name, source in files.items():
            tmp_path.joinpath(f"{name}.py").write_text(source)
        if broken is not None:
            package = tmp_path / "broken" / "sellerhealth"
            package.mkdir(parents=True)
            package.joinpath("__init__.py").write_text(broken)
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path / "broken"), "PYTEST_ADDOPTS": ""},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_a_run_that_has_nothing_to_do_with_it_imports_nothing_of_it(run):
    told = "import sys\ndef test_it():\n    print(*sorted(name for name in sys.modules if 'sellerhealth' in name), *({'sqlalchemy', 'pydantic'} & sys.modules.keys()))\n"
    ran = run("-s", test_stranger=told)
    assert ran.returncode == 0, ran.stdout
    assert "\npytest_sellerhealth\n" in ran.stdout.replace("test_stranger.py ", "\n")


@pytest.mark.parametrize(
    "broken",
    [
        "raise RuntimeError('half an upgrade')",
        "import no_such_library",
        "def broken(:",
        "import warnings; warnings.warn('old', DeprecationWarning)",
        "import sys; sys.exit(3)",
    ],
)
def test_a_broken_one_fails_the_tests_alone_that_use_it(run, broken):
    ran = run(broken=broken, test_stranger=STRANGER, test_author=USER.format(fixture="world") + USER.format(fixture="client"))
    assert ran.returncode == 1, ran.stdout
    assert "1 passed, 2 errors" in ran.stdout
    assert "The fixture sellerhealth_plugins needs sellerhealth, which cannot be imported: " in ran.stdout
    assert 'Mend the installation with `pip install --force-reinstall "sellerhealth[testing]"`.' in ran.stdout
    assert "INTERNALERROR" not in ran.stdout


def test_the_suite_of_a_stranger_passes_beside_a_broken_one(run):
    ran = run(broken="raise RuntimeError", test_stranger=STRANGER)
    assert ran.returncode == 0, ran.stdout
    assert "1 passed" in ran.stdout


def test_it_adds_four_fixtures_and_no_option(run):
    shown = run("--fixtures", "-q", test_stranger=STRANGER).stdout
    fixtures = [line.split()[0] for line in shown.splitlines() if line.startswith("sellerhealth_")]
    assert fixtures == ["sellerhealth_settings", "sellerhealth_plugins", "sellerhealth_world", "sellerhealth_client"]
    assert "sellerhealth" not in run("--help").stdout.replace(str(Path(sys.executable).parent), "")


def test_the_fixtures_serve_a_suite_without_a_warning(run):
    author = """
from sellerhealth.testing import orders

def test_of_an_author(sellerhealth_world, sellerhealth_client):
    orders(sellerhealth_world.account(), late=1, on_time=3)
    data = sellerhealth_client('{ account(key: "seller-1") { metrics { lateShipmentRate { late display } } } }')
    assert data["account"]["metrics"]["lateShipmentRate"] == {"late": 1, "display": "25.00 %"}
"""
    ran = run(test_author=author)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("name", ["late_shipment_rate", "Late-Shipment-Rate"])
def test_the_settings_of_plugins_can_be_given(run, name):
    settings = (
        f'import pytest\n@pytest.fixture(scope="session")\ndef sellerhealth_settings():\n    return {{"{name}": {{"target": "0.5"}}}}\n'
    )
    author = """
def test_of_an_author(sellerhealth_plugins):
    assert sellerhealth_plugins.registry["late_shipment_rate"].target.limit == __import__("decimal").Decimal("0.5")
"""
    ran = run(conftest=settings, test_author=author)
    assert ran.returncode == 0, ran.stdout


UNSOUND = """
from sellerhealth import Count, Metric, Window, count
from sellerhealth.facts import Order

orders = count(on=Order.placed_on, where=Order.status == "LOST", description="Orders lost.")
metric = Metric(
    key="acme_orders", title="T", description="D.", section="acme", windows=(Window(30),), measures={"orders": orders}, value=Count(orders)
)
"""


def test_a_metric_that_a_server_refuses_is_not_there(run, tmp_path):
    install(tmp_path, "acme_unsound", UNSOUND, {"acme_orders": "acme_unsound:metric"})
    author = """
def test_of_an_author(sellerhealth_plugins):
    assert "late_shipment_rate" in sellerhealth_plugins.registry
    assert "acme_orders" not in sellerhealth_plugins.registry
    (left_out,) = [plugin for plugin in sellerhealth_plugins.plugins if plugin.reason]
    assert "compares status with 'LOST'" in left_out.reason
"""
    ran = run(test_author=author)
    assert ran.returncode == 0, ran.stdout


# ---------------------------------------------------------------- in this process


def test_the_client_tells_the_errors_and_the_plugins_that_take_no_part(sellerhealth_client):
    with pytest.raises(pytest.fail.Exception, match=r"The API answered with errors:\n- .*nobody.* \(at document\)"):
        sellerhealth_client("{ nobody }")


def test_the_client_takes_variables(sellerhealth_world, sellerhealth_client):
    sellerhealth_world.account()
    account = sellerhealth_world.account()
    claims(account, orders(account, 4)[:1])
    asked = "query ($key: String!) { account(key: $key) { metrics { orderDefectRate(days: 60) { claims } } } }"
    assert sellerhealth_client(asked, key="seller-2")["account"]["metrics"]["orderDefectRate"] == {"claims": 1}


def test_feedback_is_classified_by_the_plugins(sellerhealth_world, sellerhealth_plugins, sellerhealth_client):
    account = sellerhealth_world.account()
    feedback(account, orders(account, 1), rating=2)
    assert sellerhealth_world.classify is sellerhealth_plugins.classify
    asked = '{ account(key: "seller-1") { feedback(first: 1) { nodes { classification } } } }'
    assert sellerhealth_client(asked)["account"]["feedback"]["nodes"] == [{"classification": "NEGATIVE"}]
