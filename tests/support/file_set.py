"""The plugin of docs/plugins/importers.md that reads three files together, and files for it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sellerhealth.plugins.load import Loaded
from sellerhealth.plugins.plugin import Origin
from sellerhealth.plugins.registry import Importers
from sellerhealth.sources import FileSet, Importer

_PAGE = Path(__file__).parents[2].joinpath("docs", "plugins", "importers.md").read_text(encoding="utf-8")
(SOURCE,) = re.findall(r"^```python\n(# acme_export\.py\n.*?)^```", _PAGE, re.MULTILINE | re.DOTALL)
_PLUGIN: dict[str, Any] = {"__name__": "acme_export"}
exec(SOURCE, _PLUGIN)

EXPORT: FileSet = _PLUGIN["EXPORT"]
IMPORTER: Importer = next(iter(_PLUGIN["register_importers"]()))

# A-1 has items of two sellers, and A-3 has none.
FILES: Mapping[str, bytes] = {
    "orders": b"order_id,purchased\nA-1,2026-03-01T10:00:00Z\nA-2,2026-03-02T10:00:00Z\nA-3,2026-03-03T10:00:00Z\n",
    "items": b"order_id,item,product,seller\nA-2,1,cup,SHOP-1\nA-1,1,cup,SHOP-1\nA-1,2,pot,SHOP-2\n",
    "reviews": b"order_id,stars,written\nA-2,1,2026-03-09T10:00:00Z\nA-1,5,2026-03-09T10:00:00Z\n",
}


def with_export(loaded: Loaded, importer: Importer = IMPORTER) -> Loaded:
    """Plugins, and this one."""
    known = [(each, loaded.importers.origin(name)) for name, each in loaded.importers.items()]
    importers = Importers([*known, (importer, Origin("acme_export", "acme-export", "1.0"))])
    return Loaded(loaded.registry, importers, loaded.classify, loaded.plugins)
