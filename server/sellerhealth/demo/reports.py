"""The report files of a history, in the real formats: which files there are, and as of when each is."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sellerhealth.demo import amazon_files, own_files, performance_report
from sellerhealth.demo.calendar import CLOCK
from sellerhealth.demo.history import History

EARLIER = CLOCK - dt.timedelta(3)  # the instant of the full order report, which the report by last update brings up to date
WEEKS = tuple(CLOCK - dt.timedelta(7 * weeks) for weeks in range(4, -1, -1))  # when the performance report was requested
LAST_MONTH = CLOCK - dt.timedelta(30)


@dataclass(frozen=True)
class Report:
    """A file: its content, as of when it is, and its marketplace if the file does not name it."""

    name: str
    content: bytes
    observed_at: dt.datetime = CLOCK
    marketplace: str | None = None


def reports_of(history: History) -> Iterator[Report]:
    """Every report of a seller, by kind. A seller without orders has one order report without lines."""
    orders = history.orders
    yield Report("orders-by-order-date.txt", amazon_files.all_orders(orders, EARLIER), EARLIER)
    if not orders:
        return
    updated = [order for order in orders if order.updated_at(CLOCK) > LAST_MONTH]
    yield Report("orders-by-last-update.txt", amazon_files.all_orders(updated, CLOCK, by_last_update=True))
    in_api = [order for order in orders if order.market not in history.seller.without_api]
    yield Report("orders-api.json", amazon_files.orders_api(in_api, CLOCK))
    for market in history.seller.markets:
        yield Report(f"feedback-{market.amazon.country_code}.txt", amazon_files.feedback(history, market, EARLIER), EARLIER, market.key)
    for now in WEEKS:
        yield Report(f"performance-{now.date()}.json", performance_report.performance(history, now), now)
    for name in own_files.FILES:
        yield Report(f"{name}.csv", own_files.own_file(name, history))
