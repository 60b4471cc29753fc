"""A plugin in reports: where it comes from, its state, and what it provides."""

from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel


@dataclass(frozen=True)
class Origin:
    """The origin of a plugin: the name of an entry point, and its distribution with the version."""

    name: str
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} ({self.distribution} {self.version})"


class PluginState(StrEnum):
    """Whether a plugin is in use."""

    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"
    QUARANTINED = "QUARANTINED"


@dataclass(frozen=True)
class Plugin(Origin):
    """An entry point or a plugin file, and its state.

    `reason` says why it does not take part, `warning` what is probably wrong although it does. Both say what to do.
    """

    state: PluginState
    reason: str | None
    metrics: tuple[str, ...]
    warning: str | None = None
    settings: tuple[BaseModel, ...] = field(default=(), compare=False)  # the section that its functions were called with
    formats: tuple[str, ...] = ()
    classifies: bool = False  # it has a classifier of feedback; `Loaded.classify` knows which one is used
