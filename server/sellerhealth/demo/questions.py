"""Three questions to the demo, and how they and their answers are shown."""

import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

WIDTH = 110


class Question(NamedTuple):
    """What a person would ask, and the query that asks it."""

    words: str
    query: str


QUESTIONS = (
    Question("How healthy is each of them?", "{ accounts { nodes { key name healthStatus } } }"),
    Question(
        "What is going wrong with the one that slips?",
        """{
  account(key: "slipping") {
    metricResults(section: "account_health") { definition { title } display overallStatus }
  }
}""",
    ),
    Question(
        "How bad are the late shipments of the critical one, where, and what would mend them?",
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
)


def ask(address: str, query: str) -> Any:
    """What a running server answers: its data, or all that it says when there are errors. OSError when it does not answer."""
    server = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)  # no proxy of the environment stands in between
    server.request("POST", "/graphql", json.dumps({"query": query}), {"content-type": "application/json", "accept": "application/json"})
    answer = json.load(server.getresponse())
    server.close()
    return answer if "errors" in answer else answer["data"]


def folded(value: Any, indent: str = "") -> str:
    """JSON that takes a line where it fits into one."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(flat) <= WIDTH or not isinstance(value, dict | list):
        return flat
    inner = f"{indent}  "
    if isinstance(value, dict):
        parts = [f"{inner}{json.dumps(name)}: {folded(part, inner)}" for name, part in value.items()]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    return "[\n" + ",\n".join(f"{inner}{folded(part, inner)}" for part in value) + f"\n{indent}]"
