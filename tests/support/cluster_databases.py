"""Databases of tests on a cluster with the extension Citus: each is made on every server, migrated and distributed, and emptied like others."""

from collections.abc import Sequence

import sqlalchemy as sa

from sellerhealth.store.database import Database
from sellerhealth.store.distribution import distribute
from sellerhealth.store.migrate import upgrade
from tests.support.postgresql_databases import Databases, connect, create_database, drop_all


class ClusterDatabases(Databases):
    """The databases of one process. `coordinator` names a database of the cluster that knows the workers, and is not changed."""

    def __init__(self, coordinator: sa.URL, name: str) -> None:
        super().__init__(coordinator, "", name)
        nodes = self._connection.execute("SELECT nodename, nodeport, groupid FROM pg_dist_node WHERE isactive ORDER BY groupid").fetchall()
        self._own = next(((host, port) for host, port, group in nodes if group == 0), (coordinator.host, coordinator.port or 5432))
        self._workers: Sequence[tuple[str, int]] = [(host, port) for host, port, group in nodes if group != 0]

    def drop(self) -> None:
        """Drops all that were made, on the coordinator first."""
        for server in (self._server, *map(self._at, self._workers)):
            drop_all(server, f"{self._name}_")

    def without_tables(self) -> sa.URL:
        """A new database without tables, on every server."""
        name = self._new_name()
        for server in (self._server, *map(self._at, self._workers)):
            with connect(server) as connection:
                create_database(connection, name)
            with connect(server.set(database=name)) as connection:
                connection.execute("CREATE EXTENSION citus")
        with connect(self._server.set(database=name)) as connection:
            connection.execute("SELECT citus_set_coordinator_host(%s, %s)", self._own)
            for worker in self._workers:
                connection.execute("SELECT citus_add_node(%s, %s)", worker)
        return self._server.set(database=name)

    def _at(self, worker: tuple[str, int]) -> sa.URL:
        host, port = worker
        return self._server.set(host=host, port=port).difference_update_query(["host", "port"])

    def _copy(self) -> sa.URL:
        url = self.without_tables()
        database = Database(url.render_as_string(hide_password=False))
        upgrade(database)
        distribute(database)
        database.close()
        return url
