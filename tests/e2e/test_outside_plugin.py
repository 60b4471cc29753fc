"""The metric of the README, installed as a third-party plugin, is a typed field of an unchanged server."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.support.running import install, run, serving

ROOT = Path(__file__).parents[2]
README = ROOT.joinpath("README.md").read_text(encoding="utf-8")
ORDERS = "amazon-order-id\tpurchase-date\torder-status\tfulfillment-channel\tsales-channel\tlatest-ship-date\n" + "".join(
    f"123-4567890-{number:07}\t2026-03-20T10:00:00+00:00\tShipped\tMerchant\tAmazon.com\t2026-03-24T06:59:59+00:00\n" for number in range(4)
)
PACKAGES = "order_id,package_id,confirmed_at\n" + "".join(
    f"123-4567890-{number:07},1,2026-03-{day}T10:00:00Z\n" for number, day in enumerate((21, 22, 22, 23))
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def site(tmp_path):
    (module,), (project,) = blocks("python"), blocks("toml")
    site = tmp_path / "site"
    install(site, "acme_dispatch", module, tomllib.loads(project)["project"]["entry-points"]["sellerhealth"])
    return str(site)


def test_the_metric_of_the_readme_is_a_typed_field_over_imported_files(home, site):
    home.joinpath("orders.txt").write_text(ORDERS)
    home.joinpath("packages.csv").write_text(PACKAGES)
    # The account of the README's query; the metric need not be installed when the reports are imported.
    done = run(home, "import", "orders.txt", "packages.csv", "--account", "slipping", "--create", "--name", "My shop")
    assert done.returncode == 0, done.stderr

    clock = {"SELLERHEALTH_CLOCK": "2026-03-31T12:00:00Z"}
    with serving(home, "serve", "--port", "0", PYTHONPATH=site, **clock) as server:
        *_, query = blocks("graphql")
        result = server.query(query)["account"]["metrics"]["acmeDispatch"]
        assert {"display": "75.00 %", "status": "GOOD", "orders": 4, "early": 3}.items() <= result.items()
        fields = server.query('{ __type(name: "AcmeDispatch") { interfaces { name } fields { name type { ofType { name } } } } }')["__type"]
        assert {"name": "MetricResult"} in fields["interfaces"]
        assert {"name": "early", "type": {"ofType": {"name": "Int"}}} in fields["fields"]
        (plugin,) = [
            each
            for each in server.query("{ plugins { distribution state metrics { key } } }")["plugins"]
            if each["distribution"] == "acme_dispatch"
        ]
        assert plugin == {"distribution": "acme_dispatch", "state": "ACTIVE", "metrics": [{"key": "acme_dispatch"}]}


def test_without_the_plugin_there_is_no_field(tmp_path):
    assert "acmeDispatch" not in run(tmp_path, "schema").stdout


def test_the_metric_of_the_readme_has_fifteen_lines_and_is_that_of_the_guide():
    (module,) = blocks("python")
    assert module in ROOT.joinpath("docs", "plugins", "metrics.md").read_text(encoding="utf-8")
    assert len([line for line in module.splitlines() if line.strip() and not line.startswith("#")]) <= 15
