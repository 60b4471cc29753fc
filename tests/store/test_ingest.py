"""One import is one transaction: what it stores, what it counts, and what it never changes."""

import contextlib
import datetime as dt
import gc
import threading
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from sellerhealth.access import OWNER
from sellerhealth.errors import NotFound
from sellerhealth.facts import Channel, Claim, Feedback, Item, Message, Order, OrderStatus, Package, Party, Reply
from sellerhealth.model.records import Account, DataNote, ImportBatch, ImportState, Source
from sellerhealth.model.tables import UNKNOWN, FactKind, metadata
from sellerhealth.sources import Row
from sellerhealth.store import accounts
from sellerhealth.store.database import Database
from sellerhealth.store.ingesting import ingesting
from sellerhealth.store.merge import version_of
from sellerhealth.store.merge_rows import Counts
from tests.store.importing import (
    DAY,
    HOUR,
    NOON,
    account,
    batch_of,
    classify,
    contents,
    import_rows,
    importer,
    one_of,
    order,
    package,
    row,
    rows_of,
)
from tests.store.observations import US


def version(database: Database, account_id: int) -> int:
    found: int = one_of(database, account_id, Account)["version"]
    return found


def everything(database: Database) -> dict[str, Sequence[Any]]:
    """All rows of all tables."""
    with database.reading() as connection:
        return {table.name: connection.execute(sa.select(table)).all() for table in metadata.tables.values()}


# ---------------------------------------------------------------- sources


@pytest.mark.parametrize("frozen", ["*", "status"])
def test_a_value_that_an_older_release_took_from_the_future_gives_way(database: Database, frozen: str) -> None:
    account_id = account(database)
    import_rows(database, account_id, [order(status=OrderStatus.UNSHIPPED)], observed_at=NOON)
    known, future = version_of(NOON, 1), version_of(dt.datetime(2190, 1, 1, tzinfo=dt.UTC), 1)
    versions = future if frozen == "*" else orjson.dumps({"*": future, "channel": known, "marketplace": known, "placed_at": known}).decode()
    with database.writing() as connection:
        connection.execute(sa.update(Order).values(versions=versions))
    counts = import_rows(database, account_id, [order(status=OrderStatus.SHIPPED)], observed_at=NOON + DAY)
    stored = one_of(database, account_id, Order)
    assert counts == Counts(changed=1)
    assert stored["status"] == OrderStatus.SHIPPED
    assert version_of(NOON + DAY, 0) < stored["versions"] < version_of(NOON + DAY, 2)  # all of it has the version of the new report


def test_what_an_older_release_took_for_covered_in_the_future_gives_way(database: Database) -> None:
    account_id = account(database)
    source = importer("by_hand", FactKind.ORDER)
    import_rows(database, account_id, [order()], by=source, observed_at=dt.datetime(2190, 1, 1, tzinfo=dt.UTC))
    import_rows(database, account_id, [order()], by=source, observed_at=NOON)
    assert one_of(database, account_id, Source)["through"] == NOON.date()


def test_an_older_report_never_undoes_a_newer_one(database: Database) -> None:
    account_id = account(database)
    import_rows(database, account_id, [order(status=OrderStatus.SHIPPED)], observed_at=NOON)
    counts = import_rows(database, account_id, [order(status=OrderStatus.UNSHIPPED)], observed_at=NOON - DAY)
    assert counts == Counts(unchanged=1)
    assert one_of(database, account_id, Order)["status"] == OrderStatus.SHIPPED


def test_the_instant_of_a_row_takes_precedence_over_that_of_its_file(database: Database) -> None:
    account_id = account(database)
    import_rows(database, account_id, [order(status=OrderStatus.SHIPPED)], observed_at=NOON)
    import_rows(database, account_id, [order(status=OrderStatus.PENDING, observed_at=NOON - HOUR)], observed_at=NOON + DAY)
    assert one_of(database, account_id, Order)["status"] == OrderStatus.SHIPPED


def test_of_two_sources_with_the_same_instant_the_higher_rank_wins(database: Database) -> None:
    account_id = account(database)
    import_rows(database, account_id, [order(status=OrderStatus.PENDING)], by=importer(rank=2))
    import_rows(database, account_id, [order(status=OrderStatus.UNSHIPPED)], by=importer(rank=1))
    assert one_of(database, account_id, Order)["status"] == OrderStatus.PENDING


def test_sources_complement_each_other(database: Database) -> None:
    account_id = account(database)
    import_rows(database, account_id, [package(confirmed_at=NOON + HOUR)])
    import_rows(database, account_id, [order()])
    import_rows(database, account_id, [row(Order, order_id="702-1", ship_by=NOON)], observed_at=NOON - DAY)
    stored = one_of(database, account_id, Order)
    assert (stored["confirmed_at"], stored["late_by"]) == (NOON + HOUR, 3600)


def test_an_order_that_was_ever_accepted_stays_so_when_it_is_cancelled(database: Database) -> None:
    account_id = account(database)
    import_rows(database, account_id, [order(status=OrderStatus.CANCELLED)], observed_at=NOON)
    assert one_of(database, account_id, Order)["accepted"] is False
    import_rows(database, account_id, [order(status=OrderStatus.UNSHIPPED)], observed_at=NOON - DAY)
    stored = one_of(database, account_id, Order)
    assert (stored["status"], stored["accepted"]) == (OrderStatus.CANCELLED, True)


# ---------------------------------------------------------------- children before parents


def test_a_fact_before_its_order_waits_for_it(database: Database) -> None:
    account_id = account(database)
    import_rows(database, account_id, [package(confirmed_at=NOON)])
    waiting = one_of(database, account_id, Package)
    assert (waiting["channel"], waiting["marketplace"], waiting["promised_on"]) == (UNKNOWN, UNKNOWN, None)
    assert one_of(database, account_id, DataNote)["code"] == "order_not_imported"

    import_rows(database, account_id, [order(deliver_by=NOON + DAY)])
    found = one_of(database, account_id, Package)
    assert (found["channel"], found["marketplace"], found["promised_on"]) == (Channel.SELLER, US, NOON.date() + DAY)
    assert rows_of(database, account_id, DataNote) == []


def test_a_cancelled_item_waits_for_its_order(database: Database) -> None:
    account_id = account(database)
    import_rows(database, account_id, [row(Item, order_id="702-1", item_id="1", cancelled_by=Party.SELLER)])
    assert one_of(database, account_id, Item)["before_shipment"] is None
    assert one_of(database, account_id, DataNote)["code"] == "order_not_imported"
    import_rows(database, account_id, [order()])
    assert one_of(database, account_id, Item)["before_shipment"] is True
    assert rows_of(database, account_id, DataNote) == []
    assert one_of(database, account_id, Order)["cancelled_by"] == Party.SELLER


def test_an_order_and_its_facts_may_come_in_one_chunk_or_in_many(database: Database) -> None:
    rows = [row(Claim, order_id="702-1", opened_at=NOON), package(confirmed_at=NOON), order(deliver_by=NOON)]
    one, other = account(database, "one"), account(database, "other")
    import_rows(database, one, rows)
    import_rows(database, other, *([row] for row in rows))
    assert contents(database, one) == contents(database, other)


@pytest.mark.parametrize("thread", [{"thread_id": "t"}, {}])  # a message without a conversation is its own conversation
@pytest.mark.parametrize("replied_first", [True, False])
def test_a_message_and_its_reply_find_each_other(database: Database, thread: dict[str, str], replied_first: bool) -> None:
    account_id = account(database)
    message = row(Message, message_id="m", received_at=NOON, **thread)
    reply = row(Reply, thread_id=thread.get("thread_id", "m"), sent_at=NOON + HOUR)
    for observation in (reply, message) if replied_first else (message, reply):
        import_rows(database, account_id, [observation])
    assert one_of(database, account_id, Message)["answered_after"] == 3600


def test_a_message_that_moves_to_another_conversation_is_answered_there(database: Database) -> None:
    account_id = account(database)
    replies = [row(Reply, thread_id="one", sent_at=NOON + HOUR), row(Reply, thread_id="other", sent_at=NOON + DAY)]
    import_rows(database, account_id, [*replies, row(Message, message_id="m", received_at=NOON, thread_id="one")])
    import_rows(database, account_id, [row(Message, message_id="m", thread_id="other")], observed_at=NOON + DAY)
    assert one_of(database, account_id, Message)["answered_at"] == NOON + DAY


# ---------------------------------------------------------------- counts and versions


def test_rows_are_counted_as_new_changed_or_unchanged(database: Database) -> None:
    account_id = account(database)
    piece = [order("702-1"), order("702-1"), order("702-2"), order("702-2", status=OrderStatus.SHIPPED, observed_at=NOON + HOUR)]
    assert import_rows(database, account_id, piece) == Counts(new=2, changed=1, unchanged=1)
    counts = import_rows(database, account_id, [order("702-3")], [order("702-1", ship_by=NOON), order("702-2", observed_at=NOON)])
    assert counts == Counts(new=1, changed=1, unchanged=1)


def test_a_replay_changes_nothing_and_counts_unchanged(database: Database) -> None:
    account_id = account(database)
    rows = [order(), package(confirmed_at=NOON - HOUR), row(Feedback, order_id="702-1", rating=1)]
    import_rows(database, account_id, rows)
    before = contents(database, account_id), one_of(database, account_id, Account)
    assert import_rows(database, account_id, rows) == Counts(unchanged=3)
    assert (contents(database, account_id), one_of(database, account_id, Account)) == before


def test_the_version_grows_with_an_import_that_changed_a_fact(database: Database) -> None:
    account_id = account(database)
    assert one_of(database, account_id, Account)["updated_at"] is None
    import_rows(database, account_id, [order("702-1")], [order("702-2")])
    assert version(database, account_id) == 1
    assert one_of(database, account_id, Account)["updated_at"] is not None
    import_rows(database, account_id, [order(status=OrderStatus.SHIPPED)], observed_at=NOON + DAY)
    assert version(database, account_id) == 2


def test_the_version_stays_if_a_newer_report_has_the_same_values(database: Database) -> None:
    account_id = account(database)
    import_rows(database, account_id, [order()])
    assert import_rows(database, account_id, [order()], observed_at=NOON + DAY) == Counts(unchanged=1)
    assert version(database, account_id) == 1
    # It counts all the same: an observation between the two is older now.
    import_rows(database, account_id, [order(status=OrderStatus.PENDING)], observed_at=NOON + HOUR)
    assert one_of(database, account_id, Order)["status"] == OrderStatus.UNSHIPPED


def test_an_import_is_recorded_once_and_its_replay_changes_nothing(database: Database) -> None:
    account_id = account(database)
    import_rows(database, account_id, [order("702-1"), order("702-2")])
    recorded = one_of(database, account_id, ImportBatch)
    assert (recorded["state"], recorded["rows_new"], recorded["finished_at"] is None) == (ImportState.DONE, 2, False)
    assert import_rows(database, account_id, [order("702-1"), order("702-2")]) == Counts(unchanged=2)
    assert one_of(database, account_id, ImportBatch) == recorded


# ---------------------------------------------------------------- all or nothing


def test_a_dry_run_counts_and_leaves_nothing(database: Database) -> None:
    account_id = account(database)
    before = everything(database)
    assert import_rows(database, account_id, [order(), package()], dry_run=True) == Counts(new=2)
    assert everything(database) == before


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (order(status="LOST"), sa.exc.DatabaseError),  # of a cluster another one than IntegrityError
        (order(placed_at=dt.datetime(2026, 3, 31)), TypeError),
        (row(Package, order_id="702-1"), KeyError),
    ],
)
def test_an_import_that_fails_leaves_nothing(database: Database, bad: Row, error: type[Exception]) -> None:
    account_id = account(database)
    before = everything(database)
    with pytest.raises(error):
        import_rows(database, account_id, [order("702-2")], [bad])
    assert everything(database) == before


def test_an_import_first_waits_for_its_account(database: Database) -> None:
    account_id = account(database)
    statements: list[Any] = []

    def note(connection: Any, statement: Any, *_: Any) -> None:
        statements.append(statement)

    sa.event.listen(database.writer, "before_execute", note)
    import_rows(database, account_id, [order()])
    sa.event.remove(database.writer, "before_execute", note)
    assert str(statements[0].compile(dialect=postgresql.dialect())).endswith("FOR NO KEY UPDATE")


def test_two_imports_of_one_account_take_turns(database: Database) -> None:
    account_id, together = account(database), threading.Barrier(2)
    other = Database(database.url.render_as_string())  # as in another process

    def import_orders(store: Database) -> Counts:
        together.wait(timeout=10)
        return import_rows(store, account_id, *([order(f"702-{number}")] for number in range(10)))

    with ThreadPoolExecutor() as threads:
        counts = list(threads.map(import_orders, [database, other]))
    other.close()
    assert sorted(counted.new for counted in counts) == [0, 10]
    assert version(database, account_id) == 1


# ---------------------------------------------------------------- memory


@pytest.mark.parametrize("ending", ["done", "dry run", "failed"])
def test_an_import_is_freed_at_its_end_without_garbage_collection(database: Database, ending: str) -> None:
    account_id = account(database)
    gc.disable()
    try:
        with (
            contextlib.suppress(KeyError),
            ingesting(
                database, OWNER, account_id, importer(), batch_of(account_id, NOON), classify, dry_run=ending == "dry run"
            ) as under_way,
        ):
            held = [weakref.ref(under_way), weakref.ref(under_way._rows)]
            under_way.add([order(), package()])
            if ending == "failed":
                raise KeyError
        del under_way
        assert [reference() for reference in held] == [None, None]
    finally:
        gc.enable()


# ---------------------------------------------------------------- accounts


def test_rows_of_two_accounts_never_mix(database: Database) -> None:
    one, other = account(database, "one"), account(database, "other")
    import_rows(database, one, [order(deliver_by=NOON)])
    import_rows(database, other, [package(confirmed_at=NOON)])
    import_rows(database, other, [order("702-2", channel=Channel.AMAZON)])
    before = contents(database, one)
    assert one_of(database, other, Package)["channel"] == UNKNOWN
    assert before["packages"] == []
    import_rows(database, other, [order(status=OrderStatus.SHIPPED)], observed_at=NOON + DAY)
    assert contents(database, one) == before


def test_erasing_an_account_leaves_nothing_of_it_and_all_of_the_others(database: Database) -> None:
    gone, kept = account(database, "gone"), account(database, "kept")
    by = importer("reports", FactKind.ORDER)
    for account_id in (gone, kept):
        import_rows(database, account_id, [order(), package(), row(Claim, order_id="702-2", opened_at=NOON)], by=by)
    before = contents(database, kept)
    with database.writing() as connection:
        erased = accounts.erase(connection, gone)
    assert erased == 8  # three facts, a note, a source, an import, a marketplace and the account
    assert {stored.account_id for rows in everything(database).values() for stored in rows} == {kept}
    assert contents(database, kept) == before
    assert account(database, "gone") == gone


def test_an_import_of_an_unknown_account_is_refused(database: Database) -> None:
    with (
        pytest.raises(NotFound, match="no such account"),
        ingesting(database, OWNER, 1, importer(), batch_of(1, NOON), classify),
    ):
        pytest.fail("The import began.")
