"""Content that was imported before: whether to read it again would change nothing.

Merging is idempotent, and facts are never removed. So content that was imported as a whole is in the facts, or newer values are. It would
change nothing if it were read in the same way again, as of the same instant or an earlier one. See docs/import.md#the-same-file-again.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import orjson

from sellerhealth.sources import Importer
from sellerhealth.store.derive import Zones

_CODE = ("importers", "intake", "model", "sources", "store")  # what decides what a file says, besides the modules at the top


@dataclass(frozen=True)
class Reading:
    """How content was read: by which code, in which zones its days were cut, and the latest instant as of which it was."""

    code: str
    zones: Mapping[str, str]  # by marketplace
    observed_at: dt.datetime

    @classmethod
    def of_text(cls, text: str | None) -> "Reading | None":
        """A reading as `text` writes it."""
        if text is None:
            return None
        code, zones, observed_at = orjson.loads(text)
        return cls(code, zones, dt.datetime.fromisoformat(observed_at))

    @property
    def text(self) -> str:
        """The text that an import stores."""
        return orjson.dumps([self.code, self.zones, self.observed_at], option=orjson.OPT_SORT_KEYS).decode()

    def includes(self, importer: Importer, observed_at: dt.datetime, zone_of: Zones) -> bool:
        """Whether the same content would be read in the same way now, and add nothing as of an instant.

        What a report lists is stored for each of its instants, so there an earlier one adds something.
        """
        if self.code != code() or any(zone_of(marketplace).key != zone for marketplace, zone in self.zones.items()):
            return False
        return observed_at == self.observed_at if importer.lists else observed_at <= self.observed_at

    def after(self, other: "Reading | None") -> "Reading":
        """The reading to store after another one of the same content: of the later instant, if both read it alike."""
        if other is None or (other.code, other.zones) != (self.code, self.zones):
            return self
        return replace(self, observed_at=max(self.observed_at, other.observed_at))


@cache
def code() -> str:
    """A hash of the code that reads and merges files. A release in which it differs reads them again. It takes 3 ms."""
    digest, root = hashlib.sha256(), resources.files("sellerhealth")
    for folder in (root, *(root.joinpath(name) for name in _CODE)):
        for file in sorted(folder.iterdir(), key=lambda each: each.name):
            if file.is_file() and file.name.endswith((".py", ".pyc")):
                digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]
