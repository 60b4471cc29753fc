"""A history as report files in the real formats: which files there are, and when each was taken."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sellerhealth.demo import amazon_files, own_files
from sellerhealth.demo.calendar import CLOCK
from sellerhealth.demo.history import History

EARLIER = CLOCK - dt.timedelta(3)  # when all orders were reported, which the report by last update brings up to date
LAST_MONTH = CLOCK - dt.timedelta(30)


@dataclass(frozen=True)
class Report:
    """A file: its content, until when it knows, and the marketplace where it does not name it itself."""

    name: str
    content: bytes
    observed_at: dt.datetime = CLOCK
    marketplace: str | None = None


def reports_of(history: History) -> Iterator[Report]:
    """Every report of a seller, the oldest first. One who has sold nothing yet has but a report of orders without a line."""
    sales = history.sales
    yield Report("orders-by-order-date.txt", amazon_files.all_orders(sales, EARLIER), EARLIER)
    if not sales:
        return
    updated = [sale for sale in sales if sale.updated_at(CLOCK) > LAST_MONTH]
    yield Report("orders-by-last-update.txt", amazon_files.all_orders(updated, CLOCK, by_last_update=True))
    told = [sale for sale in sales if sale.market not in history.seller.without_api]
    yield Report("orders-api.json", amazon_files.orders_api(told, CLOCK))
    for market in history.seller.markets:
        yield Report(f"feedback-{market.amazon.country_code}.txt", amazon_files.feedback(history, market, EARLIER), EARLIER, market.key)
    for name in own_files.FILES:
        yield Report(f"{name}.csv", own_files.own_file(name, history))
