"""ariadne-codegen: a typed client for Python, made from the schema and a file of queries."""

import datetime as dt
import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

GENERATE = Path(sysconfig.get_path("scripts")) / "ariadne-codegen"
DAY = dt.date(2026, 3, 31)


@pytest.fixture(scope="module", autouse=True)
def generated():
    """Generates the package before it is imported."""
    done = subprocess.run([GENERATE, "client"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_generated_client_reads_the_response_into_types():
    from with_ariadne import connect, late_shipment

    with connect(f"{os.environ['SERVER']}/graphql", os.environ["KEY"]) as client:
        assert late_shipment(client, "slipping", DAY).endswith(" late up to 31 March")
        assert late_shipment(client, "nobody", DAY) == "nothing to see"


def test_dates_and_enums_are_those_of_python():
    from generated import MetricStatus
    from with_ariadne import connect

    with connect(f"{os.environ['SERVER']}/graphql", os.environ["KEY"]) as client:
        account = client.dashboard("critical", DAY).account
    assert isinstance(account.updated_at, dt.datetime)
    assert isinstance(account.metrics.late_shipment_rate.window.from_, dt.date)
    assert {result.status for result in account.metric_results} <= set(MetricStatus)


def test_a_metric_that_the_schema_of_the_client_lacks_is_read_like_any_other():
    from with_ariadne import connect

    with connect(f"{os.environ['WITH_PLUGIN']}/graphql", os.environ["KEY"]) as client:
        results = client.dashboard("slipping").account.metric_results
    (third_party,) = [result for result in results if result.definition.key == "acme_dispatch"]
    assert third_party.display.endswith(" %")
