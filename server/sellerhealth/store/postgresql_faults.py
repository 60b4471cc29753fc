"""Names the faults of a PostgreSQL server: what its driver raises, with the reason that it gives and a remedy."""

from collections.abc import Mapping
from typing import Any

from sellerhealth.database_url import ESCAPES
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

# By the beginning of SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html. The longest counts.
_KINDS: Mapping[str, type[StoreFault]] = {
    "08": StoreInterrupted,
    "25006": StoreReadOnly,
    "25P03": StoreInterrupted,  # the server ends connections that wait in a transaction
    "25P04": StoreInterrupted,
    "26": StoreInterrupted,  # no such prepared statement
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
        "Grant its user the privilege, or name another user in the setting `database`: see `sellerhealth docs operations`.",
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


def kind_of(error: BaseException, *, is_connected: bool) -> type[StoreFault] | None:
    """The kind of fault that an error of the driver is. None if the statement is at fault."""
    names = {f"{base.__module__}.{base.__qualname__}" for base in type(error).__mro__}  # without the driver, which may not be installed
    if "psycopg.Error" not in names:
        return None
    if not is_connected:
        return StoreUnreachable
    if has_outdated_plan(error):
        return StoreInterrupted
    if state := getattr(error, "sqlstate", None):
        return next((_KINDS[state[:length]] for length in (5, 3, 2) if state[:length] in _KINDS), None)
    return StoreInterrupted if "psycopg.OperationalError" in names else None  # the connection was lost


def has_outdated_plan(error: Any) -> bool:
    """Whether a prepared statement failed because its result has other types by now. Only the function says so: the code is of many errors."""
    return getattr(error, "sqlstate", None) == "0A000" and error.diag.source_function == "RevalidateCachedQuery"


def explain(kind: type[StoreFault], error: Any) -> str:
    """What is wrong with a database and what to do, with the reason that the driver or the server gives. It contains no data of a statement."""
    what, remedy = _WORDS[kind]
    reason = " ".join((error.diag.message_primary or str(error)).split()).removeprefix("connection failed: ")
    if kind is StoreUnreachable:
        remedy = next((known for words, known in _NO_CONNECTION.items() if words in reason.lower()), remedy)
    return f"{what}: {reason}{'' if reason.endswith(('.', '?')) else '.'} {remedy}"
