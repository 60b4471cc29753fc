"""Imports report files: recognises their format, reads and checks their rows, and stores all of them or none."""

from sellerhealth.intake.accounts import create_account, find_account, notes_of
from sellerhealth.intake.import_accounts import AccountImport, import_accounts
from sellerhealth.intake.import_reports import import_reports, reports_in
from sellerhealth.intake.import_stream import Progress, import_stream
from sellerhealth.intake.recognition import detect, sample_of
from sellerhealth.intake.running_import import BadRows, ImportSummary
from sellerhealth.intake.together import has_sets, set_of, together
from sellerhealth.store.accounts import NewAccount

__all__ = [
    "AccountImport",
    "BadRows",
    "ImportSummary",
    "NewAccount",
    "Progress",
    "create_account",
    "detect",
    "find_account",
    "has_sets",
    "import_accounts",
    "import_reports",
    "import_stream",
    "notes_of",
    "reports_in",
    "sample_of",
    "set_of",
    "together",
]
