"""What happens to a seller in 400 days: orders, their packages, and what goes wrong with them."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from sellerhealth.demo import buyers
from sellerhealth.demo.calendar import CLOCK, FIRST_DAY, LAST_DAY, at_local, end_of, start_of, working_day
from sellerhealth.demo.chance import Chance
from sellerhealth.demo.history import Cancellation, History, Line, Parcel, Sale
from sellerhealth.demo.sellers import PRODUCTS, Conduct, Market, Seller

HANDLING, TRANSIT = 2, 4  # working days to confirm shipment, then to deliver
_REASONS = ("OUT_OF_STOCK", "OUT_OF_STOCK", "PRICING_ERROR", "CANNOT_SHIP_TO_ADDRESS")


def simulate(seller: Seller) -> History:
    """The same history each time. It reaches beyond the present, so that what is under way has an end."""
    chance, history = Chance(seller.key), History(seller)
    for day in (FIRST_DAY + dt.timedelta(n) for n in range((LAST_DAY - FIRST_DAY).days + 1)):
        conduct = seller.conduct_on(day)
        for sale in _sales(seller, day, conduct, chance):
            history.sales.append(sale)
            buyers.react(sale, conduct, chance, history)
    return history


def _sales(seller: Seller, day: dt.date, conduct: Conduct, chance: Chance) -> Iterator[Sale]:
    number = seller.daily + chance.between(-2, 2) if seller.daily else 0
    for _ in range(number):
        market = chance.weighted(seller.markets)
        placed_at = at_local(day, market.zone, chance.between(6 * 3600, 86_399))
        if placed_at > CLOCK:
            continue
        sale = _placed(market, placed_at, chance, conduct)
        if sale.accepted_at is None:
            yield sale
        elif chance.happens("by amazon", seller.by_amazon):
            yield _sent_by_amazon(replace(sale, by_amazon=True), chance)
        else:
            yield _handled(sale, sale.accepted_at, conduct, chance)


def _placed(market: Market, placed_at: dt.datetime, chance: Chance, conduct: Conduct) -> Sale:
    accepted_at: dt.datetime | None = placed_at + chance.hours(0.2, 0.7)
    given_up = None
    if chance.happens("cancelled while pending", conduct.cancelled_while_pending):
        accepted_at, given_up = None, Cancellation(placed_at + chance.hours(0.3, 20), "BUYER", "NO_LONGER_NEEDED")
    elif chance.happens("payment failed", conduct.payment_failed):
        accepted_at, given_up = None, Cancellation(placed_at + chance.hours(72, 120), "AMAZON", "PAYMENT_FAILED")
    elif chance.happens("paid late", conduct.paid_late):
        accepted_at = placed_at + chance.hours(24, 100)
    ship_day = working_day((accepted_at or placed_at).astimezone(market.zone).date(), HANDLING)
    return Sale(
        order_id=f"{market.order_prefix}-{chance.number('orders'):07}-{chance.between(0, 9_999_999):07}",
        market=market,
        by_amazon=False,
        placed_at=placed_at,
        accepted_at=accepted_at,
        ship_by=end_of(ship_day, market.zone),
        deliver_by=end_of(working_day(ship_day, TRANSIT), market.zone),
        deliver_by_earliest=start_of(working_day(ship_day, TRANSIT - 3), market.zone),
        lines=tuple(_line(chance, given_up) for _ in range(chance.weighted({1: 14, 2: 5, 3: 1}))),
        is_replacement=chance.happens("replacement", 0.01),
    )


def _line(chance: Chance, given_up: Cancellation | None) -> Line:
    quantity = chance.weighted({1: 17, 2: 2, 3: 1})
    return Line(f"{chance.number('lines') + 10_000_000_000_000}", chance.one_of(PRODUCTS), quantity, given_up)


def _sent_by_amazon(sale: Sale, chance: Chance) -> Sale:
    confirmed_at = sale.placed_at + chance.hours(5, 30)
    delivered_at = confirmed_at + chance.hours(20, 70)
    parcel = Parcel("1", sale.lines, confirmed_at, "AMZN", None, confirmed_at, delivered_at, delivered_at, None, protected=False)
    return replace(sale, parcels=(parcel,))


def _handled(sale: Sale, accepted_at: dt.datetime, conduct: Conduct, chance: Chance) -> Sale:
    """What the seller makes of an order that is his to send."""
    if chance.happens("cancelled for buyer", conduct.cancelled_for_buyer):
        by = chance.next_of("who cancels for the buyer", ("SELLER", "SELLER", "BUYER"))
        return _called_off(sale, Cancellation(accepted_at + chance.hours(0.5, 20), by, "BUYER_CANCELLED", asked=True))
    if chance.happens("cancelled", conduct.cancelled):
        return _called_off(sale, Cancellation(accepted_at + chance.hours(2, 30), "SELLER", chance.next_of("reason", _REASONS)))
    if chance.happens("neglected", conduct.neglected):
        last_day = working_day(sale.ship_by.astimezone(sale.market.zone).date(), 7)
        return _called_off(sale, Cancellation(end_of(last_day, sale.market.zone), "AMAZON", "NOT_CONFIRMED_IN_TIME"))
    if len(sale.lines) > 1 and chance.happens("line cancelled", 3 * conduct.line_cancelled):  # a third of the orders have several
        gone = replace(sale.lines[0], cancellation=Cancellation(accepted_at + chance.hours(2, 30), "SELLER", "OUT_OF_STOCK"))
        sale = replace(sale, lines=(gone, *sale.lines[1:]))
    sale = replace(sale, parcels=tuple(_parcels(sale, accepted_at, conduct, chance)))
    if not chance.happens("contradictory", conduct.contradictory):
        return sale
    if chance.next_of("contradiction", ("cancelled although shipped", "delivered before shipped")) == "cancelled although shipped":
        return _called_off(sale, Cancellation(sale.parcels[-1].confirmed_at + chance.hours(1, 5), "SELLER", "OUT_OF_STOCK"))
    return replace(
        sale, parcels=tuple(replace(p, confirmed_at=(p.delivered_at or p.confirmed_at) + chance.hours(1, 9)) for p in sale.parcels)
    )


def _called_off(sale: Sale, cancellation: Cancellation) -> Sale:
    return replace(sale, lines=tuple(replace(line, cancellation=cancellation) for line in sale.lines))


def _parcels(sale: Sale, accepted_at: dt.datetime, conduct: Conduct, chance: Chance) -> Iterator[Parcel]:
    lines = tuple(line for line in sale.lines if line.cancellation is None)
    is_late = chance.happens("confirmed late", conduct.confirmed_late)
    is_fast = not is_late and chance.happens("delivered fast", conduct.delivered_fast)
    several = len(lines) > 1 and chance.happens("split", conduct.split)
    for number, content in enumerate(((lines[:1], lines[1:]) if several else (lines,)), start=1):
        if is_late:
            confirmed_at = sale.ship_by + chance.hours(0.5, 40)
        elif is_fast:
            confirmed_at = accepted_at + chance.hours(1, 11)
        else:
            hours_left = (sale.ship_by - accepted_at) / dt.timedelta(hours=1)
            confirmed_at = accepted_at + chance.hours(1, hours_left - 0.5)
        yield _journey(sale, str(number), content, confirmed_at, is_fast, conduct, chance)


def _journey(
    sale: Sale, parcel_id: str, lines: tuple[Line, ...], confirmed_at: dt.datetime, is_fast: bool, conduct: Conduct, chance: Chance
) -> Parcel:
    zone = sale.market.zone
    exempt_reason = lines[0].product.exempt_reason if all(line.product.exempt_reason for line in lines) else None
    carrier, tracking_number = chance.one_of(("Royal Parcel", "Blue Van", "QuickPost")), f"DM{chance.number('labels'):09}ZZ"
    untracked = Parcel(parcel_id, lines, confirmed_at, carrier, None, None, None, None, exempt_reason, protected=False)
    if exempt_reason is not None:
        return untracked
    if chance.happens(f"untracked, {lines[0].product.category}", conduct.untracked):
        never_scanned = chance.next_of("how untracked", (tracking_number, None))
        return replace(untracked, tracking_number=never_scanned)
    parcel = replace(untracked, tracking_number=tracking_number, scanned_at=confirmed_at + chance.hours(0.5, 12))
    if chance.happens("delivery unseen", conduct.delivery_unseen):
        return parcel
    if chance.happens("delivered late", conduct.delivered_late):
        delivered_at = sale.deliver_by + chance.hours(3, 70)
        return replace(
            parcel, attempted_at=delivered_at, delivered_at=delivered_at, protected=chance.happens("protected", conduct.protected)
        )
    if is_fast:
        day = working_day(sale.placed_at.astimezone(zone).date(), 2)
    else:
        day = working_day(confirmed_at.astimezone(zone).date(), chance.between(1, 2))
    attempted_at = max(at_local(day, zone, chance.between(9 * 3600, 20 * 3600)), confirmed_at + dt.timedelta(hours=13))
    if chance.happens("first attempt failed", conduct.first_attempt_failed):
        return replace(parcel, attempted_at=attempted_at, delivered_at=attempted_at + chance.hours(20, 28))
    return replace(parcel, attempted_at=attempted_at, delivered_at=attempted_at)
