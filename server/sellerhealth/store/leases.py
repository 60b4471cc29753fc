"""Leases: of several processes that could do a job, one does it; another takes over if that one is gone."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from sellerhealth.model.records import Lease

DURATION = dt.timedelta(seconds=90)


def take(connection: sa.Connection, job: str, holder: str) -> bool:
    """Takes or renews the lease of a job for a process. Returns whether it has it now."""
    now = dt.datetime.now(dt.UTC)
    new = {"holder": holder, "until": now + DURATION}
    free = sa.or_(Lease.holder == holder, Lease.until < now)
    insert = (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(Lease)
    own = insert.on_conflict_do_update(index_elements=["job"], set_=new, where=free).returning(Lease.holder)
    return connection.execute(own, {"job": job, **new}).first() is not None
