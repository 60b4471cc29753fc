"""The metrics of two stores are compared value by value, and each difference is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.engine.compare_stores import MetricComparison, sample
from sellerhealth.errors import MetricFailed
from sellerhealth.facts import Order
from sellerhealth.metrics.metric import Metric
from sellerhealth.model.records import Source
from sellerhealth.plugins.load import Loaded
from sellerhealth.store.copy_check import Difference
from sellerhealth.store.copying import copy_store
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, DAY, HOUR, TODAY, World
from sellerhealth.testing.empty_store import open_empty_store
from tests.support.forgetting import forget_statements


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Database]:
    """A file with an account that has a late order, and one without any."""
    database = open_empty_store(tmp_path / "source.db")
    world = World(database)
    seller = world.account(covers=())
    for number in range(4):
        order = seller.order(placed_at=CLOCK - 20 * DAY, ship_by=CLOCK - 18 * DAY)
        seller.confirm(order, CLOCK - 18 * DAY + (HOUR if number == 0 else -HOUR), category="shoes")
    world.account()
    world.save()
    yield database
    database.close()


@pytest.fixture
def copied(source: Database, database: Database) -> Database:
    copy_store(source, database)
    return database


def compare(source: Database, target: Database, *metrics: Metric) -> tuple[list[Difference], int]:
    """What differs, and how many values were compared."""
    with source.reading() as here, target.reading() as there:
        sessions = [ReadSession(each, OWNER, CLOCK) for each in (here, there)]
        comparison = MetricComparison(*sessions, metrics)
        found = [each for account_id, key in sample(sessions[0], 5).items() for each in comparison.differences(account_id, key)]
    return found, comparison.compared


def test_the_metrics_of_a_copy_are_the_same(source: Database, copied: Database, built_ins: Loaded) -> None:
    found, compared = compare(source, copied, *built_ins.registry.values())
    assert found == []
    assert compared > 500


def test_a_cell_that_was_changed_is_found(source: Database, copied: Database, built_ins: Loaded) -> None:
    with copied.writing() as connection:
        connection.execute(sa.update(Order).where(Order.late_by > 0).values(late_by=-1))
    found, _ = compare(source, copied, *built_ins.registry.values())
    assert ("seller-1", f"late_shipment_rate, 30 days to {TODAY - 20 * DAY}: late", 1, 0) in found
    assert {each.what.split(",")[0] for each in found} == {"late_shipment_rate", "seller_rating"}
    assert any("marketplace" in each.what for each in found)


def test_coverage_is_compared(source: Database, copied: Database, built_ins: Loaded) -> None:
    with copied.writing() as connection:
        connection.execute(sa.delete(Source).where(Source.fact == "CLAIM"))
    found, _ = compare(source, copied, built_ins.registry["order_defect_rate"])
    assert {each.account for each in found} == {"seller-2"}
    assert any(each.what.endswith("CLAIM covered through") for each in found)


def test_a_metric_that_fails_is_no_proof(source: Database, copied: Database, built_ins: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError

    forget_statements()  # and results
    monkeypatch.setattr(Metric, "result", fail)
    with pytest.raises(MetricFailed, match="late_shipment_rate"):
        compare(source, copied, built_ins.registry["late_shipment_rate"])


def test_a_sample_is_always_the_same(source: Database) -> None:
    with source.reading() as connection:
        session = ReadSession(connection, OWNER, CLOCK)
        assert len(sample(session, 1)) == 1
        assert sample(session, 1).items() < sample(session, 2).items()
        assert sample(session, 0) == {}
