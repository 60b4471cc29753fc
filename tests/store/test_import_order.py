"""Any set of observations gives the same database, bit for bit: in any order, repeated, in pieces, children before parents."""

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
from sellerhealth.store import unit_of_work
from sellerhealth.store.database import Database
from sellerhealth.store.derive import is_accepted
from sellerhealth.store.merge import shape_of, version_in_file
from tests.fuzz import fuzzing
from tests.store.faults import FAULTS, commit
from tests.store.importing import DAY, HOUR, NOON, account, contents, import_rows, importer
from tests.store.observations import merged_by_definition, some_key, some_values, told_columns

File = tuple[Importer, dt.datetime]  # its format, and the instant up to which it knows
Observation = tuple[int, Row]  # the index of one of two files, and a row of it
Import = tuple[File, Sequence[Sequence[Row]]]  # a file, and its rows in pieces

REPORTS, API = importer("reports", FactKind.ORDER, FactKind.PACKAGE, rank=1), importer("api", FactKind.ORDER, rank=2)
FILES: Sequence[File] = ((REPORTS, NOON), (REPORTS, NOON + DAY), (API, NOON))


def observation(seed: int) -> Observation:
    """A random row of one of the files about some fact: another one for each seed."""
    chance = Random(seed)
    fact = chance.choice((*FACTS, Order, Item, Package, Message, Message, Reply, Reply))  # more of those that depend on each other
    values = some_key(fact, chance) | some_values(fact, chance)
    return chance.randrange(2), Row(fact, values, chance.choice((None, NOON - HOUR, NOON, NOON + HOUR)), line=1)


def in_turn(files: Sequence[File], observations: Sequence[Observation]) -> Sequence[Import]:
    """Each file as one import in one piece."""
    return [(file, [[row for index, row in observations if files[index] is file]]) for file in files]


def shuffled(files: Sequence[File], observations: Sequence[Observation], chance: Random) -> Sequence[Import]:
    """Each file in two imports of one and of two pieces, half of its rows twice, and all of that in any order."""
    imports: list[Import] = []
    for file, (whole,) in in_turn(files, observations):
        rows = [*whole, *chance.sample(whole, len(whole) // 2)]
        chance.shuffle(rows)
        cuts = sorted(chance.choices(range(len(rows) + 1), k=2))
        first, second, third = (rows[start:end] for start, end in itertools.pairwise((0, *cuts, len(rows))))
        imports += [(file, [first, second]), (file, [third])]
    chance.shuffle(imports)
    return imports


def expected(files: Sequence[File], observations: Sequence[Observation]) -> dict[tuple[type[Fact], tuple[Any, ...]], dict[str, Any]]:
    """The reported columns of each fact, computed from all its observations at once."""
    by_fact = defaultdict(list)
    for index, row in observations:
        by, observed_at = files[index]
        key = tuple(row.values[name] for name in shape_of(row.fact).key)
        accepted = {"seen_accepted": True} if row.fact is Order and is_accepted(row.values.get("status")) else {}
        values = row.values | accepted
        # Only rows with the instant of their file are ordered by their content.
        in_file = "" if row.observed_at else version_in_file("", values)
        by_fact[row.fact, key].append((values, (row.observed_at or observed_at, by.rank, in_file)))
    return {(fact, key): merged_by_definition(shape_of(fact), of_fact) for (fact, key), of_fact in by_fact.items()}


def told_in(database: Database, account_id: int) -> dict[tuple[type[Fact], tuple[Any, ...]], dict[str, Any]]:
    """The reported columns of each fact of an account."""
    facts = {}
    with database.reading() as connection:
        for fact, shape in ((fact, shape_of(fact)) for fact in FACTS):
            for row in connection.execute(sa.select(shape.table).where(shape.table.c.account_id == account_id)).mappings():
                facts[fact, tuple(row[name] for name in shape.key)] = {name: row[name] for name in told_columns(shape)}
    return facts


def differences(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> dict[Any, tuple[Any, Any]]:
    """The keys at which two mappings differ, with both values."""
    return {key: (one.get(key), other.get(key)) for key in one.keys() | other.keys() if one.get(key) != other.get(key)}


def check(database: Database, files: Sequence[File], observations: Sequence[Observation], chance: Random) -> None:
    """The property: two new accounts with the same observations, once in turn and once shuffled, are the same."""

    def store(imports: Sequence[Import]) -> int:
        account_id = account(database, str(uuid4()))
        for (by, observed_at), pieces in imports:
            import_rows(database, account_id, *pieces, by=by, observed_at=observed_at)
        return account_id

    one = store(in_turn(files, observations))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unit_of_work, "_MANY", chance.choice((1, 100)))
        other = store(shuffled(files, observations, chance))
    assert differences(told_in(database, one), expected(files, observations)) == {}
    assert differences(contents(database, one), contents(database, other)) == {}


seeds = st.integers(0, 2**32)


@pytest.mark.dear
@given(
    files=st.permutations(FILES).map(lambda files: files[:2]),
    observations=st.lists(seeds, min_size=50, max_size=60, unique=True).map(lambda several: [observation(seed) for seed in several]),
    chance=seeds.map(Random),
)
@settings(fuzzing(short=10), suppress_health_check=list(HealthCheck))  # each example is slow, in one database
def test_the_same_observations_give_the_same_database(
    database: Database, files: Sequence[File], observations: Sequence[Observation], chance: Random
) -> None:
    check(database, files, observations, chance)


@pytest.mark.dear
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_noticed(database: Database, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    def check_often() -> None:
        for chance in map(Random, range(50)):
            check(database, chance.sample(FILES, 2), [observation(chance.getrandbits(32)) for _ in range(55)], chance)

    commit(FAULTS[fault], monkeypatch)
    with pytest.raises(AssertionError, match=r"== \{\}"):
        check_often()


@pytest.mark.dear
def test_a_column_with_news_that_is_overlooked_is_noticed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_of_work, "_columns_with_news", lambda changed: {"versions"})
    chance = Random(0)
    with pytest.raises(AssertionError, match=r"== \{\}"):
        check(database, chance.sample(FILES, 2), [observation(chance.getrandbits(32)) for _ in range(55)], chance)
