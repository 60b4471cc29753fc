"""On PostgreSQL every text is compared by code points, in a database of any language."""

import sqlalchemy as sa

from sellerhealth.model.tables import metadata
from sellerhealth.store.database import Database
from sellerhealth.store.migrate import upgrade
from tests.support.stores import Kind, Stores

COLLATIONS = sa.text("""
    SELECT DISTINCT coalesce(collation_name, 'default') FROM information_schema.columns
    WHERE table_name = ANY (:tables) AND data_type IN ('character varying', 'text')
""")


def collations(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.scalars(COLLATIONS, {"tables": list(metadata.tables)}))


def test_texts_are_compared_by_code_points(stores: Stores) -> None:
    with stores.open(Kind.POSTGRESQL) as server:
        assert collations(server) == ["C"]


def test_a_column_that_compares_by_the_language_of_the_database_is_changed_by_the_next_migration(stores: Stores) -> None:
    with stores.open(Kind.POSTGRESQL) as server:
        with server.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE orders ALTER marketplace TYPE varchar")
        assert sorted(collations(server)) == ["C", "default"]
        upgrade(server)
        assert collations(server) == ["C"]
