"""Who is let in by a server that a command starts."""

from typing import NamedTuple

from sellerhealth.errors import BadSettings, Unprotected
from sellerhealth.http.api_keys import ApiKeys, ProcessKey, new_key
from sellerhealth.http.authentication import Authenticator, FirstOf, Open
from sellerhealth.settings import OidcSettings, Settings
from sellerhealth.store.database import Database


class Admission(NamedTuple):
    """Who is let in: everybody, or those with a key or a token. `own_key`: a key that was made for the life of the server."""

    everybody: bool = False
    own_key: str | None = None

    def authenticator(self, settings: Settings, database: Database) -> Authenticator:
        """The authenticator of a server process."""
        if self.everybody:
            return Open()
        keys = ApiKeys(database)
        if self.own_key is not None:
            return FirstOf(ProcessKey(self.own_key), keys)
        return keys if settings.oidc is None else FirstOf(keys, _issuer(settings.oidc))


def choose_admission(settings: Settings, database: Database, *, is_open: bool) -> Admission:
    """Who is let in by a server with these settings. Raises Unprotected if others could reach it and nothing would keep them out."""
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
        return Admission(everybody=True)
    if settings.oidc is not None or ApiKeys(database).let_anybody_in():
        return Admission()
    if not settings.is_loopback:
        raise Unprotected(
            f"Others can reach {settings.host}, and there is neither a valid API key nor an issuer of tokens. "
            "Create a key with `sellerhealth token create`, set `oidc`, or listen on 127.0.0.1."
        )
    return Admission(own_key=new_key())


def _issuer(settings: OidcSettings) -> Authenticator:
    try:
        from sellerhealth.http.oidc import open_id_connect
    except ModuleNotFoundError as missing:
        raise BadSettings(
            f"The setting oidc needs {missing.name}, which is not installed: run `pip install 'sellerhealth[oidc]'`."
        ) from missing
    return open_id_connect(settings)
