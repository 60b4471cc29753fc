"""What plugins contributed, by name: metrics and importers, the names that each takes, and who may not take which."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from sellerhealth.errors import NotFound, did_you_mean
from sellerhealth.graphql_names import field_name
from sellerhealth.metrics.metric import Metric
from sellerhealth.sources import Importer

T = TypeVar("T")


@dataclass(frozen=True)
class Origin:
    """Where something comes from: the name of an entry point, and the installed distribution with its version."""

    name: str
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} ({self.distribution} {self.version})"


class _Register(Mapping[str, T]):
    """Things by name, in a given order, each with the plugin that it comes from. Never changes."""

    word: ClassVar[str]

    def __init__(self, things: Iterable[tuple[str, T, Origin]]) -> None:
        self._things: dict[str, T] = {}
        self._origins: dict[str, Origin] = {}
        for name, thing, origin in things:
            self._things[name], self._origins[name] = thing, origin

    def __getitem__(self, name: str) -> T:
        return self._things[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)

    def origin(self, name: str) -> Origin:
        """The plugin that it comes from."""
        return self._origins[name]

    def find(self, name: str) -> T:
        """A thing by its name. Raises NotFound, which offers what was perhaps meant."""
        if name not in self:
            raise NotFound(f"There is no {self.word} {name!r}.{did_you_mean(name, self)}")
        return self[name]


class MetricRegistry(_Register[Metric]):
    """The metrics that take part, by key, in the order of section and key."""

    word = "metric"

    def __init__(self, metrics: Iterable[tuple[Metric, Origin]]) -> None:
        ordered = sorted(metrics, key=lambda each: (each[0].section, each[0].key))
        super().__init__((metric.key, metric, origin) for metric, origin in ordered)
        self._keys = {field_name(key): key for key in self}

    def find(self, name: str) -> Metric:
        """A metric by its key or its GraphQL field. Raises NotFound, which offers what was perhaps meant."""
        return super().find(self._keys.get(name, name))


class Importers(_Register[Importer]):
    """The formats that can be imported, by name, in the order of names."""

    word = "format"

    def __init__(self, importers: Iterable[tuple[Importer, Origin]]) -> None:
        super().__init__((importer.name, importer, origin) for importer, origin in sorted(importers, key=lambda each: each[0].name))
