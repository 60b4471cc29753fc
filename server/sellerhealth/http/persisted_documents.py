"""Persisted documents, named by their hash: those that clients sent before, or only those of a manifest of trusted documents."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import structlog

from sellerhealth.errors import BadSettings
from sellerhealth.graphql.operation_checks import RequestError
from sellerhealth.graphql.schema import Schema
from sellerhealth.http.request import GraphQLRequest

log = structlog.get_logger(__name__)

MAX_CHARACTERS = 10_000_000  # of all remembered documents together
ENTRY = 300  # what a document takes up besides its characters: its hash, the id of its viewer, and its place
VERSION = 1  # the only version of Apollo's protocol


class DocumentNotTrusted(RequestError):
    """The server runs registered documents only."""

    code = "DOCUMENT_NOT_TRUSTED"


class PersistedQueryNotFound(RequestError):
    """No document with this hash is remembered. Clients look for exactly this message, and then send the whole document."""

    code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class PersistedQueryNotSupported(RequestError):
    """The protocol is not Apollo's. Clients look for exactly this message, and send whole documents from then on."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotSupported")


class WrongHash(RequestError):
    """The hash is that of another document."""

    code = "BAD_USER_INPUT"


class Documents(Protocol):
    """Finds the document of a request."""

    def document_of(self, viewer_id: str, request: GraphQLRequest) -> str:
        """The document that a viewer wants to run. Raises RequestError."""
        ...


class AutomaticDocuments:
    """Runs any document, and remembers those sent with their hash: Apollo's automatic persisted queries.

    Each viewer has documents of its own: otherwise the hash of a guessed document would disclose whether another viewer has sent it. The least
    recently used ones are forgotten first.
    """

    def __init__(self) -> None:
        self._remembered: OrderedDict[tuple[str, str], str] = OrderedDict()  # by the id of the viewer and the hash
        self._characters = 0

    def document_of(self, viewer_id: str, request: GraphQLRequest) -> str:
        """The document that a viewer wants to run. Raises RequestError."""
        digest = _digest(request)
        if request.query is None:
            name = (viewer_id, digest or "")
            if name not in self._remembered:
                raise PersistedQueryNotFound
            self._remembered.move_to_end(name)
            return self._remembered[name]
        if digest is not None:
            if hashlib.sha256(request.query.encode()).hexdigest() != digest:
                raise WrongHash("The SHA-256 hash is not that of `query`.")
            self._remember((viewer_id, digest), request.query)
        return request.query

    def _remember(self, name: tuple[str, str], document: str) -> None:
        if name not in self._remembered:
            self._remembered[name] = document
            self._characters += len(document) + ENTRY
        self._remembered.move_to_end(name)
        while self._characters > MAX_CHARACTERS:
            _, oldest = self._remembered.popitem(last=False)
            self._characters -= len(oldest) + ENTRY


class TrustedDocuments:
    """Runs only the documents of a manifest, named by their hash or sent word for word."""

    def __init__(self, by_hash: Mapping[str, str]) -> None:
        self._by_hash, self._texts = by_hash, frozenset(by_hash.values())

    def prepare(self, schema: Schema) -> None:
        """Parses and validates all of them, before they are requested. Logs those that are wrong: a client gets their errors."""
        hashes = {text: digest for digest, text in self._by_hash.items()}
        for text, errors in schema.publish(self._texts).items():
            log.warning("trusted_document_wrong", document=hashes[text], reason=errors[0].message)

    def document_of(self, viewer_id: str, request: GraphQLRequest) -> str:
        """The document that a viewer wants to run. Raises RequestError."""
        digest = _digest(request)
        document = request.query if digest is None else self._by_hash.get(digest)
        if document is None or document not in self._texts:
            raise DocumentNotTrusted("This server runs registered documents only, and this document is not registered.")
        return document


def read_manifest(path: Path) -> dict[str, str]:
    """The documents of a manifest by their hash. Raises BadSettings.

    Two formats are supported: an object from hashes to documents, as graphql-codegen and relay-compiler write it, and Apollo's manifest.
    """
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as unreadable:
        raise BadSettings(f"The trusted documents cannot be read from {path}: {unreadable}.") from unreadable
    documents = _documents(content)
    if documents is None:
        raise BadSettings(f"{path} is not a manifest of documents: it must be an object from hashes to documents, or Apollo's manifest.")
    return documents


def _documents(content: Any) -> dict[str, str] | None:
    match content:
        case {"format": "apollo-persisted-query-manifest", "operations": [*operations]}:
            pairs = [(each.get("id"), each.get("body")) if isinstance(each, dict) else (None, None) for each in operations]
        case dict():
            pairs = list(content.items())
        case _:
            return None
    documents = {digest: text for digest, text in pairs if isinstance(digest, str) and isinstance(text, str)}
    return documents if len(documents) == len(pairs) else None


def _digest(request: GraphQLRequest) -> str | None:
    """The hash that names the document, in Apollo's protocol or that of the draft of GraphQL over HTTP. None without either."""
    match request.extensions.get("persistedQuery"):
        case None:
            return request.document_id and request.document_id.removeprefix("sha256:")
        case {"version": version, "sha256Hash": str(digest)} if version == VERSION:
            return digest
    raise PersistedQueryNotSupported
