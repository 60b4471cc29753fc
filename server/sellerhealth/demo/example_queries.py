"""Example queries, run against the demo and printed with their results."""

import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

WIDTH = 110


class ExampleQuery(NamedTuple):
    """A query, and what it shows as a question."""

    question: str
    document: str


EXAMPLE_QUERIES = (
    ExampleQuery(
        "Which is worst, and why?",
        """{
  accounts(orderBy: {field: HEALTH}) {
    edges { node { key name health { status worstResult { definition { title } display } } } }
  }
}""",
    ),
    ExampleQuery(
        "What is going wrong with the one that slips?",
        """{
  account(key: "slipping") {
    metricResults(section: "account_health") { definition { title } display overallStatus }
  }
}""",
    ),
    ExampleQuery(
        "How bad are the late shipments of the critical one, where, and how can they be fixed?",
        """{
  account(key: "critical") {
    metrics {
      lateShipmentRate {
        display status late orders
        window { from to }
        headroom { needed }
        breakdown(by: "marketplace") { scope { marketplace { name } } display unavailableReason }
      }
    }
  }
}""",
    ),
    ExampleQuery(
        "What does Amazon itself say of the one that slips, and why is that not what is counted here?",
        """{
  account(key: "slipping") {
    metricResults(keys: ["late_shipment_rate", "on_time_delivery_rate"], marketplace: "A1F83G8C2ARO7P") {
      definition { title }
      display
      reported { display status numerator denominator from to comparison { difference reason } }
    }
  }
}""",
    ),
)


def run_query(address: str, document: str) -> Any:
    """The data that a running server returns, or the whole response if it has errors. OSError if it does not respond."""
    server = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)  # ignores proxy variables
    server.request("POST", "/graphql", json.dumps({"query": document}), {"content-type": "application/json", "accept": "application/json"})
    response = json.load(server.getresponse())
    server.close()
    return response if "errors" in response else response["data"]


def format_json(value: Any, indent: str = "") -> str:
    """JSON in which every array and object that fits on a line is on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(flat) <= WIDTH or not isinstance(value, dict | list):
        return flat
    inner = f"{indent}  "
    if isinstance(value, dict):
        parts = [f"{inner}{json.dumps(name)}: {format_json(part, inner)}" for name, part in value.items()]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    return "[\n" + ",\n".join(f"{inner}{format_json(part, inner)}" for part in value) + f"\n{indent}]"
