"""Serves the accounts of a folder by Ariadne, until it is stopped. It runs in an environment of its own.

    python ariadne_server.py plain|cached FOLDER

`cached`: its hooks for the parser and the validation remember each document, which Ariadne does not do by itself.
"""

import json
import socket
import sys
from functools import cache
from pathlib import Path
from typing import Any

import uvicorn
from ariadne import QueryType, make_executable_schema  # type: ignore[import-not-found]  # not installed beside mypy
from ariadne.asgi import GraphQL  # type: ignore[import-not-found]  # as above
from graphql import DocumentNode, GraphQLSchema, parse, validate


def application(folder: Path, *, caches: bool) -> Any:
    """Ariadne with the accounts in memory."""
    accounts = json.loads((folder / "accounts.json").read_text())
    by_key = {account["key"]: account for account in accounts}
    query = QueryType()

    def account(_: object, info: object, key: str) -> Any:
        return by_key.get(key)

    def first_accounts(_: object, info: object, first: int | None = None) -> Any:
        return {"nodes": accounts[:first]}

    query.set_field("account", account)
    query.set_field("accounts", first_accounts)
    schema = make_executable_schema((folder / "schema.graphql").read_text(), query)

    @cache
    def parsed(text: str) -> DocumentNode:
        return parse(text)

    @cache
    def errors(schema: GraphQLSchema, document: DocumentNode, *rest: Any) -> Any:
        return validate(schema, document)

    def read(context: object, sent: dict[str, Any]) -> DocumentNode:
        return parsed(sent["query"])

    def check(schema: GraphQLSchema, document: DocumentNode, *rest: Any, **more: Any) -> Any:
        return errors(schema, document)

    return GraphQL(schema, query_parser=read, query_validator=check) if caches else GraphQL(schema)


def main(what: str, folder: str) -> None:
    """Serves at a free port, at every path."""
    app = application(Path(folder), caches=what == "cached")
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"Serving http://127.0.0.1:{listener.getsockname()[1]}/graphql", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, ws="none")).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
