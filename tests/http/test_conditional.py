"""Conditional requests: who has the current content gets 304 and no content."""

import pytest
from starlette.testclient import TestClient

from sellerhealth.app import create_app
from sellerhealth.http.authentication import Open
from sellerhealth.settings import Settings
from sellerhealth.testing import CLOCK

QUERY = "{ accounts { nodes { key } } }"


@pytest.fixture(params=[True, False], ids=["remembered", "computed"])
def client(request, world, built_ins):
    world.account().save()
    size = 1_000_000 if request.param else 0
    app = create_app(Settings(clock=CLOCK, rollups=False, response_cache_bytes=size), Open(), loaded=built_ins, database=world.database)
    with TestClient(app, "http://localhost") as client:
        yield client


def get(client, tags=None, accept="application/json", query=QUERY):
    headers = {"Accept": accept} if tags is None else {"Accept": accept, "If-None-Match": tags}
    return client.get("/graphql", params={"query": query}, headers=headers)


def test_an_answer_by_get_has_a_tag_and_may_be_kept_by_the_browser_alone(client):
    response = get(client)
    assert response.status_code == 200
    assert response.headers["ETag"].startswith('"')  # a strong one
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert {"Accept", "Authorization"} <= {name.strip() for name in response.headers["Vary"].split(",")}
    assert get(client).headers["ETag"] == response.headers["ETag"]


def test_who_has_the_content_gets_none(client):
    tag = get(client).headers["ETag"]
    for tags in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        response = get(client, tags)
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["ETag"] == tag
        assert response.headers["Cache-Control"] == "private, no-cache"
        assert "RateLimit" in response.headers
        assert "Content-Type" not in response.headers


def test_who_has_another_content_gets_the_current_one(client, world):
    tag = get(client).headers["ETag"]
    assert get(client, '"other"').status_code == 200
    assert get(client, tag.strip('"')).status_code == 200
    assert get(client, tag, query="{ viewer { name } }").status_code == 200
    assert get(client, tag, accept="application/graphql-response+json").status_code == 200  # the same bytes as another type
    world.account().save()
    response = get(client, tag)
    assert response.status_code == 200
    assert len(response.json()["data"]["accounts"]["nodes"]) == 2


def test_errors_and_answers_by_post_have_no_tag(client):
    assert client.post("/graphql", json={"query": QUERY}, headers={"If-None-Match": "*"}).status_code == 200
    for response in (client.post("/graphql", json={"query": QUERY}), get(client, "*", query="{ nothing }"), get(client, "*", query="{")):
        assert "ETag" not in response.headers
        assert response.headers["Cache-Control"] == "no-store"
