"""The locale of a response: negotiated by `Accept-Language`, named in the response, and part of what an answer is remembered by."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from sellerhealth.app import create_app
from sellerhealth.facts import Package
from sellerhealth.http.authentication import Open
from sellerhealth.http.negotiation import preferred_locale
from sellerhealth.plugins.load import Loaded
from sellerhealth.settings import Settings
from sellerhealth.testing import CLOCK, HOUR, World, at

QUERY = '{ account(key: "seller-1") { metrics { lateShipmentRate { display } } } }'


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("*", None),
        ("de", "de"),
        ("de-DE,de;q=0.9,en;q=0.8", "de-DE"),
        ("en;q=0.4 , fr ; q=0.9", "fr"),
        ("fr;q=0.5, de;q=0.5", "fr"),
        ("tlh, de-XX;q=0.1", "de"),
        ("tlh", None),
        ("*, de;q=0.5", None),
        ("de, *;q=0.5", "de"),
        ("de;q=0", None),
        ("de;q=0, *;q=0.5", None),
        ("de;q=0.2, de-XX;q=0.8, fr;q=0.5", "de"),
        (", de,", "de"),
        ("DE-at;Q=1.000", "de-AT"),
        ("zh-TW", "zh-Hant-TW"),
        ("de;q=2", None),
        ("de;q=x, fr", None),
        ("de_DE, fr", None),
        ("de;level=1", None),
        ("de\x00", None),
        ("de," * 400 + "fr", None),
    ],
)
def test_the_locale_is_the_one_that_the_header_prefers(header: str | None, expected: str | None) -> None:
    assert preferred_locale(header) == expected


@pytest.fixture(params=[True, False], ids=["remembered", "computed"])
def client(request: Any, world: World, built_ins: Loaded) -> Iterator[TestClient]:
    seller = world.account()
    for number in range(3):
        order = seller.order(placed_at=at(3, 10), ship_by=at(3, 12))
        seller.add(Package, order_id=order, package_id="1", confirmed_at=at(3, 12) + (-HOUR if number else HOUR))
    seller.save()
    size = 1_000_000 if request.param else 0
    app = create_app(Settings(clock=CLOCK, rollups=False, response_cache_bytes=size), Open(), loaded=built_ins, database=world.database)
    with TestClient(app, "http://localhost") as client:
        yield client


def get(client: TestClient, language: str | None, **headers: str) -> httpx2.Response:
    return client.get("/graphql", params={"query": QUERY}, headers=headers | ({} if language is None else {"Accept-Language": language}))


def display(response: httpx2.Response) -> str:
    text: str = response.json()["data"]["account"]["metrics"]["lateShipmentRate"]["display"]
    return text


def test_the_answer_is_in_the_locale_that_the_client_prefers(client: TestClient) -> None:
    for _ in range(2):
        for header, text, language in [
            ("de-DE,de;q=0.9", "33,33\xa0%", "de-DE"),
            (None, "33.33 %", None),
            ("tr", "%33,33", "tr"),
            ("*", "33.33 %", None),
            ("nonsense;;", "33.33 %", None),
            ("en-US,en;q=0.9", "33.33%", "en-US"),
        ]:
            for response in (
                get(client, header),
                client.post("/graphql", json={"query": QUERY}, headers={"Accept-Language": header or "*"}),
            ):
                assert (display(response), response.headers.get("Content-Language")) == (text, language)
                assert "Accept-Language" in [each.strip() for each in response.headers["Vary"].split(",")]


def test_who_has_the_answer_in_one_language_does_not_have_it_in_another(client: TestClient) -> None:
    tags = {language: get(client, language).headers["ETag"] for language in (None, "de", "fr", "en-US")}
    assert len(set(tags.values())) == len(tags)
    assert get(client, "de, en;q=0.5").headers["ETag"] == tags["de"]  # however the client says it
    not_modified = get(client, "de", **{"If-None-Match": tags["de"]})
    assert (not_modified.status_code, not_modified.headers["Content-Language"]) == (304, "de")
    assert "Accept-Language" in not_modified.headers["Vary"]
    for other in (None, "fr"):
        assert get(client, other, **{"If-None-Match": tags["de"]}).status_code == 200


def test_an_error_is_in_no_other_language(client: TestClient) -> None:
    for document in ("{", "{ nothing }"):
        response = client.post("/graphql", json={"query": document}, headers={"Accept-Language": "de"})
        assert response.json()["errors"]
        assert "Content-Language" not in response.headers
        assert "Accept-Language" in response.headers["Vary"]
