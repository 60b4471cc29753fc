"""The order of texts on PostgreSQL: by code points, as on SQLite and in Python, for any language of the server."""

import sqlalchemy as sa

from sellerhealth.store.every_table import metadata

# Columns that are compared by the language of the database. A type without texts has no collation.
_OTHERS = sa.text("""
    SELECT pg_class.relname, pg_attribute.attname
    FROM pg_class JOIN pg_attribute ON pg_attribute.attrelid = pg_class.oid
    WHERE pg_class.relname = ANY (:tables) AND pg_class.oid = to_regclass(quote_ident(pg_class.relname))
        AND pg_attribute.attnum > 0 AND NOT pg_attribute.attisdropped
        AND pg_attribute.attcollation NOT IN (0, CAST('pg_catalog."C"' AS regcollation))
    ORDER BY pg_class.relname, pg_attribute.attnum
""")


def order_by_code_points(connection: sa.Connection) -> None:
    """Makes every text column of our tables compare by code points. Does nothing on SQLite, or where they do."""
    if connection.dialect.name != "postgresql":
        return
    quote = connection.dialect.identifier_preparer.quote
    changes: dict[str, list[str]] = {}
    for table, column in connection.execute(_OTHERS, {"tables": list(metadata.tables)}):
        changes.setdefault(table, []).append(f'ALTER {quote(column)} TYPE varchar COLLATE "C"')
    for table, of_table in changes.items():
        connection.exec_driver_sql(f"ALTER TABLE {quote(table)} {', '.join(of_table)}")
