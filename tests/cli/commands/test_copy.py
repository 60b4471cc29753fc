"""`sellerhealth copy`: what it prints, and what it refuses."""

import datetime as dt

import pytest
import sqlalchemy as sa

from sellerhealth.facts import Claim
from sellerhealth.model.records import Source
from sellerhealth.store.database import Database
from tests.support.postgresql_server import USER
from tests.support.stores import Kind, Stores

NEW = "sqlite:///new.db"


def test_a_database_is_copied_compared_and_copied_no_second_time(invoke, folder, shop, store_url):
    done = invoke("copy", "--from", store_url, "--to", NEW)
    assert done.exit_code == 0, done.err
    first, second, third = done.out.splitlines()
    assert first.startswith("Copied 1 accounts with ")
    assert first.endswith(" rows; 0 were there already.")
    assert second.startswith("The same in both: the number of rows of ")
    assert third.endswith(" values of 9 metrics of 1 accounts.")
    again = invoke("copy", "--from", store_url, "--to", NEW, "--sample", "0")
    assert again.out.startswith("Copied 0 accounts with 0 rows; 1 were there already.")
    assert folder.joinpath("new.db").stat().st_mode & 0o77 == 0


def test_what_differs_is_listed_and_the_exit_code_says_so(invoke, shop, store_url):
    assert invoke("copy", "--from", store_url, "--to", NEW, "--sample", "0").exit_code == 0
    database = Database(NEW)
    with database.writing() as connection:
        connection.execute(sa.update(Source).values(through=dt.date(2026, 3, 1)))
    database.close()
    done = invoke("copy", "--from", store_url, "--to", NEW, "--verify-only")
    assert done.exit_code == 1
    assert done.err.startswith("COPY_DIFFERS: The databases are not the same: ")
    assert any(row[:2] == ["shop", "order_defect_rate,"] and row[-1] == "2026-03-01" for row in done.rows())
    database = Database(NEW)
    with database.writing() as connection:
        connection.execute(sa.delete(Claim))
    database.close()
    done = invoke("copy", "--from", store_url, "--to", NEW, "--verify-only", "--sample", "0")
    assert done.rows() == [["shop", "rows", "of", "the", "table", "claims", "1", "0"]]


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_a_url_is_refused_without_its_password(invoke, store_url, option):
    urls = {"--from": store_url, "--to": NEW} | {option: "mysql://me:hidden@host/x"}
    done = invoke("copy", *(text for pair in urls.items() for text in pair))
    assert done.exit_code == 1
    assert done.err.startswith(f"BAD_SETTINGS: The option {option} begins with mysql://")
    urls[option] = "store.db"
    done = invoke("copy", *(text for pair in urls.items() for text in pair))
    expected = "this is not the URL of a database. It is sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."
    assert done.err == f"BAD_SETTINGS: The option {option} cannot be used: {expected}\n"
    urls[option] = "postgresql://me:hidden@127.0.0.1:1/x"
    done = invoke("copy", *(text for pair in urls.items() for text in pair))
    assert done.err.startswith("STORE_UNREACHABLE: The database postgresql://me:***@127.0.0.1:1/x cannot be reached")
    assert "hidden" not in done.out + done.err


def test_a_source_without_tables_is_not_created(invoke, folder, store_url):
    done = invoke("copy", "--from", "sqlite:///other.db", "--to", store_url)
    assert done.err.startswith("STORE_NOT_READY: The database sqlite:///other.db has no tables yet.")
    assert "It is the database of --from" in done.err
    assert not folder.joinpath("other.db").exists()


def test_to_a_server_and_back(invoke, folder, shop, store_url, stores: Stores):
    with stores.url(folder, Kind.POSTGRESQL) as server:
        assert USER in server
        assert invoke("copy", "--from", store_url, "--to", server, "--sample", "0").exit_code == 0
        done = invoke("copy", "--from", server, "--to", NEW, "--sample", "0")
        assert done.exit_code == 0, done.err
        same = sa.make_url(server).update_query_dict({"application_name": "other"}).render_as_string(hide_password=False)
        assert invoke("copy", "--from", server, "--to", same).err.startswith("COPY_REFUSED: Both URLs")
    assert invoke("copy", "--from", store_url, "--to", NEW, "--verify-only").exit_code == 0
