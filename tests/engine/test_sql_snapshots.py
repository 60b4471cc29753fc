"""The SQL of every built-in metric, for both databases. After an intended change: `UPDATE_SNAPSHOTS=1 pytest tests/engine/test_sql_snapshots.py`."""

import datetime as dt
import os
from importlib import metadata
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.compile import compile_queries
from sellerhealth.engine.compile_unproven import compile_unproven
from sellerhealth.engine.queries import MetricQuery, Part
from sellerhealth.plugins.load import load_plugins
from sellerhealth.settings import Settings

FOLDER = Path(__file__).parent / "sql"
DAY = dt.datetime(2026, 3, 31, tzinfo=dt.UTC)
REGISTRY = load_plugins(Settings(), [metadata.distribution("sellerhealth")]).registry


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=["sqlite", "postgresql"])
@pytest.mark.parametrize("key", REGISTRY)
def test_the_sql_is_as_it_was(key: str, dialect: sa.Dialect) -> None:
    metric = REGISTRY[key]
    queries = [MetricQuery(metric, window, DAY.date()) for window in metric.windows]
    queries += [MetricQuery(metric, metric.windows[0], DAY.date(), part=Part(part)) for part in metric.parts]
    accounts = AccountFilter(account_ids=(1, 2))
    plans = [compile_queries(queries, accounts, DAY, sees_all=True), compile_unproven(queries, accounts, DAY, sees_all=True)]
    compiled = [plan.statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": False}) for plan in plans]  # type: ignore[attr-defined]  # of any Executable
    text = "\n".join(line.rstrip() for statement in compiled for line in f"{statement};\n".splitlines()) + "\n"
    snapshot = FOLDER / f"{key}.{dialect.name}.sql"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        FOLDER.mkdir(exist_ok=True)
        snapshot.write_text(text)
    assert text == snapshot.read_text()


def test_no_snapshot_is_left_over() -> None:
    assert {path.name.split(".")[0] for path in FOLDER.iterdir()} == set(REGISTRY)
