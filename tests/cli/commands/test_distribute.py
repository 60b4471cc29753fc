"""`distribute` needs a cluster."""

import pytest


@pytest.mark.sqlite_file
def test_a_file_is_not_distributed(invoke):
    done = invoke("distribute")
    assert done.exit_code == 1
    assert "An SQLite file cannot be distributed" in done.err


def test_the_number_of_shards_is_checked(invoke):
    assert invoke("distribute", "--shards", "0").exit_code == 2
