"""Statistics are made after an import of many rows, and whoever may not make them imports all the same."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from sellerhealth.facts import Order
from sellerhealth.store.database import Database
from sellerhealth.store.statistics import analyse
from tests.store.importing import account, import_rows, order
from tests.support.stores import Kind, Stores

ORDERS = Order.__table__


@pytest.fixture
def server(stores: Stores) -> Iterator[Database]:
    """A store on a server that has its rows itself."""
    if stores.are_on_cluster:
        pytest.skip("the workers have the rows")
    with stores.open(Kind.POSTGRESQL) as database:
        with database.writing() as connection:
            if connection.exec_driver_sql("SHOW is_superuser").scalar_one() == "off":
                pytest.skip("only a superuser may take the statistics of earlier tests away")
            connection.exec_driver_sql("DELETE FROM pg_statistic WHERE starelid = 'orders'::regclass")
            connection.exec_driver_sql("UPDATE pg_class SET reltuples = -1 WHERE oid = 'orders'::regclass")
        yield database


def sampled(database: Database) -> int:
    """How many columns of orders have statistics."""
    with database.reading() as connection:
        return connection.execute(sa.text("SELECT count(*) FROM pg_stats WHERE tablename = 'orders'")).scalar_one()


def test_tables_into_which_an_import_wrote_many_rows_are_sampled(server: Database) -> None:
    import_rows(server, account(server), [order(f"702-{number}") for number in range(999)])
    assert sampled(server) == 0
    import_rows(server, account(server, "another"), [order(f"702-{number}") for number in range(1000)])
    assert sampled(server) == len(ORDERS.c)


def test_a_small_sample_is_enough(server: Database) -> None:
    import_rows(server, account(server), [order(f"702-{number}") for number in range(1000)])
    bounds = "SELECT cardinality(histogram_bounds::text::text[]) FROM pg_stats WHERE tablename = 'orders' AND attname = 'order_id'"
    with server.reading() as connection:
        assert connection.exec_driver_sql(bounds).scalar_one() == 11  # of ten parts; the server's own are 100


def test_a_dry_run_samples_nothing(server: Database) -> None:
    import_rows(server, account(server), [order(f"702-{number}") for number in range(1000)], dry_run=True)
    assert sampled(server) == 0


def test_a_table_of_which_little_changed_is_not_sampled_again(server: Database) -> None:
    with server.writing() as connection:
        connection.exec_driver_sql("UPDATE pg_class SET reltuples = 1000000 WHERE oid = 'orders'::regclass")
    analyse(server, {ORDERS: 49_999})
    assert sampled(server) == 0


def test_an_import_by_a_user_who_may_not_make_statistics_succeeds(server: Database) -> None:
    with server.writing() as connection:
        connection.exec_driver_sql("DROP ROLE IF EXISTS no_owner")
        connection.exec_driver_sql("CREATE ROLE no_owner LOGIN")
        connection.exec_driver_sql("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO no_owner")
    other = Database(server.url.set(username="no_owner").render_as_string(hide_password=False))
    try:
        counts = import_rows(other, account(other), [order(f"702-{number}") for number in range(1000)])
    finally:
        other.close()
        with server.writing() as connection:
            connection.exec_driver_sql("DROP OWNED BY no_owner")
            connection.exec_driver_sql("DROP ROLE no_owner")
    assert (counts.new, sampled(server)) == (1000, 0)


def rows_of_shards(database: Database) -> list[int]:
    """How many orders each shard has, as far as the statistics know."""
    known = "SELECT CAST(reltuples AS bigint) FROM pg_class WHERE oid = %L::regclass"
    of_shards = sa.text("SELECT CAST(result AS bigint) FROM run_command_on_shards('orders', :known)")
    with database.reading() as connection:
        return sorted(connection.scalars(of_shards, {"known": known}), reverse=True)


def test_on_a_cluster_the_shards_that_have_grown_are_sampled(stores: Stores) -> None:
    """Else statistics that say that they are empty let a worker look each order up among all."""
    if not stores.are_on_cluster:
        pytest.skip("it needs a cluster")
    with stores.open(Kind.POSTGRESQL) as database:
        with database.writing() as connection:
            connection.exec_driver_sql("ANALYZE orders")
        import_rows(database, account(database), [order(f"702-{number}") for number in range(999)])
        assert max(rows_of_shards(database)) <= 0
        import_rows(database, account(database, "another"), [order(f"702-{number}") for number in range(1000)])
        assert sum(rows_of_shards(database)) == 1999  # a shard that had grown before is sampled, too


@pytest.mark.sqlite_file
def test_sqlite_samples_its_tables_after_every_import(database: Database) -> None:
    import_rows(database, account(database), [order()])
    with database.reading() as connection:
        assert "orders" in connection.scalars(sa.text("SELECT tbl FROM sqlite_stat1")).all()


@pytest.mark.sqlite_file
def test_connections_that_are_open_plan_with_the_new_statistics(database: Database) -> None:
    def sample(rows: str) -> None:
        with database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM sampled")
            connection.exec_driver_sql(
                f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 500) INSERT INTO sampled SELECT {rows} FROM n"
            )
        analyse(database, {})

    def index(number: int) -> str:
        with database.reading() as connection:
            connection.exec_driver_sql("SELECT few FROM sampled WHERE few = 1 AND many = 1").all()
            # The driver remembers statements, and an EXPLAIN that is run again explains what it did before.
            explain = f"EXPLAIN QUERY PLAN SELECT few FROM sampled WHERE few = 1 AND many = 1 LIMIT {number}"
            (step,) = connection.exec_driver_sql(explain).all()
            return str(step.detail)

    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE sampled (few, many)")
        connection.exec_driver_sql("CREATE INDEX of_few ON sampled (few)")
        connection.exec_driver_sql("CREATE INDEX of_many ON sampled (many)")
    sample("n % 2, n")
    assert "of_many" in index(1)
    sample("n, n % 2")
    assert "of_few" in index(2)
