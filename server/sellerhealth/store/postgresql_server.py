"""How a PostgreSQL server is used: its connections and transactions, how a statement is cancelled, and what its errors tell."""

import contextlib
import datetime as dt
import math
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from sellerhealth.database_url import ESCAPES
from sellerhealth.deadline import NEVER, Deadline
from sellerhealth.errors import (
    StoreBusy,
    StoreDamaged,
    StoreFault,
    StoreForbidden,
    StoreFull,
    StoreInterrupted,
    StoreReadOnly,
    StoreUnreachable,
)

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
_READ = "ISOLATION LEVEL REPEATABLE READ, READ ONLY"  # a reader sees one snapshot until it is done
_WRITE = "ISOLATION LEVEL READ COMMITTED, READ WRITE"
_WAIT = 30_000  # ms, as on SQLite
_MIGRATING = 0x5E11E4  # of a lock: any number, as long as it stays
_CANCEL_AGAIN = 0.05  # seconds

# By the beginning of SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html. The longest counts.
_KINDS: Mapping[str, type[StoreFault]] = {
    "08": StoreInterrupted,
    "25006": StoreReadOnly,
    "25P03": StoreInterrupted,  # the server ends connections that wait in a transaction
    "25P04": StoreInterrupted,
    "28": StoreUnreachable,
    "3D": StoreUnreachable,
    "40001": StoreBusy,
    "40P01": StoreBusy,
    "42501": StoreForbidden,
    "53": StoreFault,
    "53100": StoreFull,
    "53300": StoreUnreachable,
    "55P03": StoreBusy,
    "57": StoreInterrupted,  # cancelled, terminated, or the server is being shut down
    "57P03": StoreUnreachable,
    "58": StoreFault,
    "XX001": StoreDamaged,
    "XX002": StoreDamaged,
}

_WORDS: Mapping[type[StoreFault], tuple[str, str]] = {
    StoreBusy: ("is being written by another program", "Wait until its import is finished, and try again."),
    StoreDamaged: ("is damaged", "Stop what uses it, and restore a backup with `pg_restore`."),
    StoreFault: ("cannot be read or written", "Look into the log of the PostgreSQL server."),
    StoreForbidden: (
        "refuses a statement",
        "Grant its user the privilege, or name another user in the setting `database`: see docs/operations.md.",
    ),
    StoreFull: ("cannot grow", "Nothing was stored. Make room on the disk of the PostgreSQL server, and try again."),
    StoreInterrupted: (
        "did not answer a statement to its end",
        "Try again: the next statement connects anew. A change that was on its way is stored as a whole, or not at all.",
    ),
    StoreReadOnly: (
        "can only be read",
        "Its server is a standby, or the role may only read: name the primary server, or another user, in the setting `database`.",
    ),
    StoreUnreachable: ("cannot be reached", "Check that its server runs, and the setting `database`."),
}

# What to do when no connection is made, by words of the driver or the server. There is no SQLSTATE then. A message in another language gets
# the remedy of StoreUnreachable.
_NO_CONNECTION: Mapping[str, str] = {
    "password": f"Correct the user and the password in the setting `database`. {ESCAPES}",
    "role ": "Correct the user in the setting `database`, or create it with `createuser`.",
    "database ": "Create it with `createdb`, or correct its name in the setting `database`.",
    "connection option": "Correct what stands behind the ? in the setting `database`.",
    " value": "Correct what stands behind the ? in the setting `database`.",
    "resolve host": "Correct the host in the setting `database`.",
    "name or service": "Correct the host in the setting `database`.",
    "connection slots": "Let fewer programs connect, raise `max_connections` of the server, or put pgbouncer in front of it.",
    "too many": "Let fewer programs connect, raise `max_connections` of the server, or put pgbouncer in front of it.",
    "starting up": "Wait until it has started.",
    "shutting down": "Start it again.",
    "pg_hba": "Allow this user and address in the server's pg_hba.conf, or connect with TLS: add ?sslmode=require to the setting `database`.",
    "certificate": "Correct `sslrootcert` in the setting `database`, or the certificate of the server.",
    "ssl": "Correct `sslmode` in the setting `database`, or turn TLS on in the server.",
}


def engine_options(url: sa.URL) -> Mapping[str, Any]:
    """How the engines of a server are created."""
    return {
        # A pooler may send the next transaction to a connection that knows no prepared statement.
        "connect_args": {"prepare_threshold": None, "client_encoding": "utf8"}
        | {k: v for k, v in _CONNECTION.items() if k not in url.query},
        "use_native_hstore": False,  # spares a look-up
        "pool_pre_ping": True,  # a server that was started again has closed every connection
    }


def open_readers(engine: sa.Engine) -> None:
    """Sets up the transactions of an engine to read. They end at the deadline that is an option of the connection."""

    def begin(connection: sa.Connection) -> None:
        remaining = _deadline(connection).remaining
        ends = {} if math.isinf(remaining) else {"statement_timeout": f"{math.ceil(remaining * 1000) + 1}"}
        connection.exec_driver_sql(_begin(_READ, ends))

    sa.event.listen(engine, "connect", _leave_transactions_to_us)
    sa.event.listen(engine, "begin", begin)
    sa.event.listen(engine, "before_cursor_execute", lambda connection, *_: _deadline(connection).check())


def open_writers(engine: sa.Engine, *, wait: bool = True) -> None:
    """Sets up the transactions of an engine to write. They wait for others, or fail nearly at once."""
    # What does not wait for others does not wait for the disk either: it may be lost with the power.
    begin = _begin(_WRITE, {"lock_timeout": f"{_WAIT}"} if wait else {"lock_timeout": "10", "synchronous_commit": "off"})
    sa.event.listen(engine, "connect", _leave_transactions_to_us)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))


def wait_to_migrate(connection: sa.Connection) -> None:
    """Waits until no other program migrates the database, and keeps others waiting until the transaction ends."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATING)))


def replayed_until(connection: sa.Connection) -> dt.datetime | None:
    """Until when everything that was committed is on a standby. None if it does not know yet."""
    is_standby = sa.func.pg_is_in_recovery()
    until = sa.case((is_standby, sa.func.pg_last_xact_replay_timestamp()), else_=sa.func.clock_timestamp())
    instant: dt.datetime | None = connection.scalar(sa.select(until))
    return instant


def _begin(mode: str, settings: Mapping[str, str]) -> str:
    return "; ".join([f"BEGIN {mode}", *(f"SET LOCAL {name} = '{value}'" for name, value in {**_TRANSACTION, **settings}.items())])


def _leave_transactions_to_us(connection: Any, record: Any) -> None:
    connection.autocommit = True  # else the driver sends a BEGIN of its own. It still sends COMMIT and ROLLBACK


def _deadline(connection: sa.Connection) -> Deadline:
    deadline: Deadline = connection.get_execution_options().get("deadline", NEVER)
    return deadline


@contextlib.contextmanager
def interrupted(connection: sa.Connection, deadline: Deadline) -> Iterator[None]:
    """Cancels the running statement when the work is given up, from another thread. The server ends it by itself when its time is over."""
    connection.execution_options(deadline=deadline)
    canceller = _Canceller(connection.connection.driver_connection)
    with deadline.stopping(canceller.start):
        try:
            yield
        except (StoreFault, sa.exc.DBAPIError):
            deadline.check()  # the statement was cancelled
            raise
        finally:
            canceller.end()


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


def kind_of(error: BaseException, *, is_connected: bool) -> type[StoreFault] | None:
    """The kind of fault that an error of the driver tells of. None if the statement is at fault."""
    names = {f"{base.__module__}.{base.__qualname__}" for base in type(error).__mro__}  # without the driver, which may not be installed
    if "psycopg.Error" not in names:
        return None
    if not is_connected:
        return StoreUnreachable
    if state := getattr(error, "sqlstate", None):
        return next((_KINDS[state[:length]] for length in (5, 3, 2) if state[:length] in _KINDS), None)
    return StoreInterrupted if "psycopg.OperationalError" in names else None  # the connection was lost


def explain(kind: type[StoreFault], error: Any) -> str:
    """What is wrong with a database and what to do, with the reason that the driver or the server gives. It contains no data of a statement."""
    what, remedy = _WORDS[kind]
    reason = " ".join((error.diag.message_primary or str(error)).split()).removeprefix("connection failed: ")
    if kind is StoreUnreachable:
        remedy = next((known for words, known in _NO_CONNECTION.items() if words in reason.lower()), remedy)
    return f"{what}: {reason}{'' if reason.endswith(('.', '?')) else '.'} {remedy}"
