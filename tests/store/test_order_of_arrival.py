"""Any set of tellings gives the same store, bit for bit: in any order, repeated, in pieces, children before parents."""

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sellerhealth.facts import FACTS, Item, Message, Order, Package, Reply
from sellerhealth.model.tables import Fact, FactKind
from sellerhealth.sources import Importer, Row
from sellerhealth.store.database import Database
from sellerhealth.store.derive import is_accepted
from sellerhealth.store.merge import in_file, shape_of
from tests.store.faults import FAULTS, commit
from tests.store.importing import DAY, HOUR, NOON, account, bring_in, contents, importer
from tests.store.tellings import settled, some_key, some_values, told_columns

File = tuple[Importer, dt.datetime]  # its format, and the instant up to which it knows
Telling = tuple[int, Row]  # which of two files says it, and what
Import = tuple[File, Sequence[Sequence[Row]]]  # of a file, its rows in pieces

REPORTS, API = importer("reports", FactKind.ORDER, FactKind.PACKAGE, rank=1), importer("api", FactKind.ORDER, rank=2)
FILES: Sequence[File] = ((REPORTS, NOON), (REPORTS, NOON + DAY), (API, NOON))


def telling(seed: int) -> Telling:
    """What one of the files says of some fact: another one for each seed."""
    chance = Random(seed)
    fact = chance.choice((*FACTS, Order, Item, Package, Message, Message, Reply, Reply))  # more of those that hang together
    values = some_key(fact, chance) | some_values(fact, chance)
    return chance.randrange(2), Row(fact, values, chance.choice((None, NOON - HOUR, NOON, NOON + HOUR)), line=1)


def in_turn(files: Sequence[File], told: Sequence[Telling]) -> Sequence[Import]:
    """Each file as one import in one piece."""
    return [(file, [[row for number, row in told if files[number] is file]]) for file in files]


def shuffled(files: Sequence[File], told: Sequence[Telling], chance: Random) -> Sequence[Import]:
    """Each file in two imports of one and of two pieces, half of its rows twice, and all of that in any order."""
    imports: list[Import] = []
    for file, (whole,) in in_turn(files, told):
        rows = [*whole, *chance.sample(whole, len(whole) // 2)]
        chance.shuffle(rows)
        cuts = sorted(chance.choices(range(len(rows) + 1), k=2))
        first, second, third = (rows[start:end] for start, end in itertools.pairwise((0, *cuts, len(rows))))
        imports += [(file, [first, second]), (file, [third])]
    chance.shuffle(imports)
    return imports


def expected(files: Sequence[File], told: Sequence[Telling]) -> dict[tuple[type[Fact], tuple[Any, ...]], dict[str, Any]]:
    """The told columns of each fact, worked out from all that was told of it at once."""
    of_each = defaultdict(list)
    for number, row in told:
        by, observed_at = files[number]
        key = tuple(row.values[name] for name in shape_of(row.fact).key)
        accepted = {"seen_accepted": True} if row.fact is Order and is_accepted(row.values.get("status")) else {}
        values = row.values | accepted
        # Rows that share the instant of their file have an order of their own; the others are only told apart by value.
        of_each[row.fact, key].append((values, (row.observed_at or observed_at, by.rank, "" if row.observed_at else in_file("", values))))
    return {(fact, key): settled(shape_of(fact), of_one) for (fact, key), of_one in of_each.items()}


def told_in(database: Database, account_id: int) -> dict[tuple[type[Fact], tuple[Any, ...]], dict[str, Any]]:
    """The told columns of each fact of an account."""
    found = {}
    with database.reading() as connection:
        for fact, shape in ((fact, shape_of(fact)) for fact in FACTS):
            for row in connection.execute(sa.select(shape.table).where(shape.table.c.account_id == account_id)).mappings():
                found[fact, tuple(row[name] for name in shape.key)] = {name: row[name] for name in told_columns(shape)}
    return found


def unlike(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> dict[Any, tuple[Any, Any]]:
    """Where two mappings are not the same, and what stands there in each."""
    return {key: (one.get(key), other.get(key)) for key in one.keys() | other.keys() if one.get(key) != other.get(key)}


def check(database: Database, files: Sequence[File], told: Sequence[Telling], chance: Random) -> None:
    """The property: two new accounts, told the same once in turn and once shuffled, are alike."""

    def store(imports: Sequence[Import]) -> int:
        account_id = account(database, str(uuid4()))
        for (by, observed_at), pieces in imports:
            bring_in(database, account_id, *pieces, by=by, observed_at=observed_at)
        return account_id

    one, other = store(in_turn(files, told)), store(shuffled(files, told, chance))
    assert unlike(told_in(database, one), expected(files, told)) == {}
    assert unlike(contents(database, one), contents(database, other)) == {}


seeds = st.integers(0, 2**32)


@given(
    files=st.permutations(FILES).map(lambda files: files[:2]),
    told=st.lists(seeds, min_size=50, max_size=60, unique=True).map(lambda several: [telling(seed) for seed in several]),
    chance=seeds.map(Random),
)
@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))  # each example is slow, in one store
def test_the_same_tellings_give_the_same_store(database: Database, files: Sequence[File], told: Sequence[Telling], chance: Random) -> None:
    check(database, files, told, chance)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_noticed(database: Database, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    def check_often() -> None:
        for chance in map(Random, range(50)):
            check(database, chance.sample(FILES, 2), [telling(chance.getrandbits(32)) for _ in range(55)], chance)

    commit(FAULTS[fault], monkeypatch)
    with pytest.raises(AssertionError, match=r"== \{\}"):
        check_often()
