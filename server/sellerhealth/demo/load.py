"""Loads the demo: writes its report files to a directory and imports them like any others."""

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from sellerhealth.access import OWNER
from sellerhealth.demo.reports import Report, reports_of
from sellerhealth.demo.sellers import SELLERS, Seller
from sellerhealth.demo.simulation import simulate
from sellerhealth.errors import NotFound
from sellerhealth.garbage import without_gc
from sellerhealth.intake import ImportSummary, create_account, find_account, import_stream
from sellerhealth.plugins.load import Loaded
from sellerhealth.store.database import Database


def load(database: Database, loaded: Loaded, directory: Path, clock: dt.datetime | None = None) -> Iterator[tuple[Seller, ImportSummary]]:
    """Writes and imports one report after the other. Running it again changes nothing. `clock`: the present as metrics see it."""
    zones = {market.key: market.zone.key for seller in SELLERS for market in seller.markets}
    without_rollups = replace(loaded, keeps_rollups=False)
    for seller in SELLERS:
        account_id = _account(database, seller)
        reports = directory / seller.key
        reports.mkdir(parents=True, exist_ok=True)
        *_, last = files = without_gc(partial(_reports, seller))
        for report in files:
            reports.joinpath(report.name).write_bytes(report.content)
            yield (
                seller,
                import_stream(
                    database,
                    loaded if report is last else without_rollups,  # until then the facts answer
                    OWNER,
                    account_id,
                    io.BytesIO(report.content),
                    report.name,
                    observed_at=report.observed_at,
                    marketplace=report.marketplace,
                    time_zones=zones,
                    clock=clock,
                ),
            )


def _reports(seller: Seller) -> list[Report]:
    return list(reports_of(simulate(seller)))


def _account(database: Database, seller: Seller) -> int:
    try:
        return find_account(database, OWNER, seller.key)
    except NotFound:
        return create_account(database, OWNER, seller.key, seller.name, seller.time_zone)
