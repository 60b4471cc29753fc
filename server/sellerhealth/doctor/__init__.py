"""Examines an installation: its settings, clock, plugins and database, and says what to do for each finding."""

import datetime as dt
from collections.abc import Iterator

from sellerhealth.doctor.finding import Finding, ok, problem
from sellerhealth.doctor.postgresql import examine_replica
from sellerhealth.doctor.program import examine_clock, examine_plugins, examine_settings
from sellerhealth.doctor.rollups import examine_rollups
from sellerhealth.doctor.snapshots import examine_snapshots
from sellerhealth.doctor.store import CURRENT, MIGRATIONS, examine_access, examine_store
from sellerhealth.engine.snapshots import Snapshot
from sellerhealth.errors import BadSettings
from sellerhealth.settings import Settings
from sellerhealth.store.database import Database


def examine(settings: Settings) -> Iterator[Finding]:
    """The findings about an installation with these settings. Nothing is changed, and no writer is waited for."""
    yield from examine_settings(settings)
    yield from examine_clock(settings)
    loaded = yield from examine_plugins(settings)
    try:
        database = Database.of(settings)
    except BadSettings as error:
        yield unusable_settings(error)
        return
    try:
        findings = list(examine_store(database))
        yield from findings
        if ok(MIGRATIONS, CURRENT) in findings:
            yield from examine_access(settings, database)
            if loaded is not None and loaded.keeps_rollups:
                clock = (settings.clock or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)
                yield from examine_rollups(database, loaded.measures, clock)
                yield from examine_snapshots(database, Snapshot.of(loaded.registry.values(), settings), clock)
    finally:
        database.close()
    if settings.database_replica is not None:
        yield from examine_replica(settings)


def unusable_settings(error: BadSettings) -> Finding:
    """The finding that settings cannot be used, so that nothing else can be examined."""
    return problem("settings", str(error), "Correct it: see `sellerhealth docs settings`.")
