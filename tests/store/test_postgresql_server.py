"""A PostgreSQL server is used by its URL alone, with any settings, and after any accident of it or of a connection."""

import contextlib
import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from sellerhealth.cli.database import migrate_database, prepare_database
from sellerhealth.deadline import Deadline, DeadlinePassed
from sellerhealth.errors import StoreBusy, StoreFault, StoreForbidden, StoreInterrupted, StoreNotReady, StoreReadOnly, StoreUnreachable
from sellerhealth.model.records import Account
from sellerhealth.model.statement_text import rows_of
from sellerhealth.rollups.measure_set import measure_set
from sellerhealth.rollups.tables import prepare
from sellerhealth.store import accounts, postgresql_server
from sellerhealth.store.database import READERS, Database
from sellerhealth.store.migrate import check_readable, reason_to_migrate, upgrade
from sellerhealth.store.postgresql_server import wait_to_migrate
from sellerhealth.store.rollup_tables import rollup_columns, rollup_tables
from tests.support.own_server import PASSWORD, OwnServer
from tests.support.world import built_in

ODD = {
    "DateStyle": "German",
    "IntervalStyle": "sql_standard",
    "TimeZone": "Asia/Kolkata",
    "extra_float_digits": "-15",
    "standard_conforming_strings": "off",
    "client_encoding": "LATIN1",
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "on",
    "jit": "on",
    "jit_above_cost": "0",
}

NAMES = sa.select(Account.name).where(Account.account_id.in_(sa.bindparam("ids", expanding=True)))


@pytest.fixture
def database(own_server: OwnServer) -> Iterator[Database]:
    database = own_server.open()
    yield database
    database.close()


@contextlib.contextmanager
def opened(server: OwnServer, *arguments: str, **parameters: str) -> Iterator[Database]:
    database = server.open(*arguments, **parameters)
    try:
        yield database
    finally:
        database.close()


@contextlib.contextmanager
def stopped(server: OwnServer) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


def number_of_accounts(database: Database) -> int:
    with database.reading() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(Account)) or 0


def settings(connection: sa.Connection, *names: str) -> list[str]:
    return [str(connection.exec_driver_sql(f"SHOW {name}").scalar()) for name in names]


def sleep(seconds: float = 60) -> Callable[[sa.Connection], object]:
    return lambda connection: connection.exec_driver_sql(f"SELECT pg_sleep({seconds})")


def wait_for_sleeper(server: OwnServer) -> int:
    """The process of the connection that sleeps."""
    until = time.monotonic() + 30
    while not (found := server.administer("SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%%'")):
        assert time.monotonic() < until
        time.sleep(0.01)
    return int(found[0][0])


# ---------------------------------------------------------------- settings


def test_no_setting_of_a_server_or_a_role_changes_what_is_read_or_written(own_server: OwnServer) -> None:
    own_server.administer(
        "CREATE DATABASE odd TEMPLATE shop", *(f"ALTER DATABASE odd SET {name} = '{value}'" for name, value in ODD.items())
    )
    with opened(own_server, "odd") as database:
        with database.writing() as connection:
            account_id = accounts.create(connection, "key", "Bär \\' ‰")
            assert settings(connection, "jit", "transaction_isolation", "lock_timeout") == ["off", "read committed", "30s"]
        with database.reading() as connection:
            now = dt.datetime.now(dt.UTC)
            row = connection.execute(sa.select(Account.name, sa.literal(0.1) + 0.2, sa.func.now(), sa.literal_column("'\\a'"))).one()
            assert row[:2] == ("Bär \\' ‰", 0.1 + 0.2)
            assert (row[2].utcoffset(), row[3]) == (dt.timedelta(0), "\\a")
            assert abs(row[2] - now) < dt.timedelta(minutes=1)
            assert settings(connection, "jit", "transaction_isolation", "transaction_read_only") == ["off", "repeatable read", "on"]
        assert account_id


def test_a_setting_lasts_as_long_as_a_transaction(database: Database) -> None:
    """Else a pooler hands it to another program with the connection."""
    with database.reading(Deadline(60)) as connection:
        inside = settings(connection, "jit", "statement_timeout", "TimeZone")
        driver = connection.connection.driver_connection
        connection.commit()
        outside = [driver.execute(f"SHOW {name}").fetchone()[0] for name in ("jit", "statement_timeout")]
    assert (inside[0], outside) == ("off", ["on", "0"])
    assert inside[1] in ("1min", "60001ms", "59999ms") or inside[1].endswith("ms")


def operating(database: Database) -> contextlib.AbstractContextManager[sa.Connection]:
    return database.snapshot(Deadline(60))


@pytest.mark.parametrize("use", [Database.reading, operating])
def test_a_transaction_is_as_many_messages_as_without_settings(database: Database, use, monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg

    def read() -> None:
        with use(database) as connection:
            connection.exec_driver_sql("SELECT 1")

    sent = list[str]()
    plain = psycopg.Cursor.execute

    def execute(cursor, statement, *arguments, **options):
        sent.append(statement)
        return plain(cursor, statement, *arguments, **options)

    read()
    monkeypatch.setattr(psycopg.Cursor, "execute", execute)
    read()
    assert [text.split()[0] for text in sent] == ["BEGIN", "SELECT"]
    monkeypatch.setattr(postgresql_server, "_IDLE", 0.0)
    sent.clear()
    read()
    assert [text.split()[0] for text in sent] == [";", "BEGIN", "SELECT"]  # the first asks whether the connection still is one


def names_of(database: Database, account_ids: Sequence[int], times: int = 10) -> list[str]:
    """The names of accounts, by a statement that is kept."""
    for _ in range(times):
        with database.reading() as connection:
            names = [name for (name,) in rows_of(connection, NAMES, {"ids": account_ids})]
    return names


def prepared(database: Database) -> int:
    with database.reading() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements").scalar() or 0


@pytest.fixture
def shop(database: Database) -> Iterator[int]:
    with database.writing() as connection:
        account_id = accounts.create(connection, "prepared", "Shop")
    yield account_id
    with database.writing() as connection:
        connection.execute(sa.delete(Account).where(Account.account_id == account_id))


def test_a_statement_that_is_kept_and_sent_often_is_prepared(database: Database, shop: int) -> None:
    number_of_accounts(database)
    assert (names_of(database, [shop], 4), prepared(database)) == (["Shop"], 0)
    assert (names_of(database, [shop]), prepared(database)) == (["Shop"], 1)
    assert (names_of(database, [shop + 1]), prepared(database)) == ([], 1)


def test_a_statement_with_many_values_is_not_prepared(database: Database) -> None:
    """Its plan would compare each row with all of them."""
    assert (names_of(database, list(range(101))), prepared(database)) == ([], 0)
    assert (names_of(database, list(range(100))), prepared(database)) == ([], 1)


def test_a_prepared_statement_whose_columns_have_another_type_is_prepared_anew(
    own_server: OwnServer, database: Database, shop: int
) -> None:
    assert names_of(database, [shop]) == ["Shop"]
    for kind in ("text", "varchar"):
        own_server.administer(f"ALTER TABLE accounts ALTER COLUMN name TYPE {kind}")
        with pytest.raises(StoreInterrupted, match=r"cached plan must not change result type\. Try again"):
            names_of(database, [shop], 1)
        assert names_of(database, [shop]) == ["Shop"]


def test_a_connection_that_its_driver_has_closed_is_opened_anew(database: Database) -> None:
    with database.reading() as connection:
        driver = connection.connection.driver_connection
    assert driver is not None
    driver.close()
    assert number_of_accounts(database) == 0


def test_a_reader_writes_nothing(database: Database) -> None:
    with pytest.raises(sa.exc.InternalError, match="read-only transaction"), database.reading() as connection:
        accounts.create(connection, "key", "A seller")


def test_there_is_a_connection_for_every_thread_that_queries(database: Database) -> None:
    together = threading.Barrier(READERS)

    with ThreadPoolExecutor(READERS) as threads:
        assert sorted(threads.map(database.read, [lambda connection: together.wait(timeout=30)] * READERS)) == list(range(READERS))


def test_tls_is_chosen_by_the_url(own_server: OwnServer) -> None:
    own_server.need_tls()
    is_encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    for parameters, expected in (
        ({"sslmode": "verify-full", "sslrootcert": str(own_server.authority)}, True),
        ({"sslmode": "disable"}, False),
    ):
        with opened(own_server, **parameters) as database, database.reading() as connection:
            assert connection.exec_driver_sql(is_encrypted).scalar() is expected


# ---------------------------------------------------------------- refused


def refusal(url: str) -> StoreFault:
    database = Database(url)
    try:
        with pytest.raises(StoreFault) as refused:
            number_of_accounts(database)
        with pytest.raises(type(refused.value)), database.writing():
            pass
        assert isinstance(database.try_writing(lambda connection: None), type(refused.value))
    finally:
        database.close()
    return refused.value


@pytest.mark.parametrize(
    ("change", "reason", "remedy"),
    [
        ({"password": "se/cret@2"}, "password authentication failed", "Correct the user and the password"),
        ({"user": "stranger"}, "password authentication failed", "Correct the user and the password"),
        ({"name": "nowhere"}, 'database "nowhere" does not exist', "createdb"),
        ({"bogus": "1"}, 'invalid connection option "bogus"', "behind the ?"),
        ({"sslmode": "nonsense"}, 'invalid sslmode value: "nonsense"', "behind the ?"),
        ({"sslmode": "verify-full", "sslrootcert": "/dev/null"}, "certificate", "sslrootcert"),
        ({"host": "nohost.invalid"}, "nohost.invalid", "Correct the host"),
        ({"port": "1"}, "", "Check that its server runs"),
    ],
)
def test_a_server_that_lets_nobody_in_says_why_and_what_to_do(
    own_server: OwnServer, change: dict[str, str], reason: str, remedy: str
) -> None:
    if "sslrootcert" in change:
        own_server.need_tls()
    fault = refusal(own_server.url(**change))
    assert type(fault) is StoreUnreachable
    assert reason in str(fault)
    assert remedy in str(fault)
    for secret in (PASSWORD, "se/c", "cret"):
        assert secret not in str(fault)


def test_a_missing_privilege_is_named(own_server: OwnServer) -> None:
    own_server.administer("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    own_server.administer("GRANT SELECT ON alembic_version TO guest")
    with opened(own_server, user="guest", password="guest") as database:
        with pytest.raises(StoreForbidden):  # as /readyz says, although its version can be read
            check_readable(database)
        with pytest.raises(StoreForbidden, match=r"permission denied for table accounts.*Grant"):
            number_of_accounts(database)
        own_server.administer("GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest")
        assert number_of_accounts(database) == 0
        check_readable(database)
        with pytest.raises(StoreForbidden), database.writing() as connection:
            accounts.create(connection, "key", "A seller")
        assert isinstance(database.try_writing(lambda connection: accounts.create(connection, "key", "A seller")), StoreForbidden)
    own_server.administer("DROP OWNED BY guest", "DROP ROLE guest")


# ---------------------------------------------------------------- ended


def ended_by_a_killed_server(server: OwnServer) -> None:
    wait_for_sleeper(server)
    server.kill()
    server.start()


def ended_by_a_server_that_stops(server: OwnServer) -> None:
    wait_for_sleeper(server)
    server.stop()
    server.start()


def ended_by_an_administrator(server: OwnServer) -> None:
    server.administer(f"SELECT pg_terminate_backend({wait_for_sleeper(server)})")


def cancelled_by_an_administrator(server: OwnServer) -> None:
    server.administer(f"SELECT pg_cancel_backend({wait_for_sleeper(server)})")


@pytest.mark.parametrize(
    "end", [ended_by_a_killed_server, ended_by_a_server_that_stops, ended_by_an_administrator, cancelled_by_an_administrator]
)
@pytest.mark.parametrize("use", [Database.reading, operating, Database.writing])
def test_a_statement_that_is_ended_has_a_code_and_the_next_one_runs(own_server: OwnServer, database: Database, end, use) -> None:
    def run() -> None:
        with use(database) as connection:
            sleep()(connection)

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(run)
        end(own_server)
        with pytest.raises(StoreInterrupted, match="Try again"):
            running.result(30)
    with use(database) as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_connections_that_wait_are_checked_before_they_are_used(own_server: OwnServer, database: Database) -> None:
    def use_all() -> None:
        together = threading.Barrier(READERS)
        with ThreadPoolExecutor(READERS) as threads:
            list(threads.map(database.read, [lambda connection: together.wait(timeout=30)] * READERS))

    use_all()
    with database.writing():
        pass
    with stopped(own_server):
        for use in (database.reading, database.writing):
            with pytest.raises(StoreUnreachable, match="Check that its server runs"), use():
                pass
    use_all()
    with database.writing() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1


@pytest.mark.parametrize("use", [Database.reading, operating, Database.writing])
def test_a_connection_that_is_ended_while_it_waits_is_not_used(own_server: OwnServer, database: Database, use) -> None:
    for _ in range(3):
        with use(database) as connection:
            process = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        own_server.administer(f"SELECT pg_terminate_backend({process}, 5000)")
    with use(database) as connection:
        assert connection.exec_driver_sql("SELECT pg_backend_pid()").scalar() != process


def test_a_timeout_of_the_role_is_no_deadline_of_ours(own_server: OwnServer) -> None:
    own_server.administer("CREATE DATABASE hasty TEMPLATE shop", "ALTER DATABASE hasty SET statement_timeout = '100ms'")
    with opened(own_server, "hasty") as database:
        with pytest.raises(StoreInterrupted, match="statement timeout"), database.reading() as connection:
            sleep()(connection)
        with database.reading(Deadline(30)) as connection:  # an operation has its own time
            sleep(0.2)(connection)


# ---------------------------------------------------------------- deadlines


def test_a_statement_ends_when_its_time_is_over(database: Database) -> None:
    started = time.monotonic()
    with pytest.raises(DeadlinePassed), database.reading(Deadline(0.2)) as connection:
        sleep()(connection)
    assert time.monotonic() - started < 20
    assert number_of_accounts(database) == 0


@pytest.mark.parametrize("statements", [[sleep()], [sleep(0.01)] * 2000])
def test_statements_end_when_the_work_is_given_up(own_server: OwnServer, database: Database, statements) -> None:
    deadline = Deadline(60)

    def run() -> None:
        with database.reading(deadline) as connection:
            for send in statements:
                send(connection)

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(run)
        wait_for_sleeper(own_server)
        deadline.cancel()
        with pytest.raises(DeadlinePassed):
            running.result(20)
    assert own_server.administer("SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%%' AND state = 'active'") == []
    assert number_of_accounts(database) == 0


def test_a_cancel_never_reaches_the_next_who_uses_the_connection(database: Database) -> None:
    for _ in range(30):
        deadline = Deadline(60)
        with contextlib.suppress(DeadlinePassed), database.reading(deadline) as connection:
            connection.exec_driver_sql("SELECT 1")
            deadline.cancel()
        with database.reading() as connection:
            sleep(0.005)(connection)
    assert database.reader.pool.checkedout() == 1  # that which is kept


# ---------------------------------------------------------------- writers


def test_a_writer_waits_for_a_lock_and_then_says_for_what(
    own_server: OwnServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.writing() as connection:
        account_id = accounts.create(connection, "key", "A seller")

    def rename(connection: sa.Connection) -> None:
        connection.execute(sa.update(Account).where(Account.account_id == account_id).values(name="Renamed"))

    monkeypatch.setattr("sellerhealth.store.postgresql_server._WAIT", 50)
    with opened(own_server) as other, other.writing() as holder:
        rename(holder)
        with (
            opened(own_server) as hasty,
            pytest.raises(StoreBusy, match="Wait until its import is finished"),
            hasty.writing() as connection,
        ):
            rename(connection)
        assert isinstance(database.try_writing(rename), StoreBusy)
    assert database.try_writing(rename) is None
    own_server.administer("DELETE FROM accounts")


def test_a_server_that_can_only_be_read_is_named(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("SET LOCAL transaction_read_only = on")
        with pytest.raises(StoreReadOnly, match="name the primary server"):
            accounts.create(connection, "key", "A seller")


def test_two_that_migrate_take_turns(own_server: OwnServer) -> None:
    own_server.administer("CREATE DATABASE new TEMPLATE template0")
    with opened(own_server, "new") as one, opened(own_server, "new") as other, ThreadPoolExecutor(1) as thread:
        with one.writing() as connection:
            wait_to_migrate(connection)
            waiting = thread.submit(upgrade, other)
            until = time.monotonic() + 30
            while not own_server.administer("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
                assert not waiting.done()
                assert time.monotonic() < until
        waiting.result(60)
        upgrade(one)
        assert reason_to_migrate(one) is None


def test_readers_of_a_table_do_not_wait_while_its_change_waits_for_a_backup(own_server: OwnServer, database: Database) -> None:
    some, more = (
        measure_set([built_in(key) for key in keys]) for keys in (["late_shipment_rate"], ["late_shipment_rate", "cancellation_rate"])
    )
    prepare(database, some)
    with opened(own_server) as other, ThreadPoolExecutor(1) as thread:
        with database.reading() as backup:
            (table,) = rollup_tables(backup)
            backup.exec_driver_sql(f"SELECT FROM {table}")
            preparing = thread.submit(prepare, other, more)
            until = time.monotonic() + 30
            while not own_server.administer("SELECT FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted"):
                assert time.monotonic() < until
            started = time.monotonic()
            with database.reading() as connection:
                connection.exec_driver_sql(f"SELECT FROM {table}")
            assert time.monotonic() - started < 5  # 30 where the change waits for as long as other writers do
            assert not preparing.done()
        preparing.result(60)
    (numbers,) = more.grains.values()
    with database.reading() as connection:
        assert numbers.keys() <= {*rollup_columns(connection)[table]}


def test_a_server_does_not_start_on_a_database_that_is_behind(own_server: OwnServer) -> None:
    own_server.administer("CREATE DATABASE behind TEMPLATE template0")
    with opened(own_server, "behind") as database:
        with pytest.raises(StoreNotReady, match="Run `sellerhealth migrate`") as refused:
            prepare_database(database)
        assert PASSWORD not in str(refused.value)
        migrate_database(database)
        prepare_database(database)
