"""The pytest fixtures work for the tests that use them, and never disturb other tests, even if sellerhealth is broken."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sellerhealth.testing import claims, feedback, orders
from tests.support.running import PYTEST, install

UNRELATED = "def test_unrelated():\n    assert 1 + 1 == 2\n"
USING = "def test_using_{fixture}(sellerhealth_{fixture}):\n    assert sellerhealth_{fixture}\n"


@pytest.fixture
def run(tmp_path):
    """Runs pytest where sellerhealth is installed, optionally shadowed by a broken one."""

    def run(*arguments, broken=None, **files):
        for name, source in files.items():
            tmp_path.joinpath(f"{name}.py").write_text(source)
        if broken is not None:
            package = tmp_path / "broken" / "sellerhealth"
            package.mkdir(parents=True)
            package.joinpath("__init__.py").write_text(broken)
        return subprocess.run(
            [*PYTEST, "-W", "error", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path / "broken"), "PYTEST_ADDOPTS": ""},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_an_unrelated_run_imports_nothing_of_sellerhealth(run):
    print_modules = "import sys\ndef test_it():\n    print(*sorted(name for name in sys.modules if 'sellerhealth' in name), *({'sqlalchemy', 'pydantic'} & sys.modules.keys()))\n"
    ran = run("-s", test_unrelated=print_modules)
    assert ran.returncode == 0, ran.stdout
    assert "\npytest_sellerhealth\n" in ran.stdout.replace("test_unrelated.py ", "\n")


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
def test_a_broken_installation_fails_only_tests_that_use_it(run, broken):
    ran = run(broken=broken, test_unrelated=UNRELATED, test_plugin=USING.format(fixture="world") + USING.format(fixture="client"))
    assert ran.returncode == 1, ran.stdout
    assert "1 passed, 2 errors" in ran.stdout
    assert "The fixture sellerhealth_plugins needs sellerhealth, which cannot be imported: " in ran.stdout
    assert 'Fix the installation with `pip install --force-reinstall "sellerhealth[testing]"`.' in ran.stdout
    assert "INTERNALERROR" not in ran.stdout


def test_unrelated_tests_pass_beside_a_broken_installation(run):
    ran = run(broken="raise RuntimeError", test_unrelated=UNRELATED)
    assert ran.returncode == 0, ran.stdout
    assert "1 passed" in ran.stdout


def test_it_adds_four_fixtures_and_no_option(run):
    listing = run("--fixtures", "-q", test_unrelated=UNRELATED).stdout
    fixtures = [line.split()[0] for line in listing.splitlines() if line.startswith("sellerhealth_")]
    assert fixtures == ["sellerhealth_settings", "sellerhealth_plugins", "sellerhealth_world", "sellerhealth_client"]
    assert "sellerhealth" not in run("--help").stdout.replace(str(Path(sys.executable).parent), "")


def test_the_fixtures_work_without_a_warning(run):
    plugin_test = """
from sellerhealth.testing import orders

def test_of_a_plugin(sellerhealth_world, sellerhealth_client):
    orders(sellerhealth_world.account(), late=1, on_time=3)
    data = sellerhealth_client('{ account(key: "seller-1") { metrics { lateShipmentRate { late display } } } }')
    assert data["account"]["metrics"]["lateShipmentRate"] == {"late": 1, "display": "25.00 %"}
"""
    ran = run(test_plugin=plugin_test)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("name", ["late_shipment_rate", "Late-Shipment-Rate"])
def test_the_settings_of_plugins_can_be_overridden(run, name):
    settings = (
        f'import pytest\n@pytest.fixture(scope="session")\ndef sellerhealth_settings():\n    return {{"{name}": {{"target": "0.5"}}}}\n'
    )
    plugin_test = """
def test_of_a_plugin(sellerhealth_plugins):
    assert sellerhealth_plugins.registry["late_shipment_rate"].target.limit == __import__("decimal").Decimal("0.5")
"""
    ran = run(conftest=settings, test_plugin=plugin_test)
    assert ran.returncode == 0, ran.stdout


WRONG = """
from sellerhealth import Count, Metric, Window, count
from sellerhealth.facts import Order

orders = count(on=Order.placed_on, where=Order.status == "LOST", description="Orders lost.")
metric = Metric(
    key="acme_orders", title="T", description="D.", section="acme", windows=(Window(30),), measures={"orders": orders}, value=Count(orders)
)
"""


def test_a_metric_that_a_server_would_quarantine_is_missing(run, tmp_path):
    install(tmp_path, "acme_wrong", WRONG, {"acme_orders": "acme_wrong:metric"})
    plugin_test = """
def test_of_a_plugin(sellerhealth_plugins):
    assert "late_shipment_rate" in sellerhealth_plugins.registry
    assert "acme_orders" not in sellerhealth_plugins.registry
    (quarantined,) = [plugin for plugin in sellerhealth_plugins.plugins if plugin.reason]
    assert "compares status with 'LOST'" in quarantined.reason
"""
    ran = run(test_plugin=plugin_test)
    assert ran.returncode == 0, ran.stdout


def test_the_client_reports_errors(sellerhealth_client):
    with pytest.raises(pytest.fail.Exception, match=r"The API responded with errors:\n- .*nobody.* \(at document\)"):
        sellerhealth_client("{ nobody }")


def test_the_client_takes_variables(sellerhealth_world, sellerhealth_client):
    sellerhealth_world.account()
    account = sellerhealth_world.account()
    claims(account, orders(account, 4)[:1])
    query = "query ($key: String!) { account(key: $key) { metrics { orderDefectRate(days: 60) { claims } } } }"
    assert sellerhealth_client(query, key="seller-2")["account"]["metrics"]["orderDefectRate"] == {"claims": 1}


def test_feedback_is_classified_by_the_plugins(sellerhealth_world, sellerhealth_plugins, sellerhealth_client):
    account = sellerhealth_world.account()
    feedback(account, orders(account, 1), rating=2)
    assert sellerhealth_world.classify is sellerhealth_plugins.classify
    query = '{ account(key: "seller-1") { feedback(first: 1) { nodes { classification } } } }'
    assert sellerhealth_client(query)["account"]["feedback"]["nodes"] == [{"classification": "NEGATIVE"}]
