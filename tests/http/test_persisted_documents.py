"""Documents named by their hash: remembered ones, and those of a manifest."""

import hashlib
import json
import tracemalloc

import pytest
import structlog
from starlette.testclient import TestClient

from sellerhealth.access import Permission, Viewer
from sellerhealth.app import create_app
from sellerhealth.errors import BadSettings
from sellerhealth.graphql import document_cache
from sellerhealth.http import persisted_documents
from sellerhealth.http.authentication import Open
from sellerhealth.http.persisted_documents import AutomaticDocuments
from sellerhealth.http.request import GraphQLRequest
from sellerhealth.settings import Settings
from sellerhealth.testing import CLOCK
from tests.support.authentication import Known, bearer

QUERY = "query A($rating: Int = 5) { classifyFeedback(rating: $rating) }"
OTHER = "{ __typename }"


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def by_hash(digest, version=1):
    return {"extensions": {"persistedQuery": {"version": version, "sha256Hash": digest}}}


def send(client, **members):
    response = client.post("/graphql", json=members).json()
    return response.get("data") or response["errors"][0]["extensions"]["code"]


@pytest.fixture
def application(built_ins, tmp_path):
    """Makes a client of the application with other settings."""

    def application(authenticator=None, **settings):
        settings = Settings(clock=CLOCK, database=f"sqlite:///{tmp_path}/none.db", **settings)
        return TestClient(create_app(settings, authenticator or Open(), loaded=built_ins), "http://localhost")

    return application


@pytest.fixture
def manifest(tmp_path):
    path = tmp_path / "documents.json"
    path.write_text(json.dumps({"short": QUERY}))
    return path


def test_a_document_is_sent_once_and_then_named_by_its_hash(application):
    client, named = application(), by_hash(sha256(QUERY))
    response = client.post("/graphql", json=named, headers={"Accept": "application/graphql-response+json"})
    assert response.status_code == 400
    assert response.json()["errors"] == [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]
    assert send(client, query=QUERY, **named) == {"classifyFeedback": "POSITIVE"}
    assert send(client, **named) == {"classifyFeedback": "POSITIVE"}
    assert send(client, variables={"rating": 1}, **named) == {"classifyFeedback": "NEGATIVE"}
    assert send(client, documentId=f"sha256:{sha256(QUERY)}") == {"classifyFeedback": "POSITIVE"}
    assert send(client, documentId=f"sha256:{sha256(OTHER)}") == "PERSISTED_QUERY_NOT_FOUND"


def test_the_hash_can_be_sent_by_get(application):
    client = application()
    parameters = {"extensions": json.dumps(by_hash(sha256(QUERY))["extensions"])}
    assert "PersistedQueryNotFound" in client.get("/graphql", params=parameters).text
    assert client.get("/graphql", params={"query": QUERY, **parameters}).json()["data"] == {"classifyFeedback": "POSITIVE"}
    parameters["variables"] = '{"rating": 1}'
    assert client.get("/graphql", params=parameters).json()["data"] == {"classifyFeedback": "NEGATIVE"}


def test_a_hash_of_something_else_is_refused_and_not_remembered(application):
    client = application()
    assert send(client, query=QUERY, **by_hash(sha256(OTHER))) == "BAD_USER_INPUT"
    assert send(client, **by_hash(sha256(OTHER))) == "PERSISTED_QUERY_NOT_FOUND"


def test_a_viewer_cannot_learn_by_hash_what_another_has_sent(application):
    readers = {name: Viewer(name, "of the same name", frozenset({Permission.READ}), granted=frozenset()) for name in ("a", "b")}
    client = application(Known(**readers))

    def send(token, document, **members):
        response = client.post("/graphql", json={**by_hash(sha256(document)), **members}, headers=bearer(token))
        return response.status_code, response.content

    sent = send("a", QUERY, query=QUERY)
    assert send("b", QUERY) == send("b", OTHER) != sent
    assert send("a", QUERY) == sent
    assert send("b", QUERY, query=QUERY) == send("b", QUERY) == sent


@pytest.mark.parametrize("extension", [{}, "text", {"version": 2, "sha256Hash": "0"}, {"version": 1}, {"version": 1, "sha256Hash": 3}])
def test_another_protocol_is_not_supported(application, extension):
    response = application().post("/graphql", json={"extensions": {"persistedQuery": extension}})
    assert response.json()["errors"] == [{"message": "PersistedQueryNotSupported", "extensions": {"code": "PERSISTED_QUERY_NOT_SUPPORTED"}}]


def test_the_least_recently_used_documents_are_forgotten(application, monkeypatch):
    texts = [f"{{ __typename }} # {number}" for number in range(3)]
    monkeypatch.setattr(persisted_documents, "MAX_CHARACTERS", 2 * (len(texts[0]) + persisted_documents.ENTRY))
    client = application()
    for text in (texts[0], texts[1], texts[0], texts[2], texts[2]):
        assert send(client, query=text, **by_hash(sha256(text))) == {"__typename": "Query"}
    assert [send(client, **by_hash(sha256(text))) for text in texts] == [
        {"__typename": "Query"},
        "PERSISTED_QUERY_NOT_FOUND",
        {"__typename": "Query"},
    ]


def test_many_short_documents_take_no_more_memory_than_a_long_one():
    documents = AutomaticDocuments()
    tracemalloc.start()
    for number in range(2 * persisted_documents.MAX_CHARACTERS // persisted_documents.ENTRY):
        text = str(number)
        documents.document_of("key:0123456789", GraphQLRequest(text, sha256(text), None, None, {}))
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 1.5 * persisted_documents.MAX_CHARACTERS


def test_with_a_manifest_nothing_else_is_run(application, manifest):
    client = application(trusted_documents=manifest)
    assert send(client, **by_hash("short")) == {"classifyFeedback": "POSITIVE"}
    assert send(client, documentId="short", variables={"rating": 1}) == {"classifyFeedback": "NEGATIVE"}
    assert send(client, query=QUERY) == {"classifyFeedback": "POSITIVE"}
    assert send(client, query=OTHER) == "DOCUMENT_NOT_TRUSTED"
    assert send(client, query=OTHER, **by_hash(sha256(OTHER))) == "DOCUMENT_NOT_TRUSTED"
    assert send(client, **by_hash("other")) == "DOCUMENT_NOT_TRUSTED"
    assert send(client, query="{") == "DOCUMENT_NOT_TRUSTED"


def test_the_manifest_of_apollo_is_supported(application, manifest):
    operation = {"id": "short", "name": "A", "type": "query", "body": QUERY}
    manifest.write_text(json.dumps({"format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation]}))
    assert send(application(trusted_documents=manifest), **by_hash("short")) == {"classifyFeedback": "POSITIVE"}


@pytest.mark.parametrize(
    "content", [None, b"{", b"\xff", b"[]", b'{"a": 1}', b'{"format": "apollo-persisted-query-manifest", "operations": [1]}']
)
def test_a_manifest_that_cannot_be_read_is_refused_at_start(application, manifest, content):
    manifest.unlink() if content is None else manifest.write_bytes(content)
    with pytest.raises(BadSettings, match=r"documents\.json"):
        application(trusted_documents=manifest)


def test_the_documents_of_a_manifest_are_parsed_and_validated_once_at_start(application, manifest, monkeypatch):
    document = 'query Quoted($comment: String = "of nobody", $rating: Int!) { classifyFeedback(rating: $rating, comment: $comment) }'
    manifest.write_text(json.dumps({"quoted": document, "unknown": "{ nothingOfThatName }", "broken": "{"}))
    viewers = {name: Viewer(name, name, frozenset({Permission.READ}), granted=None) for name in ("a", "b")}
    with structlog.testing.capture_logs() as logs:
        client = application(Known(**viewers), trusted_documents=manifest)
    wrong = {line["document"]: line["reason"] for line in logs if line["event"] == "trusted_document_wrong"}
    assert wrong.keys() == {"unknown", "broken"}
    assert "nothingOfThatName" in wrong["unknown"]
    monkeypatch.setattr(document_cache, "parse", None)
    monkeypatch.setattr(document_cache, "validate_document", None)
    for name in viewers:
        members = {"documentId": "quoted", "variables": {"rating": 5}}
        response = client.post("/graphql", json=members, headers=bearer(name)).json()
        assert response["data"] == {"classifyFeedback": "POSITIVE"}
