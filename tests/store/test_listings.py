"""What a newer report of its time lacks is noted as gone, whatever the order of the imports; a second row about feedback is noted."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sellerhealth.access import OWNER
from sellerhealth.errors import BadRow
from sellerhealth.facts import Feedback, Order
from sellerhealth.model.records import DataNote
from sellerhealth.model.tables import UNKNOWN, Fact, FactKind
from sellerhealth.sources import Importer, Rejected, Row
from sellerhealth.store.database import Database
from sellerhealth.store.ingesting import ingesting
from tests.fuzz import fuzzing
from tests.store.importing import ACCOUNT_ZONE, DAY, HOUR, NOON, ZONES, account, batch_of, classify, contents, importer, rows_of
from tests.store.observations import GERMANY, US

ORDERS = importer("orders", FactKind.ORDER, rank=10, lists=frozenset({FactKind.ORDER}))
HURTING = importer("hurting", FactKind.FEEDBACK, rank=10, complete=False, lists=frozenset({FactKind.FEEDBACK}))
ALL_STARS = importer("all_stars", FactKind.FEEDBACK, rank=10, lists=frozenset({FactKind.FEEDBACK}))
BY_HAND = importer("by_hand", FactKind.ORDER, FactKind.FEEDBACK, rank=30)
FORMATS = (ORDERS, HURTING, ALL_STARS, BY_HAND)
_KINDS: Mapping[type[Fact], tuple[str, str, str]] = {
    Order: ("placed_at", "marketplace", "order_gone"),
    Feedback: ("left_at", "reported_marketplace", "feedback_gone"),
}


@dataclass(frozen=True)
class File:
    """A file or a piece of one: its format, its instant, its rows, and the orders that its unread rows name, empty where they name none."""

    by: Importer
    observed_at: dt.datetime
    rows: Sequence[Row] = ()
    unread: Sequence[str] = ()


def store(database: Database, files: Iterable[File]) -> int:
    """A new account with these files, each imported in one or two chunks."""
    account_id = account(database, str(uuid4()))
    for file in files:
        batch = batch_of(account_id, file.observed_at, str(uuid4()))
        with ingesting(database, OWNER, account_id, file.by, batch, classify, time_zones=ZONES) as under_way:
            under_way.reject([Rejected(BadRow(1, None, None, "better"), "", {"order_id": key} if key else {}) for key in file.unread])
            half = len(file.rows) // 2
            for piece in (file.rows[:half], file.rows[half:]):
                if piece:
                    under_way.add([row._replace(values=dict(row.values)) for row in piece])
    return account_id


def notes(database: Database, account_id: int, *codes: str) -> set[tuple[str, str]]:
    """The notes of an account with these codes."""
    return {(note["code"], note["order_id"]) for note in rows_of(database, account_id, DataNote) if note["code"] in codes}


def gone(database: Database, *files: File) -> set[str]:
    """The orders that are gone, or whose feedback is, after these imports."""
    return {order_id for _, order_id in notes(database, store(database, files), "order_gone", "feedback_gone")}


def order(number: int, **values: Any) -> Row:
    """An order placed on a day of March."""
    reported = {
        "order_id": str(number),
        "placed_at": dt.datetime(2026, 3, number, 12, tzinfo=dt.UTC),
        "marketplace": US,
        "channel": "SELLER",
    }
    return Row(Order, reported | {"status": "SHIPPED"} | values, None, number)


def feedback(number: int, **values: Any) -> Row:
    """Feedback of one star, left on a day of March."""
    left_at = dt.datetime(2026, 3, number, tzinfo=ZoneInfo(ZONES[US])).astimezone(dt.UTC)
    return Row(Feedback, {"order_id": str(number), "left_at": left_at, "rating": 1, "reported_marketplace": US} | values, None, number)


NEW = NOON + DAY
MINUTE = dt.timedelta(minutes=1)


# ---------------------------------------------------------------- gone


@pytest.mark.parametrize(("by", "fact"), [(ORDERS, order), (HURTING, feedback)])
def test_what_a_newer_report_of_its_time_lacks_is_gone_until_a_still_newer_one_lists_it(
    database: Database, by: Importer, fact: Any
) -> None:
    old, new = File(by, NOON, [fact(1), fact(2), fact(3)]), File(by, NEW, [fact(1), fact(3)])
    assert gone(database, old, new) == gone(database, new, old) == gone(database, old, new, old) == {"2"}
    assert gone(database, old, new, File(by, NEW + DAY, [fact(2)])) == set()


@pytest.mark.parametrize("missing", [1, 5])
@pytest.mark.parametrize(("by", "fact"), [(ORDERS, order), (HURTING, feedback)])
def test_what_is_outside_of_a_newer_report_is_not_gone(database: Database, by: Importer, fact: Any, missing: int) -> None:
    assert gone(database, File(by, NOON, [fact(missing)]), File(by, NEW, [fact(2), fact(4)])) == set()


def test_the_days_at_the_edges_of_a_report_may_be_partial(database: Database) -> None:
    first, last = order(1), order(3)
    at_edges = [order(number, order_id=f"{number}{sign}", placed_at=of.values["placed_at"] + shift)
                for number, of in ((1, first), (3, last)) for sign, shift in (("-", -MINUTE), ("=", 0 * MINUTE), ("+", MINUTE))]  # fmt: skip
    assert gone(database, File(BY_HAND, NOON, at_edges), File(ORDERS, NEW, [first, last])) == {"1+", "3-"}
    # Of feedback a report knows only the day.
    same_days = [feedback(number, order_id=f"{number}x", left_at=feedback(number).values["left_at"] + 5 * HOUR) for number in (1, 2, 3)]
    assert gone(database, File(BY_HAND, NOON, same_days), File(HURTING, NEW, [feedback(1), feedback(3)])) == {"2x"}


def test_only_a_report_of_the_same_marketplace_says_that_something_is_gone(database: Database) -> None:
    german = [order(number, marketplace=GERMANY) for number in (1, 2, 3)]
    new = File(ORDERS, NEW, [order(4), order(6), german[0], german[2], order(9)])
    assert gone(database, File(ORDERS, NOON, [order(1), *german, order(5), order(8, marketplace=UNKNOWN)]), new) == {"2", "5"}
    unknown = [order(number, marketplace=UNKNOWN) for number in (1, 2, 3)]
    assert gone(database, File(ORDERS, NOON, unknown), File(ORDERS, NEW, [unknown[0], unknown[2]])) == set()


def test_feedback_without_a_marketplace_has_that_of_its_order(database: Database) -> None:
    old, new = File(BY_HAND, NOON, [feedback(2, reported_marketplace=None)]), File(HURTING, NEW, [feedback(1), feedback(3)])
    of_order = File(BY_HAND, NOON, [order(2)])
    assert gone(database, old, new) == set()
    assert gone(database, old, new, of_order) == gone(database, of_order, new, old) == {"2"}


def test_an_incomplete_report_says_nothing_about_favourable_feedback(database: Database) -> None:
    old = File(BY_HAND, NOON, [feedback(2, rating=4), feedback(3, rating=3), feedback(4, rating=None)])
    edges = [feedback(1), feedback(5)]
    assert gone(database, old, File(HURTING, NEW, edges)) == {"3"}
    assert gone(database, old, File(ALL_STARS, NEW, edges)) == {"2", "3", "4"}


@pytest.mark.parametrize("values", [{"removed_at": NOON}, {"struck_through": True}])
def test_feedback_of_which_a_source_says_that_it_is_gone_is_not_noted(database: Database, values: Mapping[str, Any]) -> None:
    old, new = File(HURTING, NOON, [feedback(2)]), File(HURTING, NEW, [feedback(1), feedback(3)])
    reported = File(BY_HAND, NOON - DAY, [feedback(2, **values)])
    assert gone(database, old, new, reported) == gone(database, reported, new, old) == set()


@pytest.mark.parametrize("unread", ["2", ""])
def test_what_an_unread_row_may_be_is_not_gone(database: Database, unread: str) -> None:
    old, new, piece = File(ORDERS, NOON, [order(2)]), File(ORDERS, NEW, [order(1), order(3)]), File(ORDERS, NEW, (), [unread])
    assert gone(database, old, new, piece) == gone(database, piece, new, old) == set()
    assert gone(database, old, new, replace(piece, observed_at=NOON)) == {"2"}


def test_only_formats_that_list_everything_say_that_something_is_gone(database: Database) -> None:
    assert gone(database, File(ORDERS, NOON, [order(2)]), File(BY_HAND, NEW, [order(1), order(3)])) == set()


def test_files_of_one_format_and_instant_are_one_report(database: Database) -> None:
    old, pieces = File(ORDERS, NOON, [order(2), order(4)]), [File(ORDERS, NEW, [order(number)]) for number in (1, 3, 5)]
    assert gone(database, old, *pieces) == gone(database, *reversed(pieces), old) == {"2", "4"}


def test_a_note_that_something_is_gone_survives_changes_of_the_fact(database: Database) -> None:
    account_id = store(database, [File(ORDERS, NOON, [order(2)]), File(ORDERS, NEW, [order(1), order(3)])])
    with ingesting(database, OWNER, account_id, importer("packages"), batch_of(account_id, NOON), classify) as under_way:
        under_way.add([Row(Order, {"order_id": "2", "channel": UNKNOWN}, NOON - DAY, 1)])
        under_way.add([Row(Feedback, {"order_id": "2", "rating": 1}, None, 1)])
    assert notes(database, account_id, "order_gone") == {("order_gone", "2")}


# ---------------------------------------------------------------- doubled


def doubled(database: Database, *files: File) -> bool:
    return bool(notes(database, store(database, files), "feedback_doubled"))


def test_a_second_row_about_feedback_is_noted_until_a_newer_report_has_one(database: Database) -> None:
    one, other = feedback(2), feedback(2, rating=2)
    both = File(HURTING, NOON, [one, other])
    assert doubled(database, both)
    assert doubled(database, File(HURTING, NOON, [other]), File(HURTING, NOON, [one]))
    assert doubled(database, both, both)
    assert not doubled(database, File(HURTING, NOON, [one, one]))
    assert not doubled(database, File(HURTING, NOON, [one]), File(HURTING, NEW, [other]))
    newer = File(HURTING, NEW, [one])
    assert not doubled(database, both, newer)
    assert not doubled(database, newer, both)


# ---------------------------------------------------------------- in any order


IDS = [(number, sign) for number in range(1, 5) for sign in "ab"]


def some_file(chance: Random) -> File:
    """A file of a random format with some of few orders, two of each day, or feedback on them."""
    by = chance.choice(FORMATS)
    observed_at = NOON + chance.randrange(3) * DAY
    facts = (order,) if by is ORDERS else (order, feedback) if by is BY_HAND else (feedback,)
    rows = []
    for fact in facts:
        _, marketplace, _ = _KINDS[Order if fact is order else Feedback]
        for number, sign in chance.sample(IDS, chance.randrange(6)):
            values: dict[str, Any] = {marketplace: chance.choice((US, US, US, US, GERMANY, UNKNOWN if fact is order else None))}
            if fact is feedback:
                values["rating"] = chance.choice((1, 3, 5, None))
                values |= {"removed_at": NOON} if by is BY_HAND and chance.random() < 0.3 else {}
            rows.append(fact(number, order_id=f"{number}{sign}", **values))
    return File(by, observed_at, rows, chance.choice(((), (), ["2a"], ["3b"], [""])))


def shuffled(files: Sequence[File], chance: Random) -> Sequence[File]:
    """Each file in two pieces, half of its rows twice, and all pieces in any order."""
    pieces = []
    for file in files:
        rows = [*file.rows, *chance.sample(file.rows, len(file.rows) // 2)]
        chance.shuffle(rows)
        cut = chance.randrange(len(rows) + 1)
        pieces += [replace(file, rows=rows[:cut], unread=file.unread), replace(file, rows=rows[cut:], unread=())]
    chance.shuffle(pieces)
    return pieces


def expected(database: Database, account_id: int, files: Sequence[File]) -> set[tuple[str, str]]:
    """The notes by definition, from the stored facts and all files at once."""
    found = set()
    for fact, (at, marketplace, code) in _KINDS.items():
        kind = fact.fact_kind
        assert kind is not None
        for stored in rows_of(database, account_id, fact):
            key, market = stored["order_id"], stored[marketplace] or stored["marketplace"]
            listed = max(
                file.observed_at
                for file in files
                if any(row.fact is fact and row.values["order_id"] == key for row in file.rows)
                or (key in file.unread and kind in file.by.covers)
            )
            for by, observed_at in {(file.by, file.observed_at) for file in files if kind in file.by.lists}:
                pieces = [file for file in files if (file.by, file.observed_at) == (by, observed_at)]
                rows = [row for file in pieces for row in file.rows if row.fact is fact and row.values[marketplace] == market]
                if observed_at <= listed or not rows or market == UNKNOWN or any("" in file.unread for file in pieces):
                    continue
                if fact is Feedback and (stored["removed_at"] is not None or not (by.complete or (stored["rating"] or 5) <= 3)):
                    continue
                instants = [stored[at], *(row.values[at] for row in rows)]
                if fact is Feedback:
                    instants = [instant.astimezone(ZoneInfo(ZONES.get(market, ACCOUNT_ZONE))).date() for instant in instants]
                if min(instants[1:]) < instants[0] < max(instants[1:]):
                    found.add((code, key))
    return found


def check(database: Database, files: Sequence[File], chance: Random) -> None:
    """The property: the notes are those of the definition, and two accounts with the same files are the same."""
    one, other = store(database, files), store(database, shuffled(files, chance))
    assert notes(database, other, "order_gone", "feedback_gone") == expected(database, other, files)
    assert contents(database, one) == contents(database, other)


seeds = st.integers(0, 2**32)


@pytest.mark.dear
@given(files=st.lists(seeds.map(Random).map(some_file), min_size=3, max_size=6), chance=seeds.map(Random))
@settings(fuzzing(short=10), suppress_health_check=list(HealthCheck))  # each example is slow, in one database
def test_the_same_files_give_the_same_notes_in_any_order_and_in_pieces(database: Database, files: Sequence[File], chance: Random) -> None:
    check(database, files, chance)
