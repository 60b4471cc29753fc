"""The demo gives the same answers on SQLite and on PostgreSQL."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sellerhealth.app import create_app
from sellerhealth.demo.answers import sha256_of_answers
from sellerhealth.demo.calendar import CLOCK
from sellerhealth.http.authentication import Open
from sellerhealth.plugins.load import Loaded
from sellerhealth.settings import Settings
from sellerhealth.store.copying import copy_store
from sellerhealth.store.database import Database
from tests.support.stores import Kind, Stores


def answers_of(client: TestClient) -> Callable[[str], Any]:
    def run(document: str) -> Any:
        response = client.post("/graphql", json={"query": document}).json()
        assert "errors" not in response
        return response["data"]

    return run


@pytest.mark.both_at_once
def test_the_answers_are_the_same_on_both_databases(demo_store: Path, stores: Stores, built_ins: Loaded) -> None:
    settings, hashes = Settings(clock=CLOCK, operation_timeout=600), list[str]()
    source = Database(f"sqlite:///{demo_store}")
    with stores.open(Kind.POSTGRESQL) as target:
        copy_store(source, target)
        for database in (source, target):
            with TestClient(create_app(settings, Open(), loaded=built_ins, database=database), "http://localhost") as client:
                hashes.append(sha256_of_answers(answers_of(client)))
    assert hashes[0] == hashes[1]


def test_another_answer_is_another_hash() -> None:
    assert sha256_of_answers(lambda document: {"a": 1}) != sha256_of_answers(lambda document: {"a": 2})
