"""Imports report files: recognises their format, reads and checks their rows, and stores all of them or none."""

from sellerhealth.intake.accounts import create_account, find_account, notes_of
from sellerhealth.intake.import_reports import import_reports
from sellerhealth.intake.import_stream import BadRows, ImportSummary, Progress, import_stream
from sellerhealth.intake.recognition import detect, sample_of

__all__ = [
    "BadRows",
    "ImportSummary",
    "Progress",
    "create_account",
    "detect",
    "find_account",
    "import_reports",
    "import_stream",
    "notes_of",
    "sample_of",
]
