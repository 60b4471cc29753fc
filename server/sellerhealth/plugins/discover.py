"""Finds plugins: the entry points of installed distributions, and plugin files."""

import re
from collections.abc import Iterable, Iterator
from importlib import metadata

import structlog

from sellerhealth.errors import BadSettings
from sellerhealth.plugins.candidate import Candidate
from sellerhealth.plugins.plugin import Origin
from sellerhealth.plugins.plugin_code import PluginCode
from sellerhealth.settings import section_of

ENTRY_POINT_GROUP = "sellerhealth"
BUILT_IN_DISTRIBUTION = "sellerhealth"
_FILE_VERSION = "0"

log = structlog.get_logger(__name__)


def installed_plugins(distributions: Iterable[metadata.Distribution], disabled: set[str]) -> list[Candidate]:
    """Every entry point of our group, the built-in ones first. A list, because two can have the same name."""
    by_distribution: dict[str, list[Candidate]] = {}
    for distribution in distributions:
        try:
            entries = distribution.entry_points.select(group=ENTRY_POINT_GROUP)
            if not entries:  # nearly all distributions: reading their names takes time
                continue
            name, version = distribution.name, distribution.version
            normalised = re.sub(r"[-_.]+", "-", name).lower()
        except Exception as error:  # noqa: BLE001 - broken metadata of one distribution must not prevent the start
            log.warning("distribution_unreadable", distribution=str(distribution.locate_file("")), error=repr(error))
            continue
        if normalised not in by_distribution:  # Python imports the first distribution of this name on the path
            by_distribution[normalised] = [
                Candidate(
                    Origin(entry.name, name, version),
                    PluginCode.of_entry_point(entry),
                    built_in=normalised == BUILT_IN_DISTRIBUTION,
                    disabled=bool(disabled & {section_of(entry.name), section_of(normalised)}),
                )
                for entry in entries
            ]
    candidates = [candidate for each in by_distribution.values() for candidate in each]
    return sorted(candidates, key=lambda each: (not each.built_in, each.origin.name, each.origin.distribution))


def plugin_files(values: Iterable[str], disabled: set[str]) -> Iterator[Candidate]:
    """The plugins of `FILE.py` or `FILE.py:NAME`. Raises BadSettings for a file that does not exist or is named twice."""
    codes: dict[str, PluginCode] = {}
    for value in dict.fromkeys(values):
        code = PluginCode.of_file(value)
        if other := codes.get(code.module):
            raise BadSettings(
                f"The plugin file {code.label} is named twice, as {other.value} and as {value}. "
                f"Name {code.label} alone: then all its metrics take part."
            )
        codes[code.module] = code
        yield Candidate(Origin(code.plugin, value, _FILE_VERSION), code, built_in=False, disabled=section_of(code.plugin) in disabled)
