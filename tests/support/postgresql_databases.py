"""Databases of tests on a PostgreSQL server: each is made from a migrated template, and emptied before it is used again."""

import contextlib
import itertools
from collections.abc import Collection, Iterator

import psycopg
import sqlalchemy as sa
from psycopg import sql

from sellerhealth.model.tables import metadata
from sellerhealth.store.database import Database
from sellerhealth.store.migrate import upgrade

# Of a user's language, as most servers are, not of bytes: nothing may depend on it.
LANGUAGE = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'"
_TABLES = "SELECT count(*), max(oid), sum(relnatts) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
# An import makes them, and the next one makes them again.
_ROLLUPS = "SELECT relname FROM pg_class WHERE relkind = 'r' AND starts_with(relname, 'rollup_') AND relname <> ALL (%s)"
_TABLES_WITH_ROWS = " UNION ALL ".join(
    f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in reversed(metadata.sorted_tables)
)


def connect(url: sa.URL) -> "psycopg.Connection":
    """A connection in which each statement is a transaction."""
    parameters = {name: str(value) for name, value in url.query.items()}
    return psycopg.connect(
        dbname=url.database, user=url.username, password=url.password, port=url.port, autocommit=True, **({"host": url.host} | parameters)
    )


def make_template(server: sa.URL, name: str) -> None:
    """Makes the database that others are copies of, unless there is one."""
    with connect(server) as connection:
        if name in _names(connection, name):
            return
        create_database(connection, f"{name}_new")
        database = Database(server.set(database=f"{name}_new").render_as_string(hide_password=False))
        upgrade(database)
        database.close()
        connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(f"{name}_new"), sql.Identifier(name)))


def drop_all(server: sa.URL, prefix: str) -> None:
    """Drops the databases whose names begin with this."""
    with connect(server) as connection:
        for name in _names(connection, prefix):
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _names(connection: "psycopg.Connection", prefix: str) -> list[str]:
    found = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
    return [name for (name,) in found.fetchall()]


def create_database(connection: "psycopg.Connection", name: str) -> None:
    """Creates a database without tables."""
    create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' ").format(sql.Identifier(name))
    try:
        connection.execute(create + sql.SQL(LANGUAGE))
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.SyntaxError):  # built without the library of languages, or before version 15
        connection.execute(create + sql.SQL("LOCALE 'C'"))


class Databases:
    """The databases of one process. `name` distinguishes them from those of other processes."""

    def __init__(self, server: sa.URL, template: str, name: str) -> None:
        self._server, self._template, self._name = server, template, name
        self._numbers, self._idle = itertools.count(1), list[_Reusable]()
        self._connection = connect(server)

    @contextlib.contextmanager
    def empty(self) -> Iterator[sa.URL]:
        """An empty, migrated database that nobody else uses."""
        database = self._idle.pop() if self._idle else _Reusable(self._copy())
        try:
            yield database.url
        finally:
            if database.can_be_used_again():
                self._idle.append(database)

    @property
    def idle(self) -> Collection[sa.URL]:
        """Those that nobody uses now."""
        return {database.url for database in self._idle}

    def without_tables(self) -> sa.URL:
        """A new database without tables."""
        name = self._new_name()
        create_database(self._connection, name)
        return self._server.set(database=name)

    def close(self) -> None:
        """Closes the connections to those that are idle."""
        for database in self._idle:
            database.close()
        self._connection.close()

    def _copy(self) -> sa.URL:
        name = self._new_name()
        self._connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(self._template)))
        return self._server.set(database=name)

    def _new_name(self) -> str:
        return f"{self._name}_{next(self._numbers)}"


class _Reusable:
    """A database, and a connection to it that empties it."""

    def __init__(self, url: sa.URL) -> None:
        self.url = url
        self._connection = connect(url)
        self._connection.execute("SET lock_timeout = '5s'")
        self._tables = self._look()

    def can_be_used_again(self) -> bool:
        """Deletes all rows. It cannot be used again if its tables were changed, or are still used."""
        try:
            for (name,) in self._connection.execute(_ROLLUPS, [list(metadata.tables)]).fetchall():
                self._connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
            unchanged = self._look() == self._tables
            for (name,) in self._connection.execute(_TABLES_WITH_ROWS).fetchall() if unchanged else ():
                # For tables with few rows this is much faster than TRUNCATE, which makes new files.
                self._connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        except psycopg.Error:
            unchanged = False
        if not unchanged:
            self.close()
        return unchanged

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def _look(self) -> object:
        return self._connection.execute(_TABLES).fetchone(), self._connection.execute("SELECT version_num FROM alembic_version").fetchall()
