"""Several sources of one fact: what each says alone agrees, and together they give the same facts in any order."""

import io
import itertools
import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from sellerhealth.access import OWNER
from sellerhealth.demo.history import History
from sellerhealth.demo.sellers import GERMANY, SELLERS
from sellerhealth.demo.simulation import simulate
from sellerhealth.facts import FACTS, Feedback, Item, Order, Refund
from sellerhealth.intake import create_account, import_stream
from sellerhealth.model.tables import Fact
from sellerhealth.store.merge import shape_of
from tests.fuzz import EXAMPLES
from tests.support.formats import WRITERS, small_seller
from tests.support.importers import IMPORTERS, ORDER_CHANGE, ORDERS_API
from tests.support.imports import stored

pytestmark = pytest.mark.dear  # how facts are merged is the same on every database

Facts = dict[tuple[type[Fact], Any], dict[str, Any]]  # by table and key
# What sources word in their own way, so that one of them wins: the instant of feedback or its day, and texts. Most also report 0 units
# of an item once it is cancelled.
OWN_WORDS = {(Feedback, "left_at"), (Feedback, "comment"), (Item, "cancel_reason")}


@pytest.fixture(scope="session")
def history() -> History:
    (seller,) = (seller for seller in SELLERS if seller.key == "critical")
    return simulate(seller)


@pytest.fixture
def imported(database, loaded) -> Callable[[History, Iterable[str]], int]:
    """Imports the files of formats in this order into an account of its own."""
    keys = itertools.count()

    def imported(seller: History, names: Iterable[str]) -> int:
        account = create_account(database, OWNER, f"SHOP-{next(keys)}", "A shop")
        for name in names:
            for file in WRITERS[name](seller):
                stream, options = io.BytesIO(file.content), {"observed_at": file.observed_at, "marketplace": GERMANY.key}
                import_stream(database, loaded, OWNER, account, stream, name, **options)
        return account

    return imported


@pytest.fixture
def facts_of(database, imported) -> Callable[[History, Iterable[str]], Facts]:
    """The facts of an account of its own, into which the files of formats were imported in this order."""

    def facts_of(seller: History, names: Iterable[str]) -> Facts:
        account = imported(seller, names)
        return {
            (table, tuple(row[column.name] for column in table.__table__.primary_key if column.name != "account_id")): row
            for table in FACTS
            for row in stored(database, table)
            if row.pop("account_id") == account
        }

    return facts_of


def test_every_format_with_facts_of_orders_has_a_writer():
    assert {name for name, importer in IMPORTERS.items() if importer.has_facts} - {*WRITERS} == {"messages"}


@pytest.mark.parametrize("seed", range(EXAMPLES or 1))
def test_what_several_formats_know_of_a_fact_is_the_same(seed, history, facts_of):
    seller = small_seller(history, random.Random(seed), 2)
    known = {name: facts_of(seller, [name]) for name in WRITERS}
    assert [name for name, facts in known.items() if not facts] == []
    compared, differences = 0, []
    for one, other in itertools.combinations(WRITERS, 2):
        for fact in known[one].keys() & known[other].keys():
            table, key = fact
            for name in shape_of(table).newest + shape_of(table).first:
                values = known[one][fact][name], known[other][fact][name]
                is_known = None not in values and "UNKNOWN" not in values
                if not is_known or (table, name) in OWN_WORDS or ((table, name) == (Item, "quantity") and 0 in values):
                    continue
                compared += 1
                if values[0] != values[1]:
                    differences.append((one, other, table.__name__, key, name, *values))
    assert differences == []
    assert compared > 500


@pytest.mark.parametrize("seed", range(EXAMPLES or 1))
def test_files_of_all_formats_give_the_same_facts_in_any_order(seed, history, facts_of):
    chance = random.Random(seed)
    seller = small_seller(history, chance, 1)
    names = chance.sample([*WRITERS], len(WRITERS))
    forwards = facts_of(seller, names)
    assert facts_of(seller, reversed(names)) == forwards
    assert facts_of(seller, chance.sample(names, len(names))) == forwards


def test_notifications_say_how_late_an_order_was_shipped(history, facts_of):
    seller = small_seller(history, random.Random(0), 3)
    known = {
        name: {key: row for (table, key), row in facts_of(seller, [name]).items() if table is Order} for name in (ORDER_CHANGE, ORDERS_API)
    }
    shipped = [key for key, row in known[ORDERS_API].items() if row["status"] == "SHIPPED" and row["late_by"] is not None]
    assert len(shipped) > 10
    assert [known[ORDER_CHANGE][key]["late_by"] for key in shipped] == [known[ORDERS_API][key]["late_by"] for key in shipped]


@pytest.mark.parametrize("turn", [1, -1])
def test_a_refund_of_returns_and_of_a_settlement_is_noted_once_whichever_comes_first(database, import_text, turn):
    returned = b"Order ID\tReturn request date\tRefunded Amount\tA-to-Z Claim\n111-0000001-0000001\t01-Mar-2026\t9.99\tN\n"
    paid = (
        b"settlement-id\ttransaction-type\torder-id\tposted-date\tposted-date-time\n"
        b"1\tRefund\t111-0000001-0000001\t2026-03-09\t2026-03-09 10:00:00 UTC\n"
    )
    first, second = (import_text(content, "file.txt") for content in [returned, paid][::turn])
    assert (first.notes.get("refund_doubled"), second.notes["refund_doubled"]) == (None, 1)
    assert len(stored(database, Refund)) == 2
