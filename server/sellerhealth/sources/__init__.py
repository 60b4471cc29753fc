"""The API of authors of importers: all that it takes to read a file into facts. See docs/plugins/importers.md.

Delimited text is declared: a `Sheet` of `Column`s, each with a reader of its cells. Any other format is a function of a stream
that yields `Row`, `Rejected` and `PassedOver`.
"""

from sellerhealth.errors import BadFile, BadRow
from sellerhealth.marketplaces import MARKETPLACES, DayOrder
from sellerhealth.model.tables import Fact, FactKind
from sellerhealth.sources.cells import (
    Reader,
    Words,
    day_or_instant,
    day_written,
    instant,
    key,
    marketplace,
    number,
    one_of,
    words,
    yes_or_no,
)
from sellerhealth.sources.delimited import Unreadable
from sellerhealth.sources.importer import Entry, Given, Importer, PassedOver, Rejected, Row, Sample
from sellerhealth.sources.sheet import Column, Sheet, Values

__all__ = [
    "MARKETPLACES",
    "BadFile",
    "BadRow",
    "Column",
    "DayOrder",
    "Entry",
    "Fact",
    "FactKind",
    "Given",
    "Importer",
    "PassedOver",
    "Reader",
    "Rejected",
    "Row",
    "Sample",
    "Sheet",
    "Unreadable",
    "Values",
    "Words",
    "day_or_instant",
    "day_written",
    "instant",
    "key",
    "marketplace",
    "number",
    "one_of",
    "words",
    "yes_or_no",
]
