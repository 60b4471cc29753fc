"""The loading checks find metrics that a server would not take."""

from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from sellerhealth import Count
from sellerhealth.facts import Order
from sellerhealth.graphql.schema import built_in_schema
from sellerhealth.testing import loading
from tests.testing.conformance import conformance, late, metric_with, placed, problems


def test_a_metric_that_a_server_would_quarantine():
    for fields, reason in [
        ({"key": "order"}, "which the core has"),
        ({"key": "late_shipment_rate"}, "belongs to the built-in plugin"),
        ({"api": 99}, "version 99 of the plugin API"),
        (
            {
                "measures": {"early": placed.where(~((Order.late_by > 0) & Order.accepted), "Early.")},
                "value": Count(placed),
                "hidden": {"orders": placed},
            },
            "may be null",
        ),
    ]:
        metric = metric_with(**{"measures": {"orders": placed, "late": late}, "value": late / placed, **fields})
        report = problems(conformance(metric).test_it_loads_as_an_installed_plugin_would)
        assert f"a server would quarantine {metric.key} (your-distribution 0): " in report
        assert reason in report


def test_the_built_in_metrics_do_not_collide_with_themselves():
    conformance(metric_with(key="late_shipment_rate"), distribution="sellerhealth").test_it_loads_as_an_installed_plugin_would()


class only_sqlite(FunctionElement):  # noqa: N801 - as functions of SQLAlchemy are written
    """An expression that compiles for SQLite alone."""

    type = sa.Boolean()
    inherit_cache = True


@compiles(only_sqlite, "sqlite")
def _write(element, compiler, **options):
    return "1 = 1"


@pytest.mark.sqlite_file  # what it says of SQLite
def test_sql_that_one_of_the_databases_does_not_have():
    for condition, problem in [
        (sa.func.julianday(Order.placed_at) > 1, "calls the SQL function julianday"),
        (sa.func.now() > Order.placed_at, "calls the SQL function now"),
        (only_sqlite(), "cannot be written for PostgreSQL"),
        (sa.literal_column("nowhere.column", sa.Boolean), "fails on SQLite: OperationalError: no such column: nowhere.column"),
    ]:
        metric = metric_with({"odd": placed.where(condition, "Odd.")})
        assert problem in problems(conformance(metric).test_its_sql_runs_on_sqlite_and_can_be_written_for_postgresql)


def test_a_metric_without_a_field(monkeypatch):
    check = conformance(metric_with()).test_the_api_has_a_typed_field_for_it
    assert "would quarantine it" in problems(conformance(metric_with(key="order")).test_the_api_has_a_typed_field_for_it)
    monkeypatch.setattr(loading, "make_schema", lambda loaded: SimpleNamespace(as_text=built_in_schema))
    report = problems(check)
    assert "AccountMetrics has no field acmeLate of the type AcmeLate" in report
    assert "the type AcmeLate has no field orders for 'orders'" in report
