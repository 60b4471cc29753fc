"""What the imports of an account cover: how far each kind of fact is known, which metrics read it, and which formats report it."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sellerhealth.metrics.expressions import kinds_read
from sellerhealth.metrics.metric import Metric
from sellerhealth.model.tables import FactKind
from sellerhealth.sources import Importer


@dataclass(frozen=True)
class KindCoverage:
    """The coverage of a kind of fact for an account.

    `through` is the last day that any source covers, None without a source. `metrics`: the keys of the metrics that read such facts.
    `formats`: the names of those that report them, those that report all of them first.
    """

    kind: FactKind
    through: dt.date | None
    metrics: tuple[str, ...]
    formats: tuple[str, ...]


def coverage_by_kind(
    metrics: Iterable[Metric], importers: Iterable[Importer], through: Mapping[FactKind, dt.date]
) -> tuple[KindCoverage, ...]:
    """The coverage of each kind that a metric reads: what to import next first.

    That is what was never imported and most metrics read, then what was imported longest ago.
    """
    read = {metric.key: kinds_read(metric)[1] for metric in metrics}
    complete_first = sorted(importers, key=lambda each: not each.complete)
    kinds = [
        KindCoverage(
            kind,
            through.get(kind),
            tuple(key for key, kinds in read.items() if kind in kinds),
            tuple(each.name for each in complete_first if kind in each.covers),
        )
        for kind in FactKind
    ]
    by_need = sorted((each for each in kinds if each.metrics), key=lambda each: (-len(each.metrics), each.kind))
    return tuple(sorted(by_need, key=lambda each: each.through or dt.date.min))
