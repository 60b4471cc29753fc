"""What other servers get of ours: the part of its schema that the documents select, and the accounts in memory. Read by each of them."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from graphql import GraphQLSchema, build_schema

from .documents import DASHBOARD, DATA, PORTFOLIO, Shape
from .selected_schema import selected_schema

SCHEMA, ACCOUNTS = "schema.graphql", "accounts.json"


class Data(NamedTuple):
    """The small schema, and the accounts of an answer."""

    schema: GraphQLSchema
    accounts: list[dict[str, Any]]


def of_accounts(number: int) -> Shape:
    """The document that selects what others hold in memory, of the first accounts."""
    return Shape(DATA, {"first": number})


def write(folder: Path, schema: GraphQLSchema, answered: bytes) -> None:
    """Writes the part of our schema, and the accounts of our answer to DATA."""
    answer = json.loads(answered)
    if "errors" in answer:
        raise ValueError(answer["errors"])
    (folder / SCHEMA).write_text(selected_schema(schema, [DASHBOARD, PORTFOLIO]))
    (folder / ACCOUNTS).write_text(json.dumps(answer["data"]["accounts"]["nodes"]))


def read(folder: Path) -> Data:
    """Reads what was written."""
    return Data(build_schema((folder / SCHEMA).read_text()), json.loads((folder / ACCOUNTS).read_text()))
