"""`migrate` creates or updates the database."""


def test_migrate_updates_a_new_file_and_says_so(invoke, folder, monkeypatch):
    monkeypatch.setenv("SELLERHEALTH_DATABASE", "sqlite:///new.db")
    assert "sqlite:///new.db is up to date" in invoke("migrate").err
    assert folder.joinpath("new.db").exists()
    assert invoke("account", "list").exit_code == 0
