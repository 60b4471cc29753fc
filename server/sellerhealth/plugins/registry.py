"""Registries of the metrics and importers that plugins provide, by name."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, TypeVar

from sellerhealth.errors import NotFound, did_you_mean
from sellerhealth.graphql_names import field_name
from sellerhealth.metrics.metric import Metric
from sellerhealth.plugins.plugin import Origin
from sellerhealth.sources import Importer

T = TypeVar("T")


class _Registry(Mapping[str, T]):
    """Items by name, each with the plugin that it comes from. Immutable."""

    kind: ClassVar[str]

    def __init__(self, items: Iterable[tuple[str, T, Origin]]) -> None:
        self._items: dict[str, T] = {}
        self._origins: dict[str, Origin] = {}
        for name, item, origin in items:
            self._items[name], self._origins[name] = item, origin

    def __getitem__(self, name: str) -> T:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def origin(self, name: str) -> Origin:
        """The plugin that it comes from."""
        return self._origins[name]

    def find(self, name: str) -> T:
        """An item by its name. Raises NotFound, which suggests similar names."""
        if name not in self:
            raise NotFound(f"There is no {self.kind} {name!r}.{self._suggestion(name)}")
        return self[name]

    def _suggestion(self, name: str) -> str:
        return did_you_mean(name, self)


class MetricRegistry(_Registry[Metric]):
    """The metrics of active plugins, by key, in the order of section and key."""

    kind = "metric"

    def __init__(self, metrics: Iterable[tuple[Metric, Origin]]) -> None:
        ordered = sorted(metrics, key=lambda each: (each[0].section, each[0].key))
        super().__init__((metric.key, metric, origin) for metric, origin in ordered)
        self._keys = {field_name(key): key for key in self}

    def find(self, name: str) -> Metric:
        """A metric by its key or its GraphQL field. Raises NotFound, which suggests similar names."""
        return super().find(self._keys.get(name, name))

    def _suggestion(self, name: str) -> str:
        """Also metrics whose initials these are, such as `odr`, or one of whose words this is."""
        words = set(re.split(r"[\s_-]+", name.lower()))
        meant = [key for key in self if name.lower() == "".join(word[0] for word in key.split("_")) or words <= set(key.split("_"))]
        return f" Did you mean {' or '.join(meant)}?" if meant else did_you_mean(name.lower(), self)


class Importers(_Registry[Importer]):
    """The formats of active plugins, in the order of their names."""

    kind = "format"

    def __init__(self, importers: Iterable[tuple[Importer, Origin]]) -> None:
        super().__init__((importer.name, importer, origin) for importer, origin in sorted(importers, key=lambda each: each[0].name))
