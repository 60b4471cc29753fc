"""An operation reads on a connection that is kept: each sees a snapshot of its own, and nothing is left of the one before."""

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from sellerhealth.deadline import Deadline, DeadlinePassed
from sellerhealth.model.records import Account
from sellerhealth.store import kept_connections
from sellerhealth.store.database import Database
from sellerhealth.store.kept_connections import KeptConnections
from tests.store.importing import account

rows = sa.select(sa.literal(1).label("n")).cte("rows", recursive=True)
ENDLESS = sa.select(sa.func.count()).select_from(rows.union_all(sa.select(rows.c.n + 1).where(rows.c.n < 10**9)))


def operating(database: Database) -> contextlib.AbstractContextManager[sa.Connection]:
    return database.snapshot(Deadline(60))


def number_of_accounts(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(Account)) or 0


@pytest.fixture
def connected(database: Database) -> Iterator[list[object]]:
    """Notes what is taken from the pool of readers."""
    taken = list[object]()

    def note(connection: object, *_: object) -> None:
        taken.append(connection)

    sa.event.listen(database.reader, "checkout", note)
    yield taken
    sa.event.remove(database.reader, "checkout", note)


def test_operations_use_the_same_connection_and_each_sees_a_snapshot_of_its_own(database: Database, connected: list[object]) -> None:
    with operating(database) as first:
        before = number_of_accounts(first)
        account(database)
        assert number_of_accounts(first) == before
    with operating(database) as second:
        assert second is first
        assert number_of_accounts(second) == before + 1
    assert len(connected) == 1


def test_nothing_is_left_of_a_snapshot_when_an_operation_ends(database: Database) -> None:
    with operating(database) as connection:
        number_of_accounts(connection)
        driver = connection.connection.driver_connection
    assert driver is not None
    in_transaction = driver.in_transaction if database.is_sqlite else driver.info.transaction_status.name != "IDLE"
    assert not in_transaction
    account(database)
    with database.writing() as writer:
        writer.execute(sa.delete(Account))
    with operating(database) as connection:
        assert number_of_accounts(connection) == 0


def test_an_operation_beside_another_has_another_connection(database: Database) -> None:
    with operating(database) as first, operating(database) as second:
        assert first is not second
        assert number_of_accounts(first) == number_of_accounts(second)
    with operating(database) as one:
        assert one in (first, second)


def test_an_operation_that_fails_leaves_its_connection_to_nobody(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), operating(database) as failed:
        failed.info["failed"] = number_of_accounts(failed) // 0
    with operating(database) as connection:
        assert connection is not failed
        assert number_of_accounts(connection) == 0
    assert database.reader.pool.checkedout() == 1  # type: ignore[attr-defined]  # that which is kept


def test_a_deadline_that_has_passed_is_not_that_of_the_next_operation(database: Database) -> None:
    with operating(database):
        pass
    with pytest.raises(DeadlinePassed), database.snapshot(Deadline(0.05)) as connection:
        connection.execute(ENDLESS)
    with operating(database) as connection:
        assert number_of_accounts(connection) == 0


def test_all_that_may_read_at_once_and_short_functions_find_a_connection_beside_it(database: Database) -> None:
    with operating(database):
        pass
    pool = database.reader.pool
    assert isinstance(pool, sa.QueuePool)
    with contextlib.ExitStack() as stack:
        for _ in range(pool.size() - 1):
            stack.enter_context(database.reading())
        assert number_of_accounts(stack.enter_context(operating(database))) == 0


def test_a_database_that_was_closed_opens_it_again(database: Database) -> None:
    with operating(database) as first:
        pass
    database.close()
    assert first.closed
    database.reopen()
    with operating(database) as second:
        assert second is not first
        assert number_of_accounts(second) == 0


def test_before_it_is_used_again_it_is_looked_at_for_how_long_it_was_idle(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    now, seconds = [1_000.0], list[float]()
    monkeypatch.setattr(kept_connections, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def note(connection: sa.Connection, idle: float) -> bool:
        seconds.append(idle)
        return True

    kept = KeptConnections(database.reader, note)
    for used, idle in ((40, 3), (50, 0), (0, 0)):
        with kept.transaction(lambda connection: contextlib.nullcontext()):
            now[0] += used
        now[0] += idle
    kept.close()
    assert seconds == [3, 0, 0]
