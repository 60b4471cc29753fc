"""Texts for people in a locale: that of the argument, else that of the request, else as they are."""

from typing import Any

import pytest

from sellerhealth.access import OWNER
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.facts import Package
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.schema import make_schema
from sellerhealth.locales import Locale
from sellerhealth.plugins.load import Loaded
from sellerhealth.request_record import Recording
from sellerhealth.testing import CLOCK, HOUR, World, at
from tests.support.api import Execute

TEXTS = """
query ($key: String!, $locale: Locale) {
  account(key: $key) {
    metrics {
      lateShipmentRate {
        display(locale: $locale)
        german: display(locale: "de")
        plain: display
        target { display(locale: $locale) warningDisplay(locale: $locale) }
        figures { display(locale: $locale) }
        whatIf(changes: [{measure: "orders", by: 3990}]) { display(locale: $locale) }
      }
    }
  }
}
"""


@pytest.fixture
def seller(world: World) -> Any:
    """Ten orders, two of them confirmed late."""
    seller = world.account()
    for number in range(10):
        order = seller.order(placed_at=at(3, 10), ship_by=at(3, 12))
        seller.add(Package, order_id=order, package_id="1", confirmed_at=at(3, 12) + (HOUR if number < 2 else -HOUR))
    return seller


def late(data: Any) -> Any:
    return data["account"]["metrics"]["lateShipmentRate"]


def test_without_a_locale_texts_are_as_they_are(seller: Any, query: Any) -> None:
    for locale in ({}, {"locale": None}):
        found = late(query(TEXTS, key="seller-1", **locale))
        assert (found["display"], found["german"], found["plain"]) == ("20.00 %", "20,00\xa0%", "20.00 %")
        assert found["target"] == {"display": "under 4 %", "warningDisplay": "from 3.2 % on"}


def test_every_text_of_a_result_takes_a_locale(seller: Any, query: Any) -> None:
    found = late(query(TEXTS, key="seller-1", locale="de-AT"))
    assert (found["display"], found["german"], found["plain"]) == ("20,00\xa0%", "20,00\xa0%", "20.00 %")
    assert found["target"] == {"display": "< 4\xa0%", "warningDisplay": "≥ 3,2\xa0%"}
    assert found["whatIf"] == {"display": "0,05\xa0%"}
    assert found["figures"][0] == {"display": "10"}


@pytest.mark.parametrize(
    ("locale", "message"),
    [
        ("xx", "There is no locale 'xx' in CLDR. Send the tag of a language, perhaps with a region, such as 'de' or 'pt-BR'."),
        ("de_DE", "Expected a locale by its BCP 47 tag, such as 'de' or 'pt-BR', found 'de_DE'. Did you mean 'de-DE'?"),
        (7, "Expected a locale by its BCP 47 tag, such as 'de' or 'pt-BR', found '7'."),
        ("", "Expected a locale by its BCP 47 tag, such as 'de' or 'pt-BR', found ''."),
    ],
)
def test_another_locale_is_an_error_that_says_what_to_send(seller: Any, execute: Execute, locale: Any, message: str) -> None:
    (error,) = execute(TEXTS, key="seller-1", locale=locale).errors
    assert error["message"].endswith(message)
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


def test_a_locale_or_a_day_in_the_document_is_checked_before_it_runs_and_has_its_place(execute: Execute) -> None:
    document = '{ account(key: "seller-1") { metrics(asOf: "soon") { lateShipmentRate { display(locale: "xx") } } } }'
    day, locale = execute(document).errors
    assert (day["message"], day["locations"]) == ("Expected a day such as '2026-03-31', found 'soon'.", [{"line": 1, "column": 44}])
    assert "There is no locale 'xx' in CLDR." in locale["message"]
    assert locale["locations"] == [{"line": 1, "column": 89}]
    assert day["extensions"] == locale["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize("plans", [True, False])
def test_the_locale_of_the_request_is_that_of_every_text_without_one(seller: Any, world: World, built_ins: Loaded, plans: bool) -> None:
    seller.save()
    schema = make_schema(built_ins, plans=plans)
    batch = MetricBatch(world.database, OWNER, CLOCK)
    context = Context(OWNER, CLOCK, batch, schema.loaded, locale=Locale("tr"))
    with Recording() as record:
        result = schema.execute_sync(TEXTS, {"key": "seller-1"}, context)
    found = late(result.data)
    assert (found["display"], found["german"], found["plain"]) == ("%20,00", "20,00\xa0%", "%20,00")
    assert found["target"] == {"display": "< %4", "warningDisplay": "≥ %3,2"}
    assert record.unplanned == 0
