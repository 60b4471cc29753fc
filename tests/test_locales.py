"""Displayed texts in a locale: as CLDR writes them, with the digits that they have."""

import random
import re
import unicodedata
from decimal import Decimal

import pytest
from babel.localedata import clear_caches, locale_identifiers
from babel.numbers import format_decimal, format_percent, get_decimal_symbol
from hypothesis import given
from hypothesis import strategies as st

from sellerhealth.locales import Locale, find_locale, in_locale
from tests.fuzz import fuzzing

SAMPLE = ["ar-EG", "de", "de-CH", "en-IN", "en-US", "es", "eu", "fa", "fr", "hi", "ja", "mr", "nl", "pl", "pt-BR", "sv", "tr", "zh-Hant-TW"]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("de", "de"),
        ("DE-at", "de-AT"),
        ("de-XX", "de"),
        ("de-CH-1996", "de-CH"),
        ("de-u-nu-arab", "de"),
        ("zh-TW", "zh-Hant-TW"),
        ("sr-ME", "sr-Latn-ME"),
        ("iw", "he"),
        ("xx", None),
        ("und", None),
        ("root", None),
        ("x-private", None),
        ("de_DE", None),
        ("../de", None),
        ("d" * 9, None),
        ("de" + "-x" * 20, None),
        ("", None),
    ],
)
def test_a_tag_has_the_closest_locale(tag: str, expected: str | None) -> None:
    assert find_locale(tag) == expected


@pytest.mark.parametrize(
    ("locale", "text", "expected"),
    [
        ("de", "93.79 %", "93,79\xa0%"),
        ("tr", "93.79 %", "%93,79"),
        ("fa", "93.79 %", "\u06f9\u06f3\u066b\u06f7\u06f9\u066a"),
        ("en-US", "93.79 %", "93.79%"),
        ("fr", "1234567.50", "1\u202f234\u202f567,50"),
        ("en-IN", "1234567", "12,34,567"),
        ("sv", "-3.1", "\u22123,1"),
        ("de", "under 0.75 %", "< 0,75\xa0%"),
        ("de", "at least 90 %", "≥ 90\xa0%"),
        ("de", "at most 3", "≤ 3"),
        ("de", "from 0.75 % on", "≥ 0,75\xa0%"),
        ("de", "none", "0"),
        ("en-GB", "from 0.75 % on", "from 0.75% on"),
        ("en-GB", "under 1234", "under 1,234"),
        ("en-GB", "none", "none"),
        ("de", "1 hour", "1 Stunde"),
        ("pl", "48 hours", "48 godzin"),
        ("fr", "1.5 days", "1,5\xa0jour"),
    ],
)
def test_a_displayed_text_is_written_as_in_the_locale(locale: Locale, text: str, expected: str) -> None:
    assert in_locale(locale, text) == expected


@pytest.mark.parametrize(
    "text",
    ["N/A", "Very good", "", "A+", "1.2.3", "1,234", "7/2", "1e3", "12 apples", "from 3 %", "under 3 on", "3 %\n", "٣", "2026-03-31"],
)
def test_any_other_text_is_left_as_it_is(text: str) -> None:
    assert in_locale(Locale("de"), text) == text


@given(st.sampled_from(SAMPLE), st.decimals(-(10**15), 10**15, places=2) | st.integers(-(10**15), 10**15), st.sampled_from(["", " %"]))
@fuzzing(150)
def test_a_number_in_a_locale_has_the_digits_of_the_text(locale: Locale, number: Decimal | int, unit: str) -> None:
    text = f"{number:f}" if isinstance(number, Decimal) else str(number)
    written = in_locale(locale, f"{text}{unit}")
    point = get_decimal_symbol(locale.replace("-", "_"), numbering_system="default")
    read = "".join("." if each == point else str(unicodedata.digit(each, "")) for each in written)
    assert read.lstrip("\u061c\u200e\u200f") == text.lstrip("-")
    assert any(unicodedata.category(each) in ("Pd", "Sm") for each in written) is text.startswith("-")


def test_numbers_are_those_of_babel_in_our_digits() -> None:
    """Of some locales. Babel writes no digits and no percent sign but ours, and loses an apostrophe between groups."""
    for identifier in random.Random(1).sample(sorted(locale_identifiers()), 60):
        locale = find_locale(identifier.replace("_", "-"))
        assert locale == identifier.replace("_", "-")
        for text in ("3", "12345.67", "1234567"):
            ours = "".join(str(unicodedata.digit(each, each)) for each in in_locale(locale, text))
            babels = format_decimal(Decimal(text), locale=identifier, decimal_quantization=False, numbering_system="default")
            assert re.sub("['\u2019]", "", ours) == re.sub("['\u2019]", "", babels), locale
        percent = format_percent(Decimal("0.125"), locale=identifier, decimal_quantization=False, numbering_system="default")
        ours = "".join(str(unicodedata.digit(each, each)) for each in in_locale(locale, "12.5 %"))
        assert re.sub("[\u061c\u200e]", "", ours.replace("٪", "%")) == re.sub("[\u061c\u200e]", "", percent), locale
    clear_caches()  # of Babel, which knows of each locale by now
