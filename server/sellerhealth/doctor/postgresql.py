"""Examines a PostgreSQL server: its version and settings, what its user may do, its clock and its connections."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from sellerhealth.doctor.finding import Finding, ok, problem, warning
from sellerhealth.errors import StoreFault
from sellerhealth.hosts import is_loopback_host
from sellerhealth.settings import Settings
from sellerhealth.store.database import Database
from sellerhealth.store.every_table import metadata
from sellerhealth.store.migrate import check
from sellerhealth.store.postgresql_server import replayed_until

_TESTED_FROM = 15  # the oldest version on which the tests run
_SKEW = dt.timedelta(seconds=30)

_ABOUT = """
SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int / 10000 AS major,
    current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS is_standby, pg_database_size(current_database()) AS size,
    current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
    (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit') AS synchronous_commit,
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS connections,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS in_use,
    coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS is_encrypted,
    current_user AS role, has_schema_privilege(current_schema(), 'CREATE') AS may_migrate, clock_timestamp() AS clock
"""
_PRIVILEGES = sa.text("""
SELECT name, has_table_privilege(to_regclass(name), 'SELECT') AS may_read,
    has_table_privilege(to_regclass(name), 'INSERT') AND has_table_privilege(to_regclass(name), 'UPDATE')
        AND has_table_privilege(to_regclass(name), 'DELETE') AS may_write
FROM unnest(CAST(:names AS text[])) AS name WHERE to_regclass(name) IS NOT NULL ORDER BY name
""")


def examine_server(database: Database) -> Iterator[Finding]:
    """The findings about the server of a database. Raises StoreFault if it does not answer."""
    before = dt.datetime.now(dt.UTC)
    with database.reading() as connection:
        about = connection.exec_driver_sql(_ABOUT).one()
        now = dt.datetime.now(dt.UTC)
        privileges = connection.execute(_PRIVILEGES, {"names": [table.name for table in metadata.sorted_tables]}).all()
    yield from _examine_version(about)
    yield _examine_durability(about)
    yield _examine_clock(about.clock, before, now)
    yield _examine_connections(about, database.most_connections)
    yield _examine_encryption(about, database.url)
    yield _examine_privileges(about, privileges)


def examine_replica(settings: Settings) -> Iterator[Finding]:
    """Whether the standby of `database_replica` can be read, and how far behind it is."""
    replica = Database(settings.database_replica or "")
    try:
        check(replica)
        with replica.reading() as connection:
            is_standby, until = connection.scalar(sa.select(sa.func.pg_is_in_recovery())), replayed_until(connection)
    except StoreFault as fault:
        yield problem("replica", f"{fault.code}: {fault}")
        return
    finally:
        replica.close()
    if not is_standby:
        yield warning("replica", "The server of `database_replica` is no standby.", "Name a standby of the server of `database`.")
    else:
        yield ok("replica", f"It has what was committed until {until:%Y-%m-%d %H:%M:%S} UTC." if until else "It was started just now.")


def _examine_version(about: sa.Row[Any]) -> Iterator[Finding]:
    summary = f"PostgreSQL {about.version}, a database of {about.size / 1e6:,.1f} MB."
    if about.major < _TESTED_FROM:
        yield warning("postgresql", summary, f"Upgrade the server: older versions than {_TESTED_FROM} are not tested.")
    else:
        yield ok("postgresql", summary)
    if about.encoding != "UTF8":
        yield problem(
            "encoding",
            f"The database is encoded in {about.encoding}, which lacks characters of names.",
            "Create another database with ENCODING 'UTF8' TEMPLATE template0, and move the content with `pg_dump`.",
        )
    if about.is_standby:
        yield warning("standby", "The server is a standby: nothing can be imported.", "Name the primary server in the setting `database`.")


def _examine_durability(about: sa.Row[Any]) -> Finding:
    off = [name for name in ("fsync", "full_page_writes", "synchronous_commit") if getattr(about, name) == "off"]
    if not off:
        return ok("durability", "What is stored survives a power failure.")
    return warning(
        "durability",
        f"{' and '.join(off)} {'is' if len(off) == 1 else 'are'} off: a power failure may lose the last imports"
        + ("." if off == ["synchronous_commit"] else ", or damage the database."),
        "Turn it on in the configuration of the server, unless this is a test.",
    )


def _examine_clock(theirs: dt.datetime, before: dt.datetime, after: dt.datetime) -> Finding:
    difference = max(before - theirs, theirs - after, dt.timedelta())
    if difference < _SKEW:
        return ok("server clock", "The clock of the PostgreSQL server and that of this machine agree.")
    return warning(
        "server clock",
        f"The clock of the PostgreSQL server and that of this machine differ by {difference.total_seconds():,.0f} seconds.",
        "Let a time service keep both right.",
    )


def _examine_connections(about: sa.Row[Any], needed: int) -> Finding:
    summary = f"{about.in_use} of {about.connections} connections are in use. A process needs up to {needed}."
    if about.connections - about.in_use >= needed:
        return ok("connections", summary)
    return warning("connections", summary, "Let fewer programs connect, raise `max_connections`, or put pgbouncer in front of the server.")


def _examine_encryption(about: sa.Row[Any], url: sa.URL) -> Finding:
    host = url.host or url.query.get("host") or ""
    if about.is_encrypted:
        return ok("encryption", "The connection is encrypted.")
    if not isinstance(host, str) or not (host == "" or host.startswith("/") or is_loopback_host(host)):
        return warning(
            "encryption",
            "The connection to the PostgreSQL server leaves this machine and is not encrypted.",
            "Add ?sslmode=verify-full&sslrootcert=FILE to the setting `database`.",
        )
    return ok("encryption", "The connection stays on this machine.")


def _examine_privileges(about: sa.Row[Any], privileges: Sequence[sa.Row[Any]]) -> Finding:
    unread = [each.name for each in privileges if not each.may_read]
    unwritten = [each.name for each in privileges if not each.may_write]
    if unread:
        return problem(
            "permissions",
            f"The user {about.role} may not read {', '.join(unread)}.",
            f"Run `GRANT SELECT ON ALL TABLES IN SCHEMA public TO {about.role}` as the owner of the tables.",
        )
    if unwritten:
        return warning(
            "permissions",
            f"The user {about.role} can read the database, but not import into it.",
            "If that is not intended, run commands as the owner of the tables.",
        )
    return ok("permissions", f"The user {about.role} can read and write the database{', and migrate it' if about.may_migrate else ''}.")
