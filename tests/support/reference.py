"""A second, slow implementation of the built-in metrics: plain loops, written from the definitions in docs/metrics.md.

Nothing here uses the code under test. Each metric is a function from the facts of an account to entries: what one order, package
or message adds to which numbers, on which day, in which marketplace and channel. `add_up` sums the entries of a window.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from tests.support.account_facts import AccountFacts, Fact

HOUR = dt.timedelta(hours=1)
STATUSES = ("PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "UNFULFILLABLE")
LOST = ("GRANTED_SELLER", "SELLER_REFUNDED", "ORDER_CANCELLED")


class Entry(NamedTuple):
    """What one fact adds to the numbers of a metric. `channel` is None for facts without one, `part` for metrics without parts."""

    day: dt.date
    marketplace: str
    channel: str | None
    part: str | None
    numbers: Mapping[str, int]


def add_up(
    entries: Iterable[Entry], first: dt.date, last: dt.date, marketplace: str | None, channel: str | None, by: str | None
) -> dict[str, dict[str, int]]:
    """The numbers of a window and a scope: by part along a dimension, or of the whole under ''."""
    totals: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for entry in entries:
        if not first <= entry.day <= last or marketplace not in (None, entry.marketplace) or channel not in (None, entry.channel):
            continue
        part = {None: "", "marketplace": entry.marketplace, "channel": entry.channel}.get(by, entry.part)
        assert part is not None
        for name, number in entry.numbers.items():
            totals[part][name] += number
    return {part: dict(numbers) for part, numbers in totals.items()}


# ---------------------------------------------------------------- accepted orders: docs/spec/facts.md#accepted-orders


def status(order: Fact) -> str | None:
    return order["statuses"][-1] if order["statuses"] else None


def whatever_the_status(order: Fact, holds: Callable[[Fact], bool]) -> bool:
    """Whether something holds of an order; of one whose status no source reports, whether it holds with every status."""
    if order["statuses"]:
        return holds(order)
    return all(holds({**order, "statuses": [possible]}) for possible in STATUSES)


def confirmations(account: AccountFacts, order: Fact) -> list[dt.datetime]:
    return [package["confirmed_at"] for package in account.related(order, account.packages) if package.get("confirmed_at")]


def buyer_asked(account: AccountFacts, order: Fact) -> bool:
    return bool(order.get("buyer_asked")) or any(item.get("buyer_asked") for item in account.related(order, account.items))


def was_requested(account: AccountFacts, order: Fact, item: Fact) -> bool:
    """Whether the buyer asked for the cancellation of an item: as its source says, else for the whole order.

    A cancellation of the whole order (`*`) is that of its cancelled items, so it was requested if that of each of them was.
    """
    items = account.related(order, account.items)
    for source in (item, *(each for each in items if each["item_id"] == "*")):
        if source.get("buyer_asked") is not None:
            return bool(source["buyer_asked"])
    if order.get("buyer_asked"):
        return True
    if item["item_id"] != "*":
        return False
    cancelled = [each for each in items if each is not item and (status(order) == "CANCELLED" or each.get("cancelled_by"))]
    return bool(cancelled) and all(each.get("buyer_asked") for each in cancelled)


def is_unexplained(account: AccountFacts, order: Fact) -> bool:
    """Whether something was cancelled that the buyer did not ask for, and no source says by whom."""
    if order.get("buyer_asked") or not (status(order) == "CANCELLED" or order.get("item_cancelled")):
        return False
    items = account.related(order, account.items)
    explained = {item["item_id"]: bool(item.get("cancelled_by")) or was_requested(account, order, item) for item in items}
    whole = next((item for item in items if item["item_id"] == "*"), {})
    if whole.get("cancelled_by") or whole.get("buyer_asked"):
        return False
    numbered = [known for item_id, known in explained.items() if item_id != "*"]
    return not numbered or not (all(numbered) if status(order) == "CANCELLED" else any(numbered))


def is_accepted(account: AccountFacts, order: Fact) -> bool:
    """Pending orders are not the seller's yet, and those cancelled while pending never were.

    Of an order that was seen as nothing more, only traces count: what was shipped or cancelled by the seller was the seller's; so
    was a cancelled order whose buyer had to ask, or for which Amazon had set an instant to ship by.
    """
    if any(seen in ("UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "UNFULFILLABLE") for seen in order["statuses"]):
        return True
    if confirmations(account, order) or any(item.get("cancelled_by") == "SELLER" for item in account.related(order, account.items)):
        return True
    return status(order) == "CANCELLED" and (buyer_asked(account, order) or order.get("ship_by") is not None)


def cancelled_before_shipment(account: AccountFacts, order: Fact) -> bool:
    """Whether the whole order was cancelled before any of it was shipped."""
    return status(order) == "CANCELLED" and not confirmations(account, order)


def cancelled_by(account: AccountFacts, order: Fact, party: str) -> bool:
    """Whether a party cancelled an item of an order before its shipment, unless the buyer had asked for it.

    See docs/spec/facts.md#cancellations-before-shipment.
    """
    return any(
        item.get("cancelled_by") == party
        and not whatever_the_status(order, lambda known, item=item: was_requested(account, known, item))
        and whatever_the_status(order, lambda known, item=item: is_before_shipment(account, known, item))
        for item in account.related(order, account.items)
    )


def is_before_shipment(account: AccountFacts, order: Fact, item: Fact) -> bool:
    """Whether a cancellation of an item was before its shipment; afterwards it is a refund."""
    shipped, ordered = item.get("quantity_shipped"), item.get("quantity")
    if shipped and (ordered is None or shipped >= ordered):
        return False
    confirmed, cancelled_at = confirmations(account, order), item.get("cancelled_at")
    if shipped is None and confirmed and (cancelled_at is None or cancelled_at >= min(confirmed)):
        some_cancelled = order.get("item_cancelled") and status(order) != "CANCELLED"
        in_part = some_cancelled or status(order) == "PARTIALLY_SHIPPED"
        return bool(in_part and not (item["item_id"] == "*" and cancelled_at))
    return True


def counted_orders(account: AccountFacts, replacements: bool) -> Iterator[tuple[Fact, dt.date, str, str]]:
    """The accepted orders with their day, marketplace and channel."""
    for order in account.orders:
        if order.get("placed_at") and is_accepted(account, order) and (replacements or not order.get("is_replacement")):
            marketplace = order.get("marketplace") or "UNKNOWN"
            yield order, account.day(order["placed_at"], marketplace), marketplace, order.get("channel") or "UNKNOWN"


def counts(feedback: Fact) -> bool:
    return feedback.get("rating") is not None and feedback.get("removed_at") is None and not feedback.get("struck_through")


def has_negative_feedback(account: AccountFacts, order: Fact) -> bool:
    return any(counts(feedback) and feedback["rating"] <= 2 for feedback in account.related(order, account.feedback))


def has_lost_claim(account: AccountFacts, order: Fact) -> bool:
    return any(claim.get("state") in LOST for claim in account.related(order, account.claims))


def has_service_chargeback(account: AccountFacts, order: Fact) -> bool:
    return any(chargeback.get("kind") == "SERVICE" for chargeback in account.related(order, account.chargebacks))


# ---------------------------------------------------------------- the nine


def order_defect_rate(account: AccountFacts, claims_policy: str = "current", replacements: bool = True) -> Iterator[Entry]:
    for order, day, marketplace, channel in counted_orders(account, replacements):
        claims = account.related(order, account.claims)
        negative, chargeback = has_negative_feedback(account, order), has_service_chargeback(account, order)
        claimed = bool(claims) if claims_policy == "all" else has_lost_claim(account, order)
        numbers = {
            "orders": 1,
            "defects": int(negative or claimed or chargeback),
            "negative_feedback": int(negative),
            "claims": int(claimed),
            "chargebacks": int(chargeback),
            "open_claims": int(any(claim.get("state") in (None, "OPEN") for claim in claims)),
        }
        yield Entry(day, marketplace, channel, channel, numbers)


def cancellation_rate(account: AccountFacts, replacements: bool = True) -> Iterator[Entry]:
    for order, day, marketplace, channel in counted_orders(account, replacements):
        if channel == "SELLER":
            cancelled = cancelled_by(account, order, "SELLER") or cancelled_by(account, order, "AMAZON")
            yield Entry(day, marketplace, channel, None, {"orders": 1, "cancelled": int(cancelled)})
    for order in account.orders:  # whoever cancelled it: it may have been the seller's, and the seller
        if not whatever_the_status(order, lambda known: is_unexplained(account, known)):
            continue
        if order.get("channel") == "SELLER" and order.get("placed_at") and (replacements or not order.get("is_replacement")):
            marketplace = order.get("marketplace") or "UNKNOWN"
            yield Entry(account.day(order["placed_at"], marketplace), marketplace, "SELLER", None, {"unproven": 1})


def late_shipment_rate(
    account: AccountFacts, late_grace_days: int = 0, cancelled_in_denominator: bool = False, replacements: bool = True
) -> Iterator[Entry]:
    for order, day, marketplace, channel in counted_orders(account, replacements):
        if channel != "SELLER":
            continue
        if cancelled_before_shipment(account, order):
            if cancelled_in_denominator:
                yield Entry(day, marketplace, channel, None, {"orders": 1})
            continue
        confirmed, ship_by = confirmations(account, order), order.get("ship_by")
        deadline = ship_by and ship_by + late_grace_days * 24 * HOUR
        late = bool(deadline and any(instant > deadline for instant in confirmed))
        waiting = status(order) == "PARTIALLY_SHIPPED" or (not confirmed and status(order) not in ("SHIPPED", "CANCELLED"))
        overdue = bool(deadline and waiting and not late and account.clock > deadline)
        unknown = ship_by is None or (status(order) == "SHIPPED" and not confirmed)
        numbers = {"orders": 1, "late": int(late), "overdue": int(overdue), "unproven": int(unknown)}
        yield Entry(day, marketplace, channel, None, numbers)


def policy_violations(account: AccountFacts) -> Iterator[Entry]:
    for violation in account.violations:
        if violation.get("detected_at") and violation.get("resolved_at") is None:
            marketplace = account.marketplace_of(violation)
            severe = violation.get("severity") in ("CRITICAL", "HIGH")
            day = account.day(violation["detected_at"], marketplace)
            yield Entry(day, marketplace, None, violation.get("category") or "UNKNOWN", {"open": 1, "severe": int(severe)})


def promised_packages(account: AccountFacts) -> Iterator[tuple[Fact, Fact, dt.date, str]]:
    """The packages of seller-fulfilled orders with a promised delivery: the package, its order, the promised day and the marketplace."""
    for package in account.packages:
        order = account.order_of(package)
        if order.get("channel") == "SELLER" and order.get("deliver_by"):
            marketplace = account.marketplace_of(package)
            yield package, order, account.day(order["deliver_by"], marketplace), marketplace


def on_time_delivery_rate(account: AccountFacts, unit: str = "units", drop_late_protected: bool = True) -> Iterator[Entry]:
    for package, order, day, marketplace in promised_packages(account):
        arrived, confirmed = package.get("first_attempt_at") or package.get("delivered_at"), package.get("confirmed_at")
        if not package.get("tracking_number") or not arrived:
            continue
        in_time = arrived <= order["deliver_by"] and not (confirmed and confirmed > arrived)
        if not in_time and package.get("is_protected") and drop_late_protected:
            continue
        units = (package.get("units") or 1) if unit == "units" else 1
        yield Entry(day, marketplace, "SELLER", None, {"units": units, "on_time": units * in_time, "late": units * (not in_time)})


def has_valid_tracking(package: Fact) -> bool:
    return bool(package.get("tracking_number")) and bool(package.get("scanned") or package.get("first_scan_at"))


def valid_tracking_rate(account: AccountFacts) -> Iterator[Entry]:
    for package, _, day, marketplace in promised_packages(account):
        if package.get("confirmed_at") and not package.get("exempt_reason"):
            valid = has_valid_tracking(package)
            numbers = {"packages": 1, "valid": int(valid), "invalid": int(not valid)}
            yield Entry(day, marketplace, "SELLER", package.get("category") or "UNKNOWN", numbers)


def first_answer(account: AccountFacts, message: Fact) -> dt.datetime | None:
    """When the seller first answered a message. Automatic replies and earlier ones do not count."""
    conversation = message.get("thread_id") or message["message_id"]
    answers = [reply["sent_at"] for reply in account.replies if reply["thread_id"] == conversation and not reply.get("automatic")]
    answers += [message["reported_answered_at"]] if message.get("reported_answered_at") else []
    return min((instant for instant in answers if instant >= message["received_at"]), default=None)


def contact_response_time(account: AccountFacts, limit_hours: int = 24) -> Iterator[Entry]:
    for message in account.messages:
        if not message.get("received_at") or message.get("needs_answer") is False:
            continue
        received, answered, limit = message["received_at"], first_answer(account, message), limit_hours * HOUR
        marketplace = account.marketplace_of(message)
        if answered is not None:
            seconds = -((received - answered) // dt.timedelta(seconds=1))  # rounded up
            kind = "in_time" if answered - received <= limit else "late"
            numbers = {"messages": 1, kind: 1, "answered_after": seconds}
        elif account.clock - received > limit:
            numbers = {"messages": 1, "unanswered": 1}
        else:
            numbers = {"pending": 1}
        yield Entry(account.day(received, marketplace), marketplace, None, None, numbers)


def earns_bonus(account: AccountFacts, order: Fact, day: dt.date, marketplace: str) -> bool:
    """Whether all packages have tracking and arrived within three working days and by the earliest promise, and nothing was refunded.

    See docs/metrics.md#bonus.
    """
    packages = account.related(order, account.packages)
    deliveries = [package.get("delivered_at") for package in packages]
    if not packages or None in deliveries or order.get("deliver_by_earliest") is None or account.related(order, account.refunds):
        return False
    delivered = max(delivery for delivery in deliveries if delivery is not None)
    working_days, delivered_on = 0, account.day(delivered, marketplace)
    while day < delivered_on:
        day += dt.timedelta(1)
        working_days += day.weekday() < 5
    return working_days <= 3 and delivered <= order["deliver_by_earliest"] and all(map(has_valid_tracking, packages))


POINTS = {
    "claims": -500,
    "chargebacks": -500,
    "negative_feedback": -500,
    "expirations": -500,
    "cancellations": -100,
    "late_shipments": 0,
    "late_responses": 0,
    "perfect": 100,
    "bonus": 110,
}


def problems_of(account: AccountFacts, order: Fact, own: bool) -> Iterator[str]:
    """The problems of an order. If Amazon fulfils it, only the feedback counts against the seller."""
    if own and has_lost_claim(account, order):
        yield "claims"
    if own and has_service_chargeback(account, order):
        yield "chargebacks"
    if has_negative_feedback(account, order):
        yield "negative_feedback"
    if own and cancelled_by(account, order, "AMAZON"):
        yield "expirations"
    if own and cancelled_by(account, order, "SELLER"):
        yield "cancellations"
    if own and order.get("ship_by") and any(instant > order["ship_by"] for instant in confirmations(account, order)):
        yield "late_shipments"
    to_answer = [m for m in account.related(order, account.messages) if m.get("received_at") and m.get("needs_answer") is not False]
    if own and any((first_answer(account, message) or account.clock) - message["received_at"] > 24 * HOUR for message in to_answer):
        yield "late_responses"


def seller_rating(
    account: AccountFacts,
    points: Mapping[str, int] = POINTS,
    buyer_cancelled: str = "exclude",
    replacements: bool = True,
    with_bonus: bool = True,
) -> Iterator[Entry]:
    for order, day, marketplace, channel in counted_orders(account, replacements):
        own = channel != "AMAZON"
        problems = list(problems_of(account, order, own))
        if (
            buyer_cancelled == "exclude"
            and cancelled_before_shipment(account, order)
            and not {"expirations", "cancellations"} & {*problems}
        ):
            continue
        event = "bonus" if with_bonus and own and earns_bonus(account, order, day, marketplace) else "perfect"
        if problems:
            event = min(problems, key=lambda problem: points[problem])
        yield Entry(day, marketplace, channel, None, {"orders": 1, event: 1})


def customer_feedback(account: AccountFacts) -> Iterator[Entry]:
    for feedback in account.feedback:
        if feedback.get("left_at") and counts(feedback):
            marketplace, stars = account.marketplace_of(feedback), feedback["rating"]
            kind = "positive" if stars >= 4 else "neutral" if stars == 3 else "negative"
            yield Entry(account.day(feedback["left_at"], marketplace), marketplace, None, None, {"total": 1, kind: 1, "stars_given": stars})
