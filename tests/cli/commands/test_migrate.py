"""`migrate` creates or updates the database."""

import sqlalchemy as sa

from sellerhealth.database_url import redacted


def test_migrate_updates_a_new_database_and_says_so(invoke, folder, stores, monkeypatch):
    url = stores.url_without_tables(folder)
    monkeypatch.setenv("SELLERHEALTH_DATABASE", url)
    assert f"{redacted(sa.make_url(url))} is up to date" in invoke("migrate").err
    assert invoke("account", "list").exit_code == 0
