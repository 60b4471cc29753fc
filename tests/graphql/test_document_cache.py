"""Documents are parsed and validated once, and nobody can see by the time whether another viewer has sent one that quotes a text."""

from typing import Any

import pytest

from sellerhealth.access import Permission, Viewer
from sellerhealth.graphql import document_cache
from tests.support.api import Execute

A, B = (Viewer(name, "of the same name", frozenset({Permission.READ}), granted=frozenset()) for name in ("a", "b"))


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was parsed and validated, and not remembered."""
    done: list[str] = []

    def noting(name: str) -> None:
        function: Any = getattr(document_cache, name)
        monkeypatch.setattr(document_cache, name, lambda *each, **options: done.append(name) or function(*each, **options))

    noting("parse")
    noting("validate_document")
    return done


BOTH = ["parse", "validate_document"]


def test_a_document_that_quotes_a_text_is_remembered_for_each_viewer_alone(execute: Execute, done: list[str]) -> None:
    for viewer, work in {A: BOTH, B: BOTH * 2}.items():
        for _ in range(2):
            assert execute('{ account(key: "of-a-viewer-alone") { name } }', viewer=viewer).data == {"account": None}
            assert done == work


def test_any_other_is_remembered_for_all(execute: Execute, done: list[str]) -> None:
    for viewer in (A, B, A):
        assert execute("query ForAll($key: String!) { account(key: $key) { name } }", viewer=viewer, key="x").data == {"account": None}
    assert done == BOTH


def test_what_is_wrong_with_a_document_is_remembered_too(execute: Execute, done: list[str]) -> None:
    first, again = (execute("{ nothingOfThatName }", viewer=A).errors for _ in range(2))
    assert first == again != []
    assert done == BOTH
