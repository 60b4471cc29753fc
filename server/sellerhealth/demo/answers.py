"""A hash of what the demo answers: the same on every database."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from typing import Any

from sellerhealth.demo.calendar import LAST_DAY
from sellerhealth.demo.example_queries import EXAMPLE_QUERIES
from sellerhealth.demo.sellers import SELLERS

_PORTFOLIOS = (
    "{ accounts { totalCount nodes { id key name healthStatus marketplaces { key name } } } }",
    "{ accounts(orderBy: {field: HEALTH, direction: DESC}) { nodes { key healthStatus } } }",
    '{ accounts(filter: {search: "E"}) { nodes { key } } }',
)
_METRICS = """
    healthStatus coverage { fact through } dataQuality { code count }
    metricResults {
      id definition { key } value display status overallStatus unavailableReason unprovenRows { count rejected }
      numerator denominator headroom { allowed needed used } figures { key value } window { from to }
      reported { key value status comparison { difference reason explanation } }
      windows { value status } breakdown(by: "marketplace") { scope { marketplace { key } } value status }
    }"""
_REPORTED = """
    reported { key channel marketplace { key } display status comparison { display difference reason } }
    reportedHistory(first: 100) { totalCount pageInfo { endCursor } nodes { key value takenAt } }"""
_FACTS = """
    orders(first: 100) { totalCount pageInfo { endCursor } nodes { id key occurredAt status shipBy confirmedAt cancelledBy } }
    feedback(first: 100) { totalCount nodes { id occurredAt rating comment classification } }
    atRisk(first: 100, withinHours: 720) { totalCount edges { cursor node { label occurredAt } } }"""
_SERIES = f"""
    metrics {{ lateShipmentRate {{
      history(from: "{LAST_DAY - dt.timedelta(30)}") {{ date value status }}
      evidence(measure: "late", first: 50) {{ totalCount edges {{ cursor node {{ label occurredAt }} }} }}
    }} }}"""


def sha256_of_answers(run: Callable[[str], Any]) -> str:
    """The hash of the answers to documents about everything in the demo. `run` returns the data of a document."""
    of_sellers = [
        f'{{ account(key: "{seller.key}") {{{part}\n}} }}' for seller in SELLERS for part in (_METRICS, _REPORTED, _FACTS, _SERIES)
    ]
    answers = [run(document) for document in (*(example.document for example in EXAMPLE_QUERIES), *_PORTFOLIOS, *of_sellers)]
    return hashlib.sha256(json.dumps(answers, sort_keys=True).encode()).hexdigest()
