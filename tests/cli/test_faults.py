"""Commands on a store with a fault: those that read wait for no writer; what is broken is named with a remedy, in one line."""

import re
import shutil

import pytest

from tests.support.broken_stores import damage, held_by_a_writer


@pytest.mark.parametrize(
    "command", [("account", "list"), ("imports",), ("explain", "late_shipment_rate", "--account", "shop"), ("plugins",), ("migrate",)]
)
def test_a_command_that_reads_waits_for_no_writer(invoke, store_url, shop, command):
    with held_by_a_writer(store_url):
        done = invoke(*command)
    assert done.exit_code == 0, done.err


def test_a_command_that_writes_says_for_what_it_waited_in_vain(invoke, store_url, shop, monkeypatch):
    monkeypatch.setattr("sellerhealth.store.postgresql_server._WAIT", 50)
    monkeypatch.setattr("sellerhealth.store.sqlite_file._WAIT", "PRAGMA busy_timeout=50")
    with held_by_a_writer(store_url):
        done = invoke("account", "erase", shop, "--yes")
    assert done.exit_code == 1
    assert re.fullmatch(
        r"STORE_BUSY: The database (sqlite:///sellerhealth\.db|postgresql://\S+) is being written by another program"
        r"(, and was not free in time|: canceling statement due to lock timeout)\. Wait until its import is finished, and try again\.\n",
        done.err,
    )


def in_a_missing_folder(store):
    shutil.rmtree(store.parent)


def with_a_folder_in_its_place(store):
    store.unlink()
    store.mkdir()


def that_is_no_database(store):
    store.write_text("orders\n" * 5000)


def with_a_damaged_page(store):
    damage(store, "accounts")


@pytest.mark.sqlite_file  # those of servers: tests/store/test_faults.py
@pytest.mark.parametrize(
    ("broken", "code", "words"),
    [
        (in_a_missing_folder, "STORE_UNREACHABLE", "there is no folder"),
        (with_a_folder_in_its_place, "STORE_UNREACHABLE", "is a folder"),
        (that_is_no_database, "STORE_NOT_RECOGNISED", "is not a database of sellerhealth"),
        (with_a_damaged_page, "STORE_DAMAGED", "sellerhealth restore"),
    ],
)
def test_a_broken_store_is_named_with_a_remedy(invoke, folder, monkeypatch, broken, code, words):
    store = folder / "data" / "store.db"
    store.parent.mkdir()
    folder.joinpath("sellerhealth.db").rename(store)
    broken(store)
    monkeypatch.setenv("SELLERHEALTH_DATABASE", f"sqlite:///{store}")
    for command in (("account", "list"), ("migrate",)) if broken is not with_a_damaged_page else (("account", "list"),):
        done = invoke(*command)
        assert (done.exit_code, done.out) == (1, "")
        assert done.err.startswith(f"{code}: The database sqlite:///{store} ")
        assert words in done.err
        assert len(done.err.splitlines()) == 1


def test_a_file_that_cannot_be_written_is_named(invoke, folder):
    folder.joinpath("schema.graphql").mkdir()
    done = invoke("schema", "--write")
    assert done.exit_code == 1
    assert done.err == "FILE_FAILED: schema.graphql cannot be read or written: Is a directory.\n"
