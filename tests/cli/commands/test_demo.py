"""`sellerhealth demo --database`: what it refuses. How it serves is in tests/e2e/test_demo.py."""

import pytest
import sqlalchemy as sa

from sellerhealth.database_url import redacted
from tests.support.running import run


def test_a_database_with_other_accounts_is_refused(invoke, folder, shop, store_url):
    done = run(folder, "demo", "--port", "0", "--database", store_url)
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"BAD_USER_INPUT: The database {redacted(sa.make_url(store_url))} has an account 'shop', which is not of the demo"
    )
    assert [row[0] for row in invoke("account", "list").rows()] == ["shop"]


@pytest.mark.parametrize("url", ["mysql://me:hidden@host/x", "postgresql://me:hid@den@host/x", "postgresql://me:hidden@127.0.0.1:1/x"])
def test_a_url_is_refused_without_its_password(folder, url):
    done = run(folder, "demo", "--port", "0", "--database", url)
    assert done.returncode == 1
    assert done.stderr.startswith(("BAD_SETTINGS", "STORE_UNREACHABLE"))
    assert "hid" not in done.stdout + done.stderr


def test_the_address_to_listen_on_can_be_named(folder):
    done = run(folder, "demo", "--port", "0", "--host", "no-such-host.invalid")
    assert (done.returncode, done.stderr.split(":")[0]) == (1, "BAD_SETTINGS")
    assert "cannot listen on no-such-host.invalid" in done.stderr
