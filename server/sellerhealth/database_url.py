"""The URL of a database: read, and redacted for messages."""

import re

import sqlalchemy as sa

ESCAPES = "In a user name or a password write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F and % as %25."

_SERVER = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}  # as other programs write it


def read_database_url(text: str) -> sa.URL:
    """The URL that a text is, with the driver that we use. Raises ValueError, which quotes nothing but the scheme: the rest may be a secret."""
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if not separator or not re.fullmatch(r"[a-z0-9_+]+", scheme):
        raise ValueError("this is not the URL of a database")
    if not (is_file := scheme.startswith("sqlite")) and re.search(r"%(?![0-9A-Fa-f]{2})", rest):
        raise ValueError(f"this {scheme}:// URL has a % that begins no escape. {ESCAPES}")
    try:
        url = sa.make_url(f"{_SERVER.get(scheme, scheme)}://{rest}")
    except ValueError:  # its port
        raise ValueError(f"this {scheme}:// URL has no number where its port should be. {ESCAPES}") from None
    except sa.exc.ArgumentError:
        raise ValueError(f"this {scheme}:// URL cannot be read. {ESCAPES}") from None
    try:
        (url.host or "").encode("idna")
    except UnicodeError:
        raise ValueError(f"this {scheme}:// URL has no name of a host where its host should be. {ESCAPES}") from None
    # The text behind the first @ is taken for the host, which messages contain.
    if not is_file and (rest.count("@") > 1 or "@" in f"{url.host}{url.database}"):
        raise ValueError(f"where the password of this {scheme}:// URL ends is not clear, because of another @ or a /. {ESCAPES}")
    return url


def redacted(url: sa.URL) -> str:
    """A URL for messages and logs: without a password, wherever in it one stands, and without the driver."""
    secret = [name for name in url.query if re.search("password|secret", name, re.IGNORECASE)]
    return url.set(drivername=url.get_backend_name()).difference_update_query(secret).render_as_string(hide_password=True)


def has_password(url: sa.URL) -> bool:
    """Whether a password is part of a URL."""
    return url.password is not None or "password" in url.query
