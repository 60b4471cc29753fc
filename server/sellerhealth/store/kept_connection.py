"""A connection that stays open as SQLAlchemy has made it: to take one from a pool and to begin a transaction takes it ten times as long as a BEGIN."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

import sqlalchemy as sa


class KeptConnection:
    """A connection of an engine that only reads. One reader at a time uses it, and others get another. Threads may share it. Close it when done."""

    def __init__(self, engine: sa.Engine, is_usable: Callable[[sa.Connection, float], bool]) -> None:
        """`is_usable`: whether it can be used after it was idle for so many seconds."""
        self._engine, self._is_usable = engine, is_usable
        self._idle_since = 0.0
        self._idle: sa.Connection | None = None
        self._lock = threading.Lock()

    @property
    def is_free(self) -> bool:
        """Whether it is open, and nobody uses it."""
        return self._idle is not None

    @contextlib.contextmanager
    def transaction(self, around: Callable[[sa.Connection], contextlib.AbstractContextManager[None]]) -> Iterator[sa.Connection]:
        """A connection in a transaction, inside of what is made `around` it. After an error it is closed, as it may be of no use."""
        connection = self._take() or self._engine.connect()
        try:
            with around(connection):
                # SQLAlchemy's own transaction begins once, and never ends. What listens to its beginning sends the BEGIN.
                if connection.in_transaction():
                    connection.dispatch.begin(connection)
                else:
                    connection.begin()
                yield connection
        except BaseException:
            connection.close()
            raise
        self._keep(connection)

    def close(self) -> None:
        """Closes it. It is opened again when it is used."""
        if (idle := self._take()) is not None:
            idle.close()

    def _take(self) -> sa.Connection | None:
        with self._lock:
            connection, self._idle, idle = self._idle, None, time.monotonic() - self._idle_since
        if connection is None or self._is_usable(connection, idle):
            return connection
        _drop(connection)
        return None

    def _keep(self, connection: sa.Connection) -> None:
        try:
            connection.connection.driver_connection.commit()  # type: ignore[union-attr]  # it is there while connected
        except connection.dialect.loaded_dbapi.Error:  # what was read is there
            _drop(connection)
            return
        with self._lock:
            if self._idle is None and isinstance(self._engine.pool, sa.QueuePool):  # a connection of another pool belongs to its thread
                self._idle, self._idle_since = connection, time.monotonic()
                return
        connection.close()


def _drop(connection: sa.Connection) -> None:
    """Closes a connection that no pool can use."""
    connection.invalidate()
    connection.close()
