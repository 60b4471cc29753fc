"""Manifests: CSV files that name the reports to import, each with its account and with what the report does not say itself."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sellerhealth.cli.input_files import name_of, open_file
from sellerhealth.errors import BadFile, BadRow
from sellerhealth.sources import Column, Unreadable, account, instant, marketplace, text
from sellerhealth.sources.delimited import folded, open_text
from sellerhealth.sources.encoding import DEFAULT, Decoder
from sellerhealth.sources.sheet_reader import SheetReader


def _word(cell: str) -> str | None:
    if len(cell.split()) > 1:
        raise Unreadable("the name of a format")
    return cell.strip() or None


COLUMNS = (
    Column("file", "file", text, "The file, as a path from the folder of the manifest.", "shop-1/orders.txt", required=True, filled=True),
    Column("account", "account", account, "The account that the file belongs to, by its key.", "SHOP-1", required=True, filled=True),
    Column("marketplace", "marketplace", marketplace, "The marketplace of lines that name none.", "US"),
    Column("format", "format", _word, "The format. Empty: recognised by the content.", "claims"),
    Column(
        "observed-at",
        "observed_at",
        instant,
        "The instant as of which the file is true. Empty: when it was last modified.",
        "2026-03-01T09:30:00Z",
    ),
)


@dataclass(frozen=True)
class Listed:
    """A report that a manifest lists: its line in it, and its file."""

    line: int
    file: Path
    account: str
    marketplace: str | None = None
    format: str | None = None
    observed_at: dt.datetime | None = None

    @property
    def existing_file(self) -> Path:
        """Its file. Raises BadFile if there is none."""
        if not self.file.exists():
            raise BadFile(f"there is no file {self.file}.")
        return self.file


def read_manifest(path: Path) -> Sequence[Listed]:
    """The reports that a manifest lists. Raises BadFile if it cannot be read, or a line of it is bad: then nothing is imported."""
    name = name_of(path)
    with open_file(path) as stream:
        head, records = open_text(stream, joins=True)
        names = set(map(folded, head.names))
        if missing := [column.name for column in COLUMNS if column.required and folded(column.name) not in names]:
            raise BadFile(
                f"{name} is no manifest: it has no column {missing[0]!r}. A manifest has the columns {', '.join(each.name for each in COLUMNS)}."
            )
        listed, errors = [], []
        for (line, *_), values in SheetReader(COLUMNS, head.names, records, Decoder(older=DEFAULT, is_utf8=head.has_bom)):
            if isinstance(values, BadRow):
                errors.append(values.describe(name))
            elif isinstance(values, dict) and values:
                listed.append(Listed(line, **{**values, "file": path.parent / values["file"]}))
    if errors:
        raise BadFile(
            "\n".join(
                [f"{name}: {'a line is' if len(errors) == 1 else f'{len(errors):,} lines are'} bad, so nothing was imported.", *errors[:20]]
            )
        )
    if not listed:
        raise BadFile(f"{name} lists no file.")
    return listed
