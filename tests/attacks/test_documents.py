"""Documents that ask for too much are refused before they cost anything, whatever the store holds."""

import pytest

from tests.attacks.conftest import IS_LONG_RUN
from tests.attacks.documents import EXPENSIVE, REFUSED, SHAPES
from tests.support.stores import Kind, Stores
from tests.support.victim import Victim

SECONDS = {Kind.SQLITE: 0.2, Kind.POSTGRESQL: 0.25}  # of CPU for a refusal, the requests of the other client among them
MEMORY = 60_000_000
DEAREST = 2.0  # seconds of CPU for a document that is allowed


@pytest.fixture
def seconds(stores: Stores) -> float:
    return SECONDS[stores.kind]


@pytest.mark.parametrize("name", REFUSED)
def test_a_document_is_refused_at_once(victim: Victim, seconds: float, name: str) -> None:
    attack = REFUSED[name]
    answer, spent = victim.cost_of(lambda: victim.send(attack.query, variables=attack.variables), seconds)
    assert answer.status in (200, 400, 413), answer
    assert answer.codes, answer.body[:300]
    assert answer.codes <= attack.codes, answer.body[:300]
    assert spent.seconds < seconds
    assert spent.memory < MEMORY


@pytest.mark.parametrize("name", EXPENSIVE)
def test_what_took_many_seconds_is_refused(victim: Victim, seconds: float, name: str) -> None:
    answer, spent = victim.cost_of(lambda: victim.send(EXPENSIVE[name]), seconds)
    assert answer.codes == {"QUERY_TOO_COMPLEX"}, answer.body[:300]
    assert spent.seconds < seconds


def test_98_results_by_their_ids_are_refused_or_take_what_they_cost(victim: Victim) -> None:
    found = victim.send("{ accounts(first: 5) { nodes { metricResults { id } } } }").json["data"]["accounts"]["nodes"]
    ids = [result["id"] for account in found for result in account["metricResults"]]
    query = (
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on MetricResult "
        '{ overallStatus breakdown(by: "marketplace") { value } windows { value } } } }'
    )
    variables = {"ids": (ids * 98)[:98]}
    answer, spent = victim.cost_of(lambda: victim.send(query, variables=variables), 2)
    assert answer.codes in (set(), {"QUERY_TOO_COMPLEX"}, {"TIMEOUT"}), answer.body[:300]
    if not answer.codes:
        cost = answer.json["extensions"]["cost"]
        assert cost["requestedQueryCost"] <= cost["maximumAvailable"]
    assert spent.seconds < 2


@pytest.mark.parametrize("name", SHAPES if IS_LONG_RUN else ("timelines", "evidence", "accounts by health"))
def test_the_dearest_document_of_a_shape_that_is_allowed_takes_little(victim: Victim, name: str) -> None:
    """As many parts as are allowed. The cost of more, which are refused, says how many those are."""
    shape = SHAPES[name]
    answer, spent = victim.cost_of(lambda: victim.send(shape.document(shape.most)), DEAREST)
    if answer.codes == {"QUERY_TOO_COMPLEX"}:
        cost = answer.json["extensions"]["cost"]
        parts = shape.most * cost["maximumAvailable"] // cost["requestedQueryCost"] - 1
        answer, spent = victim.cost_of(lambda: victim.send(shape.document(parts)), DEAREST)
    assert answer.codes in (set(), {"TIMEOUT"}), answer.body[:300]
    assert spent.seconds < DEAREST
