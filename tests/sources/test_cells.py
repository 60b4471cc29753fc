"""Readers of cells: the values they return, and what they refuse."""

import datetime as dt
import time

import pytest

from sellerhealth.sources import cells
from sellerhealth.sources.unreadable import Unreadable
from tests.support.importers import DE, US, at


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01T09:30:00Z", "2026-03-01T09:30:00+00:00"),
        ("2026-03-01T09:30:00+02:00", "2026-03-01T07:30:00+00:00"),
        ("2026-03-01 09:30:00-0800", "2026-03-01T17:30:00+00:00"),
        (" 2026-03-01T09:30:00.250Z ", "2026-03-01T09:30:00.250000+00:00"),
        ("2026-03-01T09:30Z", "2026-03-01T09:30:00+00:00"),
    ],
)
def test_an_instant_is_read_as_utc(text, instant):
    value = cells.instant(text)
    assert value == at(instant)
    assert value.tzinfo is dt.UTC


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-03-01T09:30:00", "without the offset it could be in any time zone"),
        ("2026-03-01", "without the offset"),
        ("3/1/2026 9:30 AM", "an instant with its offset"),
        ("2026-02-30T09:30:00Z", "an instant with its offset"),
        ("0026-03-01T09:30:00Z", "from 1995 to 2199"),
        ("9999-12-31T23:59:59-12:00", "from 1995 to 2199"),
    ],
)
def test_a_text_that_is_not_an_instant_is_refused(text, why):
    with pytest.raises(Unreadable, match=why):
        cells.instant(text)


def test_a_day_can_replace_an_instant_if_the_column_allows_it():
    assert cells.day_or_instant("2026-03-01") == dt.date(2026, 3, 1)
    assert cells.day_or_instant("2026-03-01T09:30:00Z") == at("2026-03-01T09:30:00Z")
    for text in ("1/3/2026", "2026-02-30", "0001-01-01"):
        with pytest.raises(Unreadable, match="or a day, such as 2026-03-01"):
            cells.day_or_instant(text)


@pytest.mark.parametrize(
    ("order", "text"),
    [
        ("MDY", "3/4/26"),
        ("MDY", "03/04/2026"),
        ("DMY", "4/3/26"),
        ("DMY", "4.3.26"),
        ("DMY", "04-03-2026"),
        ("YMD", "26/3/4"),
        ("YMD", "2026-03-04"),
        ("MDY", "2026-03-04"),
        ("DMY", "2026/3/4"),
    ],
)
def test_a_day_is_read_in_the_order_of_its_marketplace(order, text):
    assert cells.day_written(order)(text) == dt.date(2026, 3, 4)


@pytest.mark.parametrize(
    ("order", "text"), [("DMY", "10/20/23"), ("MDY", "20/10/23"), ("MDY", "soon"), ("YMD", "126/3/4"), ("DMY", "4/3"), ("MDY", "1/1/0001")]
)
def test_a_day_in_another_order_is_refused_not_guessed(order, text):
    with pytest.raises(Unreadable, match="a day such as"):
        cells.day_written(order)(text)


def test_a_value_map_ignores_case_and_suggests_the_nearest_spelling():
    read = cells.ValueMap({"GRANTED_SELLER": 1, "DENIED": 2}).read
    assert [read(text) for text in ("granted_seller", "Granted Seller", " granted-seller ", "DENIED", "", "  ")] == [1, 1, 1, 2, None, None]
    with pytest.raises(Unreadable, match=r"^one of GRANTED_SELLER, DENIED\. Did you mean denied\?$"):
        read("denid")


def test_yes_and_no_have_many_spellings():
    assert [cells.yes_or_no(text) for text in ("yes", "TRUE", "1", "y")] == [True] * 4
    assert [cells.yes_or_no(text) for text in ("No", "false", "0", "N")] == [False] * 4
    assert cells.yes_or_no("") is None


@pytest.mark.parametrize("text", ["0", "6", "4.5", "-1", "five", "5x", "\u0665", "99999999999999999999"])
def test_a_number_out_of_bounds_is_refused(text):
    with pytest.raises(Unreadable, match="a whole number from 1 to 5"):
        cells.number(1, 5)(text)


def test_a_number_within_bounds_is_read():
    assert [cells.number(1, 5)(text) for text in ("1", " 5 ", "")] == [1, 5, None]


@pytest.mark.parametrize("text", ["buyer@example.com", "two words", "x" * 101, "Größe"])
def test_addresses_and_sentences_are_not_keys(text):
    with pytest.raises(Unreadable, match="without spaces and without @"):
        cells.key(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (" Broken ", "Broken"),
        ("Write to jane.doe+amazon@mail.example.com.", "Write to [e-mail]."),
        ("<müller@web.example>, (x@y.example)", "<[e-mail]>, ([e-mail])"),
        ("3 @ 5 dollars, @home", "3 @ 5 dollars, @home"),
        ("", None),
    ],
)
def test_text_is_kept_without_the_addresses_in_it(text, kept):
    assert cells.text(text) == kept


def test_a_long_text_is_searched_for_addresses_in_linear_time():
    text = "x" * 100_000 + " @ " + "x@" * 50_000
    started = time.perf_counter()
    assert cells.text(text) == text
    assert time.perf_counter() - started < 5  # without a bound on the part before the @ it takes minutes


@pytest.mark.parametrize("word", ["ATVPDKIKX0DER", "US", "us", "Amazon.com", "www.amazon.com", " amazon.com "])
def test_a_marketplace_is_found_by_its_id_country_or_domain(word):
    assert cells.marketplace(word) == US


def test_an_unknown_marketplace_is_refused_with_the_nearest():
    assert cells.marketplace("UK") == cells.marketplace("GB") == "A1F83G8C2ARO7P"
    assert cells.marketplace("de") == DE
    with pytest.raises(Unreadable, match=r"Did you mean amazon\.de"):
        cells.marketplace("amazn.de")


@pytest.mark.parametrize(("cell", "value"), [("a\0b", "a�b"), ("a\ud800b", "a?b"), (" Grüße ", "Grüße"), ("\0", "�")])
def test_what_no_database_stores_is_replaced_in_texts(cell, value):
    assert cells.text(cell) == value


def test_an_instant_may_be_followed_by_utc_as_data_warehouses_write_it():
    assert cells.instant("2026-03-01 09:30:00.25 UTC") == at("2026-03-01T09:30:00.250000+00:00")
    for other in ("2026-03-01 09:30:00 PST", "2026-03-01T09:30:00Z UTC", "2026-03-01T09:30:00+02:00 UTC", "UTC"):
        with pytest.raises(Unreadable):
            cells.instant(other)
