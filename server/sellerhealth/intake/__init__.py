"""From a file to the store: its format recognised, its rows read, checked and ingested, all of them or none."""

from sellerhealth.intake.import_stream import BadRows, ImportSummary, Progress, create_account, find_account, import_file, notes_of
from sellerhealth.intake.recognition import detect, sample_of

__all__ = ["BadRows", "ImportSummary", "Progress", "create_account", "detect", "find_account", "import_file", "notes_of", "sample_of"]
