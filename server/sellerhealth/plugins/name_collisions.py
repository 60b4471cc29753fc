"""Resolves name collisions between plugins: a built-in plugin keeps its name; if only other plugins use it, none of them gets it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sellerhealth.graphql_names import claimed_types, fold, type_name
from sellerhealth.plugins.candidate import Candidate


@dataclass(frozen=True)
class NameClaim:
    """A name that a plugin uses, for example for a metric. Claims of one kind collide if their folded names are equal."""

    plugin: Candidate
    kind: str
    what: str
    name: str


def name_claims(plugin: Candidate) -> Iterator[NameClaim]:
    """The names that a plugin uses. A built-in one keeps the name of its metric even while it is disabled."""
    if plugin.built_in:
        yield NameClaim(plugin, "metric", plugin.origin.name, type_name(plugin.origin.name))
    for metric in plugin.results.metrics:
        yield from (NameClaim(plugin, "metric", metric.key, name) for name in claimed_types(metric))
    yield from (NameClaim(plugin, "format", importer.name, importer.name) for importer in plugin.results.importers)


def report_collisions(claims: Iterable[NameClaim]) -> None:
    """Adds a problem to every plugin whose names collide, except to built-in ones."""
    by_name: dict[tuple[str, str], list[NameClaim]] = defaultdict(list)
    for claim in claims:
        by_name[claim.kind, fold(claim.name)].append(claim)
    for same_name in by_name.values():
        owners = [claim.plugin.origin for claim in same_name if claim.plugin.built_in]
        others = [claim for claim in same_name if not claim.plugin.built_in]
        if not owners and len(others) < 2:
            continue
        if not owners and len({id(claim.plugin) for claim in others}) == 1:
            names = " and ".join(repr(claim.what) for claim in others)
            others[0].plugin.add_problem(f"it uses one name twice, for the {others[0].kind}s {names}. Rename or remove one of them.")
            continue
        everyone = " and ".join(f"{claim.plugin.origin} with {claim.what!r}" for claim in others)
        for claim in others:
            owner = f"which belongs to the built-in plugin {owners[0]}" if owners else f"which is claimed by {everyone}"
            fix = "Choose another name." if owners else "None of them may use it: rename, uninstall or disable all but one."
            claim.plugin.add_problem(f"the {claim.kind} {claim.what!r} takes the name {claim.name}, {owner}. {fix}")
