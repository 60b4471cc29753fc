"""The API of importers: everything needed to read a file into facts. See docs/plugins/importers.md.

Delimited text is declared: a `Sheet` of `Column`s, each with a reader of its cells, and several files that belong together as a `FileSet`. Any other format is a function of a stream
that yields `Row`, `Reported`, `Rejected`, `Skipped` and `Remark`.
"""

from typing import TYPE_CHECKING

from sellerhealth.deprecation import module_getattr
from sellerhealth.errors import BadFile, BadRow
from sellerhealth.marketplaces import MARKETPLACES, DayOrder
from sellerhealth.model.records import FigureUnit
from sellerhealth.model.tables import Fact, FactKind
from sellerhealth.sources.cells import (
    Reader,
    ValueMap,
    account,
    day_or_instant,
    day_written,
    instant,
    key,
    marketplace,
    number,
    one_of,
    text,
    yes_or_no,
)
from sellerhealth.sources.column import Column
from sellerhealth.sources.entries import Entry, Known, OrderBlock, Rejected, Remark, Reported, Row, Skipped
from sellerhealth.sources.file_set import Files, FileSet
from sellerhealth.sources.importer import FileContext, Importer, Sample
from sellerhealth.sources.sheet import Sheet, SheetLines
from sellerhealth.sources.sheet_reader import Values
from sellerhealth.sources.unreadable import LeftOut, SetAside, Unreadable

__all__ = [
    "MARKETPLACES",
    "BadFile",
    "BadRow",
    "Column",
    "DayOrder",
    "Entry",
    "Fact",
    "FactKind",
    "FigureUnit",
    "FileContext",
    "FileSet",
    "Files",
    "Importer",
    "Known",
    "LeftOut",
    "OrderBlock",
    "Reader",
    "Rejected",
    "Remark",
    "Reported",
    "Row",
    "Sample",
    "SetAside",
    "Sheet",
    "SheetLines",
    "Skipped",
    "Unreadable",
    "ValueMap",
    "Values",
    "account",
    "day_or_instant",
    "day_written",
    "instant",
    "key",
    "marketplace",
    "number",
    "one_of",
    "text",
    "yes_or_no",
]

DEPRECATED = {"Given": "FileContext", "PassedOver": "Skipped", "Words": "ValueMap", "words": "text"}

if not TYPE_CHECKING:  # type checkers know the new names alone
    __getattr__ = module_getattr(__name__, DEPRECATED)
