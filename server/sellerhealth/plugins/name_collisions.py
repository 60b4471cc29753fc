"""Names that more than one plugin wants, and who gets them: what is built in, else nobody."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from sellerhealth.graphql_names import fold
from sellerhealth.plugins.registry import Origin


class Claimant(Protocol):
    """A plugin that wants names."""

    origin: Origin
    built_in: bool

    def blame(self, problem: str) -> None:
        """Tells it what is wrong."""
        ...


@dataclass(frozen=True)
class Claim:
    """That a plugin wants a name of a kind. Claims whose names fold alike collide."""

    claimant: Claimant
    kind: str
    what: str
    name: str


def settle(claims: Iterable[Claim]) -> None:
    """Tells every claimant of a disputed name. What is built in keeps its name; among third parties nobody wins."""
    disputes: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        disputes[claim.kind, fold(claim.name)].append(claim)
    for claimed in disputes.values():
        owners = [claim.claimant.origin for claim in claimed if claim.claimant.built_in]
        claimants = [claim for claim in claimed if not claim.claimant.built_in]
        if not owners and len(claimants) < 2:
            continue
        if not owners and len({id(claim.claimant) for claim in claimants}) == 1:
            names = " and ".join(repr(claim.what) for claim in claimants)
            claimants[0].claimant.blame(f"it brings two of a name, the {claimants[0].kind}s {names}. Rename one of them, or leave it out.")
            continue
        everyone = " and ".join(f"{claim.claimant.origin} with {claim.what!r}" for claim in claimants)
        for claim in claimants:
            whose = f"which belongs to the built-in plugin {owners[0]}" if owners else f"which is claimed by {everyone}"
            remedy = "Choose another name." if owners else "None of them gets it: rename, uninstall or disable all but one."
            claim.claimant.blame(f"the {claim.kind} {claim.what!r} takes the name {claim.name}, {whose}. {remedy}")
