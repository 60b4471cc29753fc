"""Simulates 400 days of a seller: orders, their packages, and what goes wrong with them."""

import datetime as dt
from collections.abc import Iterator

from sellerhealth.demo import buyers
from sellerhealth.demo.calendar import CLOCK, FIRST_DAY, LAST_DAY, at_local, end_of, start_of, working_day
from sellerhealth.demo.history import Cancellation, History, Item, Order, Package
from sellerhealth.demo.seeded_random import SeededRandom
from sellerhealth.demo.sellers import PRODUCTS, Market, Rates, Seller

HANDLING, TRANSIT = 2, 4  # working days to confirm shipment, then to deliver
SLOW_CARRIER = "Blue Van"  # it delivers most of what is late
SLOW_PRODUCT = next(product for product in PRODUCTS if product.sku == "KIT-BRD-OAK")  # of its category, what is confirmed late
_REASONS = ("OUT_OF_STOCK", "OUT_OF_STOCK", "PRICING_ERROR", "CANNOT_SHIP_TO_ADDRESS")


def simulate(seller: Seller) -> History:
    """The history of a seller, the same each time. It reaches beyond the present, so that what is in progress has an end."""
    rng, history = SeededRandom(seller.key), History(seller)
    for day in (FIRST_DAY + dt.timedelta(n) for n in range((LAST_DAY - FIRST_DAY).days + 1)):
        rates = seller.rates_on(day)
        for order in _orders(seller, day, rates, rng):
            history.orders.append(order)
            buyers.react(order, rates, rng, history)
    return history


def _orders(seller: Seller, day: dt.date, rates: Rates, rng: SeededRandom) -> Iterator[Order]:
    number = seller.daily + rng.integer(-2, 2) if seller.daily else 0
    for _ in range(number):
        market = rng.weighted_choice(seller.markets)
        placed_at = at_local(day, market.zone, rng.integer(6 * 3600, 86_399))
        if placed_at > CLOCK:
            continue
        order = _place_order(market, placed_at, rng, rates)
        if order.accepted_at is None:
            yield order
        elif rng.happens("by amazon", seller.by_amazon):
            yield _fulfil_by_amazon(order._replace(by_amazon=True), rng)
        else:
            yield _fulfil(order, order.accepted_at, rates, rng)


def _place_order(market: Market, placed_at: dt.datetime, rng: SeededRandom, rates: Rates) -> Order:
    accepted_at: dt.datetime | None = placed_at + rng.hours(0.2, 0.7)
    cancellation = None
    if rng.happens("cancelled while pending", rates.cancelled_while_pending):
        accepted_at, cancellation = None, Cancellation(placed_at + rng.hours(0.3, 20), "BUYER", "NO_LONGER_NEEDED")
    elif rng.happens("payment failed", rates.payment_failed):
        accepted_at, cancellation = None, Cancellation(placed_at + rng.hours(72, 120), "AMAZON", "PAYMENT_FAILED")
    elif rng.happens("paid late", rates.paid_late):
        accepted_at = placed_at + rng.hours(24, 100)
    ship_day = working_day((accepted_at or placed_at).astimezone(market.zone).date(), HANDLING)
    return Order(
        order_id=f"{market.order_prefix}-{rng.counter('orders'):07}-{rng.integer(0, 9_999_999):07}",
        market=market,
        by_amazon=False,
        placed_at=placed_at,
        accepted_at=accepted_at,
        ship_by=end_of(ship_day, market.zone),
        deliver_by=end_of(working_day(ship_day, TRANSIT), market.zone),
        deliver_by_earliest=start_of(working_day(ship_day, TRANSIT - 3), market.zone),
        items=tuple(_item(rng, cancellation) for _ in range(rng.weighted_choice({1: 14, 2: 5, 3: 1}))),
        is_replacement=rng.happens("replacement", 0.01),
    )


def _item(rng: SeededRandom, cancellation: Cancellation | None) -> Item:
    quantity = rng.weighted_choice({1: 17, 2: 2, 3: 1})
    return Item(f"{rng.counter('items') + 10_000_000_000_000}", rng.choice(PRODUCTS), quantity, cancellation)


def _fulfil_by_amazon(order: Order, rng: SeededRandom) -> Order:
    confirmed_at = order.placed_at + rng.hours(5, 30)
    delivered_at = confirmed_at + rng.hours(20, 70)
    package = Package("1", order.items, confirmed_at, "AMZN", None, confirmed_at, delivered_at, delivered_at, None, protected=False)
    return order._replace(packages=(package,))


def _fulfil(order: Order, accepted_at: dt.datetime, rates: Rates, rng: SeededRandom) -> Order:
    """Simulates an order that the seller fulfils."""
    if rng.happens("cancelled for buyer", rates.cancelled_for_buyer):
        by = rng.cycle("who cancels for the buyer", ("SELLER", "SELLER", "BUYER"))
        return _cancel(order, Cancellation(accepted_at + rng.hours(0.5, 20), by, "BUYER_CANCELLED", requested_by_buyer=True))
    if rng.happens("cancelled", rates.cancelled):
        return _cancel(order, Cancellation(accepted_at + rng.hours(2, 30), "SELLER", rng.cycle("reason", _REASONS)))
    if rng.happens("neglected", rates.neglected):
        last_day = working_day(order.ship_by.astimezone(order.market.zone).date(), 7)
        return _cancel(order, Cancellation(end_of(last_day, order.market.zone), "AMAZON", "NOT_CONFIRMED_IN_TIME"))
    if len(order.items) > 1 and rng.happens("item cancelled", 3 * rates.item_cancelled):  # a third of the orders have several
        cancelled = order.items[0]._replace(cancellation=Cancellation(accepted_at + rng.hours(2, 30), "SELLER", "OUT_OF_STOCK"))
        order = order._replace(items=(cancelled, *order.items[1:]))
    order = order._replace(packages=tuple(_packages(order, accepted_at, rates, rng)))
    if any(package.confirmed_at > order.ship_by for package in order.packages):
        packages = tuple(package._replace(items=_slow(package.items)) for package in order.packages)
        order = order._replace(items=_slow(order.items), packages=packages)
    if not rng.happens("contradictory", rates.contradictory):
        return order
    if rng.cycle("contradiction", ("cancelled although shipped", "delivered before shipped")) == "cancelled although shipped":
        return _cancel(order, Cancellation(order.packages[-1].confirmed_at + rng.hours(1, 5), "SELLER", "OUT_OF_STOCK"))
    return order._replace(
        packages=tuple(p._replace(confirmed_at=(p.delivered_at or p.confirmed_at) + rng.hours(1, 9)) for p in order.packages)
    )


def _slow(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Items of a late order: those of the category of the slow product are that product."""
    return tuple(item._replace(product=SLOW_PRODUCT) if item.product.category == SLOW_PRODUCT.category else item for item in items)


def _cancel(order: Order, cancellation: Cancellation) -> Order:
    return order._replace(items=tuple(item._replace(cancellation=cancellation) for item in order.items))


def _packages(order: Order, accepted_at: dt.datetime, rates: Rates, rng: SeededRandom) -> Iterator[Package]:
    items = tuple(item for item in order.items if item.cancellation is None)
    is_late = rng.happens("confirmed late", rates.confirmed_late)
    is_fast = not is_late and rng.happens("delivered fast", rates.delivered_fast)
    several = len(items) > 1 and rng.happens("split", rates.split)
    for number, content in enumerate(((items[:1], items[1:]) if several else (items,)), start=1):
        if is_late:
            confirmed_at = order.ship_by + rng.hours(0.5, 40)
        elif is_fast:
            confirmed_at = accepted_at + rng.hours(1, 11)
        else:
            hours_left = (order.ship_by - accepted_at) / dt.timedelta(hours=1)
            confirmed_at = accepted_at + rng.hours(1, hours_left - 0.5)
        yield _ship(order, str(number), content, confirmed_at, is_fast, rates, rng)


def _ship(
    order: Order, package_id: str, items: tuple[Item, ...], confirmed_at: dt.datetime, is_fast: bool, rates: Rates, rng: SeededRandom
) -> Package:
    zone = order.market.zone
    exempt_reason = items[0].product.exempt_reason if all(item.product.exempt_reason for item in items) else None
    carrier, tracking_number = rng.choice(("Royal Parcel", "Blue Van", "QuickPost")), f"DM{rng.counter('labels'):09}ZZ"
    untracked = Package(package_id, items, confirmed_at, carrier, None, None, None, None, exempt_reason, protected=False)
    if exempt_reason is not None:
        return untracked
    if rng.happens(f"untracked, {items[0].product.category}", rates.untracked):
        never_scanned = rng.cycle("how untracked", (tracking_number, None))
        return untracked._replace(tracking_number=never_scanned)
    package = untracked._replace(tracking_number=tracking_number, scanned_at=confirmed_at + rng.hours(0.5, 12))
    if rng.happens("delivery unseen", rates.delivery_unseen):
        return package
    if rng.happens("delivered late", rates.delivered_late):
        delivered_at = order.deliver_by + rng.hours(3, 70)
        carrier = rng.cycle("who delivers late", (SLOW_CARRIER, SLOW_CARRIER, SLOW_CARRIER, carrier))
        protected = rng.happens("protected", rates.protected)
        return package._replace(carrier=carrier, attempted_at=delivered_at, delivered_at=delivered_at, protected=protected)
    if is_fast:
        day = working_day(order.placed_at.astimezone(zone).date(), 2)
    else:
        day = working_day(confirmed_at.astimezone(zone).date(), rng.integer(1, 2))
    attempted_at = max(at_local(day, zone, rng.integer(9 * 3600, 20 * 3600)), confirmed_at + dt.timedelta(hours=13))
    if rng.happens("first attempt failed", rates.first_attempt_failed):
        return package._replace(attempted_at=attempted_at, delivered_at=attempted_at + rng.hours(20, 28))
    return package._replace(attempted_at=attempted_at, delivered_at=attempted_at)
