"""Connections that stay open as SQLAlchemy has made them: to take one from a pool and to begin a transaction takes it ten times as long as a BEGIN."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import sqlalchemy as sa


class _Idle(NamedTuple):
    connection: sa.Connection
    since: float


class KeptConnections:
    """Connections of an engine that only reads. Threads may share them, one reader at a time uses each. Close them when done."""

    def __init__(self, engine: sa.Engine, is_usable: Callable[[sa.Connection, float], bool]) -> None:
        """`is_usable`: whether one can be used after it was idle for so many seconds."""
        self._engine, self._is_usable = engine, is_usable
        # That which was used last is used next. To append and to pop runs no Python code, so threads need no lock.
        self._idle: list[_Idle] = []

    @property
    def is_free(self) -> bool:
        """Whether one is open, and nobody uses it."""
        return bool(self._idle)

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
        """Closes those that are idle. Others are opened when they are needed."""
        while (idle := self._take()) is not None:
            idle.close()

    def _take(self) -> sa.Connection | None:
        while self._idle:
            try:
                connection, since = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            if self._is_usable(connection, time.monotonic() - since):
                return connection
            _drop(connection)
        return None

    def _keep(self, connection: sa.Connection) -> None:
        try:
            connection.connection.driver_connection.commit()  # type: ignore[union-attr]  # it is there while connected
        except connection.dialect.loaded_dbapi.Error:  # what was read is there
            _drop(connection)
            return
        if isinstance(self._engine.pool, sa.QueuePool):
            self._idle.append(_Idle(connection, time.monotonic()))
        else:  # it belongs to its thread
            connection.close()


def _drop(connection: sa.Connection) -> None:
    """Closes a connection that no pool can use."""
    connection.invalidate()
    connection.close()
