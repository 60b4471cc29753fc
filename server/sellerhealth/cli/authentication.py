"""Who is let in by a server that a command starts."""

from sellerhealth.errors import BadSettings, Unprotected
from sellerhealth.http.api_keys import ApiKeys, ProcessKey
from sellerhealth.http.authentication import Authenticator, FirstOf, Open
from sellerhealth.settings import OidcSettings, Settings
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
        if "*" in settings.cors_origins:
            raise Unprotected(
                "With --open and `*` in `cors_origins` every page that a browser on this machine shows could read all accounts. "
                "Leave --open out, or name the origins."
            )
        return Open(), None
    keys = ApiKeys(database)
    if settings.oidc is not None:
        return FirstOf(keys, _issuer(settings.oidc)), None
    if keys.let_anybody_in():
        return keys, None
    if not settings.is_loopback:
        raise Unprotected(
            f"Others can reach {settings.host}, and there is neither a valid API key nor an issuer of tokens. "
            "Create a key with `sellerhealth token create`, set `oidc`, or listen on 127.0.0.1."
        )
    own = ProcessKey()
    return FirstOf(own, keys), own.key


def _issuer(settings: OidcSettings) -> Authenticator:
    try:
        from sellerhealth.http.oidc import open_id_connect
    except ModuleNotFoundError as missing:
        raise BadSettings(
            f"The setting oidc needs {missing.name}, which is not installed: run `pip install 'sellerhealth[oidc]'`."
        ) from missing
    return open_id_connect(settings)
