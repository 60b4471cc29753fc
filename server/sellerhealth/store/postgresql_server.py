"""How a PostgreSQL server is used: the settings of its connections and transactions, and how a running statement is cancelled."""

import contextlib
import datetime as dt
import math
import select
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from sellerhealth.deadline import NEVER, Deadline
from sellerhealth.errors import StoreFault
from sellerhealth.model.shard_routing import is_on_cluster, note_cluster
from sellerhealth.model.statement_text import send_directly
from sellerhealth.store.postgresql_faults import has_outdated_plan

# Of a new connection, unless the URL says something else. An address that does not answer, or a server that vanishes, is noticed within seconds.
_CONNECTION: Mapping[str, Any] = {
    "application_name": "sellerhealth",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}

# What a server, a database or a role may have set otherwise. Sent with the BEGIN of each transaction, in one message: a pooler such as
# pgbouncer refuses settings of a connection, and hands the connection of one transaction to another client.
_TRANSACTION: Mapping[str, str] = {
    "jit": "off",  # compiling our statements takes longer than running them
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
}
_ON_CLUSTER: Mapping[str, str] = {"citus.propagate_set_commands": "local"}  # so that what follows is set on the workers, too
_READ = "ISOLATION LEVEL REPEATABLE READ, READ ONLY"  # a reader sees one snapshot until it is done
_WRITE = "ISOLATION LEVEL READ COMMITTED, READ WRITE"
_WAIT = 30_000  # ms, as on SQLite
_MOMENT = 200  # ms
_MIGRATING = 0x5E11E4  # of a lock: any number, as long as it stays
_ABOUT_SERVER = "SELECT pg_backend_pid(), EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus')"
_PREPARED = 24  # statements of a connection: a large one takes more than a megabyte of the server
_IDLE = 30.0  # seconds, after which a connection is tried before it is used: who is between may have forgotten it
_NOT_PREPARED = "26000"  # SQLSTATE: no such prepared statement
# In the `info` of a connection.
_IS_DIRECT, _CHECKED_IN, _DEADLINE = "sellerhealth.is_direct", "sellerhealth.checked_in", "sellerhealth.deadline"
_CANCEL_AGAIN = 0.05  # seconds


def engine_options(url: sa.URL) -> Mapping[str, Any]:
    """How the engines of a server are created."""
    return {
        # Nothing is prepared unless it is decided for the statement: see `_prepare_statements`.
        "connect_args": {"prepare_threshold": None, "client_encoding": "utf8"}
        | {k: v for k, v in _CONNECTION.items() if k not in url.query},
        "use_native_hstore": False,  # spares a look-up
    }


def open_readers(engine: sa.Engine) -> None:
    """Sets up the transactions of an engine to read. They end at the deadline of their connection, see `interrupted`."""

    def begin(connection: sa.Connection) -> None:
        deadline = _deadline(connection)
        deadline.check()
        ends = {} if math.isinf(deadline.remaining) else {"statement_timeout": f"{math.ceil(deadline.remaining * 1000) + 1}"}
        send_directly(connection, _begin(connection, _READ, ends))

    sa.event.listen(engine, "connect", _leave_transactions_to_us)
    sa.event.listen(engine, "connect", _note_server)
    sa.event.listen(engine, "connect", _prepare_statements)
    sa.event.listen(engine, "begin", begin)
    sa.event.listen(engine, "handle_error", _forget_prepared)
    _check_before_use(engine)
    sa.event.listen(engine, "before_cursor_execute", lambda connection, *_: _deadline(connection).check())


def open_writers(engine: sa.Engine, *, wait: bool = True) -> None:
    """Sets up the transactions of an engine to write. They wait for others, or fail nearly at once."""
    # What does not wait for others does not wait for the disk either: it may be lost with the power.
    settings = {"lock_timeout": f"{_WAIT}"} if wait else {"lock_timeout": "10", "synchronous_commit": "off"}
    sa.event.listen(engine, "connect", _leave_transactions_to_us)
    sa.event.listen(engine, "connect", _note_server)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(_begin(connection, _WRITE, settings)))
    _check_before_use(engine)


def wait_to_migrate(connection: sa.Connection) -> None:
    """Waits until no other program migrates the database, and keeps others waiting until the transaction ends."""
    if is_on_cluster(connection):  # tables refer to each other, so their shards cannot be changed in parallel
        connection.exec_driver_sql("SET LOCAL citus.multi_shard_modify_mode = 'sequential'")
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATING)))


def wait_a_moment(connection: sa.Connection) -> None:
    """Lets a transaction wait for others for a moment at a time: behind one that waits to change a table, all wait who read that table."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_MOMENT}'")


def replayed_until(connection: sa.Connection) -> dt.datetime | None:
    """Until when everything that was committed is on a standby. None if it does not know yet."""
    is_standby = sa.func.pg_is_in_recovery()
    until = sa.case((is_standby, sa.func.pg_last_xact_replay_timestamp()), else_=sa.func.clock_timestamp())
    instant: dt.datetime | None = connection.scalar(sa.select(until))
    return instant


def _begin(connection: sa.Connection, mode: str, settings: Mapping[str, str]) -> str:
    every = {**(_ON_CLUSTER if is_on_cluster(connection) else {}), **_TRANSACTION, **settings}
    return "; ".join([f"BEGIN {mode}", *(f"SET LOCAL {name} = '{value}'" for name, value in every.items())])


def _leave_transactions_to_us(connection: Any, record: Any) -> None:
    connection.autocommit = True  # else the driver sends a BEGIN of its own. It still sends COMMIT and ROLLBACK


def _note_server(connection: Any, record: Any) -> None:
    process, is_cluster = connection.execute(_ABOUT_SERVER).fetchone()
    note_cluster(record, is_cluster=is_cluster)
    record.info[_IS_DIRECT] = process == connection.info.backend_pid and not is_cluster  # a pooler makes a number up


def _prepare_statements(connection: Any, record: Any) -> None:
    """Lets a connection prepare those statements of which it is requested, see model/statement_text.py.

    Not through a pooler, which may send the next transaction to a connection that knows no such statement.
    """
    if record.info[_IS_DIRECT]:
        connection.prepare_threshold, connection.prepared_max = sys.maxsize, _PREPARED


def _forget_prepared(context: sa.ExceptionContext) -> None:
    """Closes a connection whose prepared statements are of no use any more, for example because a column has another type."""
    error = context.original_exception
    if getattr(error, "sqlstate", None) == _NOT_PREPARED or has_outdated_plan(error):
        context.is_disconnect = True


def _check_before_use(engine: sa.Engine) -> None:
    """Lets the pool of an engine connect anew where a connection is dead: a server that was started again has closed every one.

    What a server says when it closes a connection has arrived, and is seen without a question to the server.
    """

    def note(connection: Any, record: Any) -> None:
        record.info[_CHECKED_IN] = time.monotonic()

    def check(connection: Any, record: Any, proxy: Any) -> None:
        try:
            _try(connection, time.monotonic() - record.info.get(_CHECKED_IN, math.inf))  # a new one is not idle
        except engine.dialect.loaded_dbapi.Error as dead:
            raise sa.exc.InvalidatePoolError from dead  # the others of the pool are as old

    sa.event.listen(engine, "checkin", note)
    sa.event.listen(engine, "checkout", check)


def is_usable(connection: sa.Connection, idle: float) -> bool:
    """Whether a connection that was kept outside of its pool, and was idle for so many seconds, is alive, as a pool would look at it."""
    try:
        _try(connection.connection.driver_connection, idle)
    except connection.dialect.loaded_dbapi.Error:
        return False
    return True


def _try(driver: Any, idle: float) -> None:
    if idle >= _IDLE or _has_word(driver):
        driver.execute(";")


def _has_word(connection: Any) -> bool:
    """Whether a server has sent something that nobody has read, or has closed the connection."""
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


def _deadline(connection: sa.Connection) -> Deadline:
    deadline: Deadline = connection.info.get(_DEADLINE, NEVER)
    return deadline


@contextlib.contextmanager
def interrupted(connection: sa.Connection, deadline: Deadline) -> Iterator[None]:
    """Cancels the running statement when the work is cancelled, from another thread. The server ends it by itself when its time is over."""
    info = connection.info  # that of one that is closed meanwhile would open another
    info[_DEADLINE] = deadline
    canceller = _Canceller(connection.connection.driver_connection)
    with deadline.stopping(canceller.start):
        try:
            yield
        except (StoreFault, sa.exc.DBAPIError):
            deadline.check()  # the statement was cancelled
            raise
        finally:
            canceller.end()
            info.pop(_DEADLINE, None)


class _Canceller:
    """Cancels what a connection does, again and again until its transaction has ended: a cancel between two statements has no effect."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._sending = threading.Lock()
        self._ended = threading.Event()

    def start(self) -> None:
        """Returns at once."""
        threading.Thread(target=self._cancel, name="cancel", daemon=True).start()

    def end(self) -> None:
        """From here on nothing is cancelled: the next transaction of the connection is another's."""
        with self._sending:
            self._ended.set()

    def _cancel(self) -> None:
        pause = _CANCEL_AGAIN
        while True:
            with self._sending:
                if self._ended.is_set():
                    return
                with contextlib.suppress(Exception):  # the server is gone, and the statement ends for that reason
                    self._driver.cancel_safe(timeout=1)
            if self._ended.wait(pause):
                return
            pause *= 2
