"""Coverage: through which day a format covers each of its kinds of fact, of one account."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sellerhealth.model.records import Source
from sellerhealth.sources import Importer
from sellerhealth.store.account_rows import AccountRows
from sellerhealth.store.merge import shape_of


def cover(rows: AccountRows, importer: Importer, through: dt.date, latest: dt.date) -> bool:
    """Records that a format covers its kinds through a day. Returns whether any of that is news. `latest`: the last day that is no mistake."""
    known = {} if rows.is_new else _covered(rows, importer)
    of_format = {"account_id": rows.account_id, "format": importer.name, "complete": importer.complete, "through": through}
    new = [{**of_format, "fact": str(kind)} for kind in sorted(importer.covers - known.keys())]
    rows.save(shape_of(Source), new, [])
    older = [kind for kind in importer.covers & known.keys() if known[kind] < through or known[kind] > latest]
    if older:
        rows.connection.execute(sa.update(Source).where(*_of_format(rows, importer), Source.fact.in_(older)).values(through=through))
    return bool(new or older)


def _covered(rows: AccountRows, importer: Importer) -> dict[str, dt.date]:
    """Through which day the format covers each kind of fact so far."""
    return dict(iter(rows.connection.execute(sa.select(Source.fact, Source.through).where(*_of_format(rows, importer)))))


def _of_format(rows: AccountRows, importer: Importer) -> Sequence[Any]:
    """The conditions of what the format covers of the account."""
    return (Source.account_id == rows.account_id, Source.format == importer.name)
