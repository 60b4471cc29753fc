"""One seller as each source of orders writes it, in accounts of their own, and what their metrics are."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.demo import amazon_files, order_files, own_files
from sellerhealth.demo.calendar import CLOCK, LAST_DAY
from sellerhealth.demo.history import History
from sellerhealth.demo.reports import Report
from sellerhealth.demo.sellers import SELLERS, Seller
from sellerhealth.demo.simulation import simulate
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.queries import MetricQuery, QueryResult
from sellerhealth.engine.results import read_results
from sellerhealth.errors import NotFound
from sellerhealth.intake import create_account, find_account, import_stream
from sellerhealth.metrics.metric import Metric
from sellerhealth.plugins.load import Loaded
from sellerhealth.store.database import Database

(_CRITICAL,) = (each for each in SELLERS if each.key == "critical")
# Without contradictions, such as a package of an order that is cancelled: which of two statements counts depends on what else is known.
SELLER: Seller = replace(
    _CRITICAL,
    without_api=frozenset(),
    rates=replace(_CRITICAL.rates, contradictory=0),
    recent_rates=replace(_CRITICAL.recent_rates, contradictory=0),
)
# What some source of orders does not know: who cancelled, and what became of packages.
BESIDE = ("cancellations", "packages")
_OTHERS = tuple(name for name in own_files.FILES if name not in BESIDE)


@dataclass(frozen=True)
class Source:
    """A source of orders: the account for it, and its files."""

    key: str
    title: str
    files: Callable[[History], Iterator[Report]]


def _flat_files(history: History) -> Iterator[Report]:
    yield Report("orders-by-order-date.txt", amazon_files.all_orders(history.orders, CLOCK))
    yield Report("order-report.txt", order_files.order_report(history))
    yield Report("unshipped-orders.txt", order_files.unshipped(history))
    yield Report("fba-shipments.txt", order_files.fba_shipments(history))


SOURCES = (
    Source("orders-v0", "Orders API v0", lambda history: iter([Report("orders-v0.json", order_files.orders_v0(history))])),
    Source(
        "orders-2026",
        "Orders API 2026-01-01",
        lambda history: iter([Report("orders-2026.json", amazon_files.orders_api(history.orders, CLOCK))]),
    ),
    Source("flat-files", "Flat files", _flat_files),
)


def history_of_seller() -> History:
    """The history of the seller that is compared."""
    return simulate(SELLER)


def accounts_of(database: Database) -> dict[Source, int]:
    """The account of each source, created if there is none."""
    return {source: _account(database, source) for source in SOURCES}


def _account(database: Database, source: Source) -> int:
    try:
        return find_account(database, OWNER, source.key)
    except NotFound:
        return create_account(database, OWNER, source.key, f"{SELLER.name}: {source.title}", SELLER.time_zone)


def reports_alone(source: Source, history: History) -> Iterator[Report]:
    """The files of a source, with records of what no source of orders knows: claims, feedback, messages and the like."""
    yield from source.files(history)
    yield from _own(_OTHERS, history)


def reports_beside(history: History) -> list[Report]:
    """The records of what some source of orders does not know."""
    return list(_own(BESIDE, history))


def _own(names: Iterable[str], history: History) -> Iterator[Report]:
    return (Report(f"{name}.csv", own_files.own_file(name, history)) for name in names)


def import_all(database: Database, loaded: Loaded, account_id: int, reports: Iterable[Report], directory: Path) -> None:
    """Writes reports to a directory, and imports them into an account."""
    zones = {market.key: market.zone.key for market in SELLER.markets}
    directory.mkdir(parents=True, exist_ok=True)
    for report in reports:
        directory.joinpath(report.name).write_bytes(report.content)
        content, instant = io.BytesIO(report.content), report.observed_at
        import_stream(database, loaded, OWNER, account_id, content, report.name, observed_at=instant, time_zones=zones, clock=CLOCK)


@dataclass(frozen=True)
class Comparison:
    """A metric over a window, with the result of each source."""

    query: MetricQuery
    results: tuple[QueryResult, ...]

    @property
    def is_same(self) -> bool:
        """Whether all sources lead to the same value, numbers and status."""
        first, *others = ((each.result.status, each.result.value, each.result.numbers) for each in self.results)
        return all(other == first for other in others)


def compare(session: ReadSession, metrics: Iterable[Metric], accounts: Mapping[Source, int]) -> list[Comparison]:
    """The metrics of the accounts beside each other, over each of their windows."""
    queries = [MetricQuery(metric, window, LAST_DAY) for metric in metrics for window in metric.windows]
    measured = read_results(session, queries, AccountFilter(account_ids=tuple(accounts.values())))
    return [Comparison(query, tuple(measured.result(account_id, query) for account_id in accounts.values())) for query in queries]
