"""Displayed texts in a locale: their numbers, percents and durations as CLDR writes them, with the digits that they have.

Babel has the data. What it takes 25 µs for is done here with patterns that are taken apart once; signs and digits of the locale, which Babel
leaves as they are in a pattern, are replaced as CLDR says.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, NamedTuple, NewType

from babel.core import get_global
from babel.localedata import clear_caches, get_locale_data, locale_identifiers

Locale = NewType("Locale", str)  # the BCP 47 tag of a locale that CLDR knows, for example `pt-BR`

_KEPT = 32  # locales of which Babel has the data in memory: those of one language share most of it
MAX_TAG = 35  # characters: what BCP 47 says that all should have room for
_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")

# The digit zero of the numbering systems that are the default of a locale. Those of any other are written with our digits.
_ZEROS = {
    "adlm": "\U0001e950",
    "arab": "\u0660",
    "arabext": "\u06f0",
    "beng": "\u09e6",
    "cakm": "\U00011136",
    "deva": "\u0966",
    "hmnp": "\U0001e140",
    "mtei": "\uabf0",
    "mymr": "\u1040",
    "nkoo": "\u07c0",
    "olck": "\u1c50",
    "tibt": "\u0f20",
}
_OUR_SYMBOLS = {"decimal": ".", "group": ",", "minusSign": "-", "percentSign": "%"}
_IN_PATTERNS = {"%": "percentSign", "-": "minusSign"}
_UNITS = ("second", "minute", "hour", "day", "week")
_SIGNS = {"under": "<", "at least": "≥", "at most": "≤", "from": "≥"}
_DISPLAYED = re.compile(
    r"(?:(?P<compared>under|at least|at most|(?P<from>from)) )?(?P<minus>-?)(?P<whole>\d+)(?:\.(?P<decimals>\d+))?"
    rf"(?: (?:(?P<percent>%)|(?P<unit>{'|'.join(_UNITS)})s?))?(?(from) on)",
    re.ASCII,
)


def is_tag(text: str) -> bool:
    """Whether a text has the form of a BCP 47 tag, such as `de` or `zh-Hant-TW`."""
    return len(text) <= MAX_TAG and _TAG.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def find_locale(tag: str) -> Locale | None:
    """The locale that comes closest to a tag: subtags are dropped from the end until CLDR has it (RFC 4647, 3.4)."""
    if not is_tag(tag):
        return None
    language, *others = tag.lower().split("-")
    parts = [get_global("language_aliases").get(language, language).lower(), *others]
    while parts:
        if found := _known().get("_".join(parts)):
            return Locale(found.replace("_", "-"))
        parts.pop()
    return None


@cache
def _known() -> Mapping[str, str]:
    """The identifiers of CLDR's locales, by themselves in small letters, and without a script that follows from the rest: zh_TW is zh_Hant_TW."""
    known = {identifier.lower(): identifier for identifier in locale_identifiers()}
    likely = {short.lower(): full for short, full in get_global("likely_subtags").items() if full.lower() in known}
    return {**likely, **known}


@lru_cache(maxsize=8192)  # a text recurs: there are 10,001 rates, and a target has one
def in_locale(locale: Locale, text: str) -> str:
    """A displayed text in a locale: `93.79 %` or `at least 90 %`. A text of another form is returned as it is."""
    forms, found = _forms(locale), _DISPLAYED.fullmatch(text)
    if found is None:
        return forms.number("", "0", None) if text == "none" and not forms.is_english else text
    number = found["minus"], found["whole"], found["decimals"]
    if found["percent"]:
        written = forms.percent(*number)
    else:
        written = forms.number(*number)
        if found["unit"]:
            written = forms.duration(found["unit"], Decimal(found["whole"] + "." + (found["decimals"] or "")), written)
    if not (compared := found["compared"]):
        return written
    if not forms.is_english:
        return f"{_SIGNS[compared]} {written}"
    return f"{compared} {written} on" if found["from"] else f"{compared} {written}"


class _Affixes(NamedTuple):
    """What a pattern has before and behind a number."""

    prefix: str
    suffix: str


@dataclass(frozen=True)
class _Forms:
    """How a locale writes numbers: its patterns, taken apart."""

    is_english: bool
    digits: Mapping[int, str]  # by code point of ours
    decimal: str
    group: str
    sizes: tuple[int, int]  # of the last group, and of the others
    of_number: Mapping[bool, _Affixes]  # by whether it is negative
    of_percent: Mapping[bool, _Affixes]
    plural: Callable[[Decimal], str]
    units: Mapping[str, Mapping[str, str]]  # patterns by unit and plural form

    def number(self, minus: str, whole: str, decimals: str | None) -> str:
        """A number that is written in our way."""
        return self._written(self.of_number, minus, whole, decimals)

    def percent(self, minus: str, whole: str, decimals: str | None) -> str:
        """A number of percent."""
        return self._written(self.of_percent, minus, whole, decimals)

    def duration(self, unit: str, value: Decimal, written: str) -> str:
        """A duration. `written`: its number."""
        patterns = self.units[unit]
        return patterns.get(self.plural(value), patterns["other"]).format(written)

    def _written(self, affixes: Mapping[bool, _Affixes], minus: str, whole: str, decimals: str | None) -> str:
        prefix, suffix = affixes[bool(minus)]
        number = self._grouped(whole) if decimals is None else f"{self._grouped(whole)}{self.decimal}{decimals.translate(self.digits)}"
        return f"{prefix}{number}{suffix}"

    def _grouped(self, whole: str) -> str:
        last, others = self.sizes
        end = len(whole) - last
        if end <= 0:
            return whole.translate(self.digits)
        starts = range(end % others or others, end, others)
        groups = [whole[: starts.start], *(whole[start : start + others] for start in starts), whole[end:]]
        return self.group.join(groups).translate(self.digits)


@cache  # a few kB for each of the 1,100 locales, and 4 ms once: else every document that names all of them would take seconds
def _forms(locale: Locale) -> _Forms:
    data = get_locale_data(locale.replace("-", "_"))
    system = data["default_numbering_system"]
    if system not in _ZEROS or system not in data["number_symbols"]:
        system = "latn"
    symbols = {**_OUR_SYMBOLS, **data["number_symbols"][system]}  # a few locales lack some of them
    zero = ord(_ZEROS.get(system, "0"))
    number, percent = data["decimal_formats"][None], data["percent_formats"][None]

    def affixes(pattern: Any) -> Mapping[bool, _Affixes]:
        def written(text: str) -> str:
            return re.sub(r"'([^']*)'|%|-", lambda found: symbols[_IN_PATTERNS[found[0]]] if found[1] is None else found[1] or "'", text)

        return {sign: _Affixes(written(pattern.prefix[sign]), written(pattern.suffix[sign])) for sign in (False, True)}

    units = {unit: data["unit_patterns"][f"duration-{unit}"]["long"] for unit in _UNITS}
    forms = _Forms(
        is_english=locale.partition("-")[0] == "en",
        digits={ord("0") + each: chr(zero + each) for each in range(10)},
        decimal=symbols["decimal"],
        group=symbols["group"],
        sizes=number.grouping,
        of_number=affixes(number),
        of_percent=affixes(percent),
        plural=data["plural_form"],
        units={unit: {form: each for form, each in patterns.items() if isinstance(each, str)} for unit, patterns in units.items()},
    )
    if _forms.cache_info().currsize % _KEPT == _KEPT - 1:
        clear_caches()  # Babel would keep all that CLDR says of a locale: 190 MB for every one that clients may name
    return forms
