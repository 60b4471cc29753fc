"""Documents that clients name by their hash: those that were sent before, or only those of a manifest that the operator trusts."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from sellerhealth.errors import BadSettings
from sellerhealth.graphql.operation_checks import NotRun
from sellerhealth.http.request import Asked

MOST_CHARACTERS = 10_000_000  # of all documents that are remembered
VERSION = 1  # of Apollo's protocol, the only one that there is


class NotTrusted(NotRun):
    """Only registered documents are run."""

    code = "DOCUMENT_NOT_TRUSTED"


class NotRemembered(NotRun):
    """No document with this hash was sent yet. Clients look for this very message, and send the document in full."""

    code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class NotSupported(NotRun):
    """The protocol is not Apollo's. Clients look for this very message, and send documents in full from then on."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotSupported")


class WrongHash(NotRun):
    """The hash is that of another document."""

    code = "BAD_USER_INPUT"


class Documents(Protocol):
    """From what is asked to the document that is to be run."""

    def document_of(self, asked: Asked) -> str:
        """The document. Raises NotRun."""
        ...


class SentDocuments:
    """Any document, and by their hash those that clients sent with it: Apollo's automatic persisted queries.

    The ones used last are remembered.
    """

    def __init__(self) -> None:
        self._sent: OrderedDict[str, str] = OrderedDict()
        self._characters = 0

    def document_of(self, asked: Asked) -> str:
        """The document. Raises NotRun."""
        digest = _digest(asked)
        if asked.query is None:
            if digest is None or digest not in self._sent:
                raise NotRemembered
            self._sent.move_to_end(digest)
            return self._sent[digest]
        if digest is not None:
            if hashlib.sha256(asked.query.encode()).hexdigest() != digest:
                raise WrongHash("The SHA-256 hash is not that of `query`.")
            self._remember(digest, asked.query)
        return asked.query

    def _remember(self, digest: str, document: str) -> None:
        if digest not in self._sent:
            self._sent[digest] = document
            self._characters += len(document)
        self._sent.move_to_end(digest)
        while self._characters > MOST_CHARACTERS:
            _, oldest = self._sent.popitem(last=False)
            self._characters -= len(oldest)


class TrustedDocuments:
    """The documents of a manifest alone, by their hash or word for word."""

    def __init__(self, by_hash: Mapping[str, str]) -> None:
        self._by_hash, self._texts = by_hash, frozenset(by_hash.values())

    def document_of(self, asked: Asked) -> str:
        """The document. Raises NotRun."""
        digest = _digest(asked)
        document = asked.query if digest is None else self._by_hash.get(digest)
        if document is None or document not in self._texts:
            raise NotTrusted("This server runs registered documents alone, and this is none of them.")
        return document


def read_manifest(path: Path) -> dict[str, str]:
    """The documents of a manifest by hash. Raises BadSettings.

    Two forms are understood: an object from hashes to documents, as graphql-codegen and relay-compiler write it, and Apollo's manifest.
    """
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as unreadable:
        raise BadSettings(f"The trusted documents cannot be read from {path}: {unreadable}.") from unreadable
    documents = _documents(found)
    if documents is None:
        raise BadSettings(f"{path} is no manifest of documents: it must be an object from hashes to documents, or Apollo's manifest.")
    return documents


def _documents(found: Any) -> dict[str, str] | None:
    match found:
        case {"format": "apollo-persisted-query-manifest", "operations": [*operations]}:
            pairs = [(each.get("id"), each.get("body")) if isinstance(each, dict) else (None, None) for each in operations]
        case dict():
            pairs = list(found.items())
        case _:
            return None
    documents = {digest: text for digest, text in pairs if isinstance(digest, str) and isinstance(text, str)}
    return documents if len(documents) == len(pairs) else None


def _digest(asked: Asked) -> str | None:
    """The hash by which a document is named, in Apollo's protocol or in that of the draft of GraphQL over HTTP. None without any."""
    match asked.extensions.get("persistedQuery"):
        case None:
            return asked.document_id and asked.document_id.removeprefix("sha256:")
        case {"version": version, "sha256Hash": str(digest)} if version == VERSION:
            return digest
    raise NotSupported
