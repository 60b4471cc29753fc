"""Rows that an account knows are left out of an import, and what is stored and counted is as if they had been merged."""

import datetime as dt
from collections.abc import Sequence
from random import Random

import pytest

from sellerhealth.facts import Item, Order, OrderStatus
from sellerhealth.model.records import DataNote
from sellerhealth.model.tables import Fact, FactKind
from sellerhealth.sources import Row
from sellerhealth.store.database import Database
from sellerhealth.store.known_rows import KnownRows
from sellerhealth.store.merge_rows import Counts
from sellerhealth.store.unit_of_work import UnitOfWork
from tests.store.importing import DAY, NOON, account, contents, import_rows, importer, order, row, rows_of

REPORT = importer("report", FactKind.ORDER, rank=10, lists=frozenset({FactKind.ORDER}))


def line(number: int, quantity: int = 1, *, observed_at: dt.datetime | None = NOON, **values: object) -> Row:
    """An order of a day of March with an item, as of an instant of its own."""
    item = row(Item, observed_at, order_id=f"702-{number}", item_id="1", quantity=quantity)
    usual = {"placed_at": dt.datetime(2026, 3, number, tzinfo=dt.UTC), "status": OrderStatus.SHIPPED, "ship_service": None}
    return order(f"702-{number}", observed_at=observed_at, **usual | values)._replace(parts=(item,), lines=2)


def files() -> Sequence[tuple[int, Sequence[Row]]]:
    """Reports by their day: the first; one that lacks an order; and one with all, of which some differ."""
    later = NOON + dt.timedelta(hours=1)
    first = [line(number) for number in range(1, 20)]
    changed = [
        line(1, observed_at=later, status=OrderStatus.CANCELLED),
        line(2, quantity=2),  # of the same instant: the greater value wins
        line(3, ship_service="fast"),
        line(4, observed_at=None),
        line(20),
    ]
    return [(1, first), (2, [*first[:8], *first[9:]]), (4, [*changed, *first[4:]]), (3, first), (5, first[::-1])]


@pytest.mark.parametrize("until", range(2, 6))
def test_what_is_stored_and_counted_is_as_without(database: Database, monkeypatch: pytest.MonkeyPatch, until: int) -> None:
    found = []
    for key, leaves_out in (("fast", True), ("plain", False)):
        with monkeypatch.context() as patch:
            if not leaves_out:
                patch.setattr(KnownRows, "take_out", lambda self, chunk: (chunk, 0))
            account_id = account(database, key)
            counts = [import_rows(database, account_id, rows, by=REPORT, observed_at=NOON + day * DAY) for day, rows in files()[:until]]
            found.append((counts, contents(database, account_id)))
    assert found[0] == found[1]
    assert found[0][0][1] == Counts(unchanged=36)


def test_of_a_report_that_is_listed_again_no_fact_is_loaded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    (_, first), (_, without_one), *_ = files()
    account_id, loaded = account(database), list[type[Fact]]()
    import_rows(database, account_id, first, by=REPORT)
    load = UnitOfWork.load

    def noted(work: UnitOfWork, fact: type[Fact], column: str, values: Sequence[object]) -> None:
        loaded.extend([fact] * len(values))
        load(work, fact, column, values)

    monkeypatch.setattr(UnitOfWork, "load", noted)
    assert import_rows(database, account_id, without_one, by=REPORT, observed_at=NOON + DAY) == Counts(unchanged=36)
    assert loaded == []
    assert [note["order_id"] for note in rows_of(database, account_id, DataNote)] == ["702-9"]
    assert import_rows(database, account_id, first, by=REPORT, observed_at=NOON + 2 * DAY) == Counts(unchanged=38)
    assert loaded == [Order, Item]  # of the one that was gone
    assert rows_of(database, account_id, DataNote) == []


def test_an_order_on_several_lines_is_listed_again(database: Database) -> None:
    first = [line(number) for number in range(1, 5)]
    account_id = account(database)
    for day in range(2):
        import_rows(database, account_id, [*first, *first], by=REPORT, observed_at=NOON + day * DAY)
    (listed,) = {row["listed"] for row in rows_of(database, account_id, Order)}
    import_rows(database, account_id, [*first, *first], by=REPORT, observed_at=NOON + 2 * DAY)
    (newer,) = {row["listed"] for row in rows_of(database, account_id, Order)}
    assert newer > listed


def test_where_most_rows_are_news_the_others_are_not_looked_for(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    account_id, taken = account(database), list[int]()
    take_out = KnownRows.take_out
    monkeypatch.setattr(KnownRows, "take_out", lambda self, chunk: taken.append((found := take_out(self, chunk))[1]) or found)
    import_rows(database, account_id, [line(number) for number in range(1, 10)])
    import_rows(database, account_id, [line(1), line(11), line(12)], [line(2)])
    assert taken == [0, 2, 0]


@pytest.mark.parametrize(("share", "searched"), [(0, [100]), (0.3, [100]), (0.7, [100, 1_000]), (1, [100, 1_000])])
def test_of_a_large_chunk_some_rows_decide_whether_the_others_are_looked_for(
    database: Database, monkeypatch: pytest.MonkeyPatch, share: float, searched: list[int]
) -> None:
    rows = [order(f"702-{number}", observed_at=NOON, status=OrderStatus.SHIPPED) for number in range(1_000)]
    before = Random(1).sample(rows, round(share * len(rows)))
    account_id, known, looked_for = account(database), KnownRows._known, list[int]()
    import_rows(database, account_id, before)
    monkeypatch.setattr(KnownRows, "_known", lambda self, of: looked_for.append(len(of)) or known(self, of))
    counts = import_rows(database, account_id, rows)
    assert [number for number in looked_for if number] == searched  # none of the parts, of which there are none
    assert counts == Counts(new=len(rows) - len(before), unchanged=len(before))
