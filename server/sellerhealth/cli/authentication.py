"""Who is let in by a server that a command starts."""

from sellerhealth.errors import Unprotected
from sellerhealth.http.api_keys import ApiKeys, ProcessKey
from sellerhealth.http.authentication import Authenticator, FirstOf, Open
from sellerhealth.settings import Settings
from sellerhealth.store.database import Database


def choose_authenticator(settings: Settings, database: Database, *, is_open: bool) -> tuple[Authenticator, str | None]:
    """The authenticator of a server with these settings, and the key that was made for its process, if one was.

    Raises Unprotected if others could reach the server and nothing would keep them out.
    """
    if is_open:
        if not settings.is_loopback:
            raise Unprotected(
                f"With --open everybody is let in who reaches the server, and others can reach {settings.host}. "
                "Leave --open out and create an API key with `sellerhealth token create`, or listen on 127.0.0.1."
            )
        return Open(), None
    keys = ApiKeys(database)
    if keys.let_anybody_in():
        return keys, None
    if not settings.is_loopback:
        raise Unprotected(
            f"Others can reach {settings.host}, and there is no valid API key. "
            "Create one with `sellerhealth token create`, or listen on 127.0.0.1."
        )
    own = ProcessKey()
    return FirstOf(own, keys), own.key
