"""Manifests of imports: what is read, and what is said of a bad one."""

import datetime as dt
from pathlib import Path

import pytest

from sellerhealth.cli.manifest import Listed, read_manifest
from sellerhealth.errors import BadFile
from tests.support.importers import DE


def written(folder: Path, text: str) -> Path:
    path = folder / "accounts.csv"
    path.write_text(text)
    return path


def test_a_manifest_lists_files_relative_to_its_folder(tmp_path: Path) -> None:
    text = "Observed At;file;account;marketplace;format\n2026-03-01T00:00:00Z;a/b.csv;SHOP-1;de;claims\n;/c.csv;my shop;;\n"
    assert read_manifest(written(tmp_path, text)) == [
        Listed(2, tmp_path / "a" / "b.csv", "SHOP-1", DE, "claims", dt.datetime(2026, 3, 1, tzinfo=dt.UTC)),
        Listed(3, Path("/c.csv"), "my shop"),
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "path,account\na.csv,SHOP-1\n",
            "accounts.csv is no manifest: it has no column 'file'. A manifest has the columns file, account, marketplace, ",
        ),
        ("file\na.csv\n", "accounts.csv is no manifest: it has no column 'account'."),
        ("file,account\n", "accounts.csv lists no file."),
        ("file,account\na.csv,\n", "accounts.csv: line 2, column 'account': found '', expected a value"),
        ("file,account,observed-at\na.csv,SHOP-1,2026-03-01\n", "accounts.csv: line 2, column 'observed-at': found '2026-03-01'"),
    ],
)
def test_a_bad_manifest_is_refused_as_a_whole(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(BadFile) as refused:
        read_manifest(written(tmp_path, text))
    assert why in str(refused.value)
