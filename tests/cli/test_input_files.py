"""The files that a command reads: standard input, and those of folders."""

import os
from pathlib import Path

import pytest

from sellerhealth.cli.input_files import STANDARD_INPUT, expand, modified_at, name_of, open_file
from sellerhealth.errors import BadFile


def test_standard_input_is_read_and_is_true_as_of_its_file(tmp_path, monkeypatch):
    file = tmp_path / "claims.csv"
    file.write_bytes(b"order_id\n")
    os.utime(file, (1_772_000_000, 1_772_000_000))
    with file.open() as redirected:
        monkeypatch.setattr("sys.stdin", redirected)
        with open_file(STANDARD_INPUT) as stream:
            assert (modified_at(stream).timestamp(), stream.read()) == (1_772_000_000, b"order_id\n")
    assert name_of(STANDARD_INPUT) == "standard input"


def test_a_terminal_is_no_file(monkeypatch):
    controller, terminal = os.openpty()
    with os.fdopen(controller), os.fdopen(terminal) as standard_input:
        monkeypatch.setattr("sys.stdin", standard_input)
        with pytest.raises(BadFile, match="Standard input is a terminal"), open_file(STANDARD_INPUT):
            pass


def test_the_files_of_a_folder_are_in_the_order_of_their_names(tmp_path):
    for name in ("b.csv", "a/z.csv", "a/y.tsv", ".git/config", "b.rejected.csv", "c.v2.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = expand([tmp_path, Path("-"), Path("missing.csv")])
    assert [path.relative_to(tmp_path).as_posix() if path.is_relative_to(tmp_path) else path.name for path in found] == [
        "a/y.tsv",
        "a/z.csv",
        "b.csv",
        "c.v2.csv",
        "-",
        "missing.csv",
    ]
