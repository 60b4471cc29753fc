"""Two tenants in one store: what is not granted to a viewer is answered byte for byte like what does not exist.

Every field of the schema, those of a plugin included, is asked for with own, foreign and absent values of its arguments. The answer must be that of a store from
which the other account was erased.
"""

import contextlib
import itertools
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from sellerhealth import AtRisk, Below, Figure, Mean, Metric, ReportedAs, Window, count
from sellerhealth.access import Permission, Viewer
from sellerhealth.app import create_app
from sellerhealth.facts import Package, Violation
from sellerhealth.graphql import ids
from sellerhealth.graphql.schema import make_schema
from sellerhealth.model import records
from sellerhealth.model.tables import FactKind
from sellerhealth.plugins.load import Loaded
from sellerhealth.settings import Settings
from sellerhealth.store import accounts
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, DAY, HOUR, TODAY, US, World
from sellerhealth.testing.fact_states import facts_in_every_state
from sellerhealth.testing.world import Account
from tests.support.authentication import Known, bearer
from tests.support.forgetting import forget_statements
from tests.support.performance import DEFECTS, LATE, report, store_report
from tests.support.schema_walk import SchemaWalk
from tests.support.stores import Stores

OWN, FOREIGN, ABSENT = "seller-1", "FOREIGN-seller", "seller-9"
MARK = "FOREIGN"  # in every text of the other account that is not also one of the own
FULL = bool(os.environ.get("FULL_WALK"))  # make test-access
STEP = 1 if FULL else 10  # of the documents of the walk every one, or every tenth
NUMBER, DEPTH = 300 if FULL else 60, 7  # of the longer paths
packages = count(on=Package.confirmed_on, where=Package.seller_fulfilled & Package.confirmed_at.is_not(None), description="Packages.")
units = packages.total(Package.unit_count, "Units.")
tracked = packages.where(Package.tracked, "Packages with tracking.")
PLUGIN = Metric(
    key="acme_packages",
    title="Packages",
    description="Packages with tracking.",
    section="acme",
    windows=(Window(30), Window(0)),
    measures={"packages": packages, "tracked": tracked, "units": units},
    value=tracked / packages,
    figures={"units_per_package": Figure(Mean(units, packages), "Units in a package.")},
    parts={"category": Package.category},
    at_risk=AtRisk(packages, Package.deliver_by, "It may arrive late."),
    target=Below("0.5"),
    reported=(ReportedAs("acmeRate"),),
)


# The walk takes the usual values on the way to a type. With them a part is null, and no violation is found.
BESIDE_THE_WALK = (
    '{ account(key: "seller-1") { metrics { acmePackages { breakdown(by: "category") { id scope { part { __typename dimension value } } } } } } }',
    '{ account(key: "seller-1") { metrics { policyViolations { evidence(measure: "open") { nodes { id } edges { cursor } } } } } }',
)


def viewer(*permissions: Permission, of: str | None = None, everything: bool = False) -> Viewer:
    granted = None if everything else frozenset([] if of is None else [accounts.account_id_of(of)])
    return Viewer("it", "it", frozenset(permissions), granted=granted)


VIEWERS = {
    "nothing": viewer(Permission.READ),
    "own": viewer(Permission.READ, of=OWN),
    "admin": viewer(Permission.ADMIN, of=OWN),
    "foreign": viewer(Permission.READ, of=FOREIGN),
    "writer": viewer(Permission.WRITE, of=OWN),
    "everything": viewer(Permission.READ, everything=True),
}
# The accounts that the store of the comparison still has: those that the viewer may see.
REMAINING = {"nothing": "neither", "own": "own", "admin": "own", "foreign": "foreign", "writer": "neither"}


class Answer(NamedTuple):
    """All that a client can see of a response, but for the id of the request and what time has left of the budget."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


class Tenants:
    """Servers on a store with both accounts, and on stores with one or none of them."""

    def __init__(self, clients: dict[str, TestClient], databases: Sequence[Database], walk: SchemaWalk) -> None:
        self._clients, self._databases, self.walk = clients, databases, walk
        self._asked = 0

    def documents(self) -> Iterator[str]:
        return itertools.islice(itertools.chain(BESIDE_THE_WALK, self.walk.documents()), 0, None, STEP)

    def ask(self, store: str, token: str, document: str) -> Answer:
        self._asked += 1
        if self._asked % 50 == 0:  # few documents have a statement in common: those of the whole walk take a gigabyte
            for database in self._databases:
                database.reader.clear_compiled_cache()
            forget_statements()
        response = self._clients[store].post("/graphql", json={"query": document}, headers=bearer(token))
        headers = [(name, value) for name, value in response.headers.items() if name not in ("x-request-id", "ratelimit")]
        return Answer(response.status_code, headers, response.content)


def fill(world: World) -> None:
    """Two accounts with the same ids, and the other one also with facts of its own, whose texts are marked."""
    covers = tuple(FactKind)
    for key in (OWN, FOREIGN):
        account = Account(world, key, "UTC", covers, {}, CLOCK - 5 * DAY)
        world.accounts.append(account)
        for _ in range(3):
            account.confirm(account.order(status="SHIPPED", deliver_by=CLOCK + DAY), CLOCK - 4 * DAY)
        account.order(ship_by=CLOCK + HOUR)
        account.add(Violation, violation_id="violation", detected_at=CLOCK - 5 * DAY, category="odd")
        rows = facts_in_every_state(PLUGIN, CLOCK - 5 * DAY)
        account.unsaved += [row._replace(values=dict(row.values)) for row in rows]
        if key == FOREIGN:
            for row in [*rows, *account.unsaved]:
                values = {
                    name: f"{MARK}-{value}" if isinstance(value, str) and is_free(row.fact, name) else value
                    for name, value in row.values.items()
                }
                account.unsaved.append(row._replace(values=values))
    world.save()
    own = {"acmeRate": LATE, "orderDefectRate": {"mfn": DEFECTS}}
    foreign = {f"{MARK}Rate": LATE, "acmeRate": LATE | {"status": MARK, "targetCondition": MARK}}
    for account, marketplace, figures in ((0, US, own), (1, US, own | foreign), (1, f"{MARK}-{US}", foreign)):
        content = report({"marketplaceId": marketplace, "accountHealthRating": {"ahrScore": 300}} | figures)
        for days in (0, 1, 30):
            store_report(world.database, world.accounts[account].account_id, content, CLOCK - days * DAY)


def is_free(fact: Any, name: str) -> bool:
    """Whether a column of a fact may hold any text."""
    table = fact.__table__
    return all(str(each.name) != f"ck_{table.name}_{name}" for each in table.constraints)


class Values:
    """The values that each argument takes, the usual one first: of both accounts, absent ones, and those that only the other account has."""

    def __init__(self, responses: Sequence[str] = ()) -> None:
        self._named: dict[str, Sequence[Any]] = {
            "key": [OWN, FOREIGN, ABSENT],
            "keys": [OWN, FOREIGN, ABSENT, PLUGIN.key],
            "metric": [PLUGIN.key, "late_shipment_rate", ABSENT],
            "measure": ["packages", "orders", ABSENT],
            "by": ["marketplace", "channel", "category", MARK],
            "section": ["acme", "account_health"],
            "marketplace": [US, "odd", f"{MARK}-odd", f"{MARK}-{US}", ABSENT],
            "search": ["seller", MARK, ABSENT],
            **ids_and_cursors(responses),
        }
        self._of_type: dict[str, Sequence[Any]] = {
            "Int": [3, 0],
            "Float": [0.5],
            "Boolean": [True, False],
            "Date": [TODAY.isoformat(), (TODAY - 20 * DAY).isoformat()],
            "DateTime": [CLOCK.isoformat(), (CLOCK - 20 * DAY).isoformat()],
        }
        self._any: Sequence[Any] = [OWN, FOREIGN, f"{MARK}-odd-1", *self._named["id"][:4]]

    def __call__(self, name: str, kind: str) -> Sequence[Any]:
        return self._of_type.get(kind) or self._named.get(name) or self._any


def ids_and_cursors(responses: Sequence[str]) -> dict[str, Sequence[str]]:
    """Of the ids in some responses one of each kind and account, and of the cursors some of each form."""
    found = {name: re.findall(f'"{name}":"([^"]+)"', "".join(responses)) for name in ("id", "cursor", "endCursor")}
    kinds = {tuple((ids.read(each) or [])[:2]): each for each in found["id"]}
    by_form: dict[tuple[int, bool], str] = {}
    for cursor in dict.fromkeys(found["cursor"] + found["endCursor"]):
        parts = ids.read(cursor) or []
        by_form.setdefault((len(parts), MARK in str(parts)), cursor)
    cursors = list(by_form.values())
    return {"id": list(kinds.values()), "ids": list(kinds.values()), "after": cursors, "before": cursors}


@pytest.fixture(scope="module")
def tenants(stores: Stores, loaded_with: Callable[..., Loaded]) -> Iterator[Tenants]:
    loaded = loaded_with(PLUGIN)
    schema = make_schema(loaded)._schema
    with contextlib.ExitStack() as running:
        clients: dict[str, TestClient] = {}
        databases: list[Database] = []
        for name, erased in {"both": [], "own": [FOREIGN], "foreign": [OWN], "neither": [OWN, FOREIGN]}.items():
            database = running.enter_context(stores.open())
            fill(World(database))
            with database.writing() as connection:
                connection.execute(sa.update(records.Account).values(updated_at=CLOCK))  # else the stores differ in when they were filled
                for key in erased:
                    accounts.erase(connection, accounts.account_id_of(key))
            app = create_app(
                Settings(clock=CLOCK, cost_per_minute=10**9, operation_timeout=600), Known(**VIEWERS), loaded=loaded, database=database
            )
            databases.append(database)
            clients[name] = running.enter_context(TestClient(app, "http://localhost"))
        first = Tenants(clients, databases, SchemaWalk(schema, Values()))
        pages = itertools.islice((each for each in first.walk.documents() if "evidence(" in each), 0, None, STEP)
        with_ids = [*BESIDE_THE_WALK, *first.walk.plain_documents(), *pages]
        documents = [text for each in with_ids for text in (each, each.replace(OWN, FOREIGN))]
        responses = [first.ask("both", "everything", document).body.decode() for document in documents]
        yield Tenants(clients, databases, SchemaWalk(schema, Values(responses)))


@pytest.mark.skipif(not FULL, reason="make test-access walks the whole schema")
def test_the_walk_reaches_every_type_and_the_marks_of_the_other_account(tenants: Tenants) -> None:
    of_foreign = (each.replace(OWN, FOREIGN) for each in tenants.walk.plain_documents())
    reached, marks = set[str](), 0
    for document in itertools.chain(tenants.documents(), tenants.walk.longer_documents(NUMBER, DEPTH), of_foreign):
        answer = tenants.ask("both", "everything", document)
        body = answer.body.decode()
        assert answer.status == 200, document
        assert not re.search("METRIC_FAILED|INTERNAL_SERVER_ERROR|GRAPHQL_VALIDATION_FAILED", body), document
        reached.update(re.findall(r'"__typename":"(\w+)"', body))
        marks += body.count(MARK)
    assert tenants.walk.types - reached == {"Fact", "Node", "Query"}  # interfaces, and the root itself
    assert marks > 50


@pytest.mark.parametrize("token", ["own", "nothing"])
def test_what_is_not_granted_is_answered_like_what_does_not_exist(tenants: Tenants, token: str) -> None:
    for document in tenants.documents():
        answer = tenants.ask("both", token, document)
        assert answer == tenants.ask(REMAINING[token], token, document), document
        if MARK not in document and not has_foreign_id(document):
            assert MARK not in answer.body.decode(), document


@pytest.mark.parametrize("token", REMAINING)
def test_so_it_is_on_longer_paths_for_every_viewer(tenants: Tenants, token: str) -> None:
    for document in tenants.walk.longer_documents(NUMBER, DEPTH):
        assert tenants.ask("both", token, document) == tenants.ask(REMAINING[token], token, document), document


def test_a_writer_reads_nothing(tenants: Tenants) -> None:
    for document in tenants.documents():
        body = json.loads(tenants.ask("both", "writer", document).body)
        fields = {name: field for name, field in body.get("data", {}).items() if field is not None}
        assert all(field.keys() <= {"__typename", "name", "permissions", "expiresAt"} for field in fields.values()), document


def has_foreign_id(document: str) -> bool:
    return any(MARK in str(ids.read(text)) for text in re.findall(r'"([\w-]+)"', document))
