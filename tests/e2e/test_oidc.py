"""A token of an issuer in front of a real server."""

import time
from contextlib import closing

from sellerhealth.store.database import Database
from sellerhealth.testing import World
from tests.support.issuer import AUDIENCE, issuing
from tests.support.running import run, serving

DOCUMENT = "{ viewer { name permissions } accounts { nodes { key } } }"


def test_a_server_with_an_issuer_takes_its_tokens_and_api_keys(home, store_url):
    with closing(Database(store_url)) as database:
        world = World(database)
        for _ in range(2):
            world.account().save()
    with issuing() as issuer:
        settings = {
            "SELLERHEALTH_OIDC__ISSUER": issuer.address,
            "SELLERHEALTH_OIDC__AUDIENCE": AUDIENCE,
            "SELLERHEALTH_OIDC__PERMISSIONS_CLAIM": "scope",
            "NO_PROXY": "*",
        }
        with serving(home, "serve", "--port", "0", **settings) as server:
            assert server.send(DOCUMENT).status_code == 401
            jane = issuer.token(name="Jane", scope="openid read", permissions=["admin"])
            assert server.query(DOCUMENT, jane) == {
                "viewer": {"name": "Jane", "permissions": ["READ"]},
                "accounts": {"nodes": [{"key": "seller-1"}]},
            }
            assert server.send(DOCUMENT, issuer.token(exp=int(time.time()) - 120)).status_code == 401
            key = run(home, "token", "create", "--name", "Mine", "--can", "read", "--accounts", "all").stdout.strip()
            assert len(server.query(DOCUMENT, key)["accounts"]["nodes"]) == 2
        output = (home / "output.txt").read_text()
    assert "token_refused" in output
    assert "ExpiredTokenError of exp" in output
    assert not any(word in output for word in ("jane", "Jane", *jane.split(".")))
