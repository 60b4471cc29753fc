"""Random facts of an account, full of edge cases: nulls, orphans, contradictions, instants at the bounds of days and windows."""

import datetime as dt
from collections.abc import Iterator
from random import Random
from typing import Any, TypeVar

from sellerhealth import facts
from sellerhealth.model.tables import Fact
from sellerhealth.testing import CLOCK, DAY, HOUR, US
from tests.support.account_facts import AccountFacts

T = TypeVar("T")
SECOND, MICROSECOND = dt.timedelta(seconds=1), dt.timedelta(microseconds=1)
DE = "A1PA6795UKMFR9"
# Days before the clock: the first and last days of the windows, and their neighbours.
EDGES = (0, 1, 2, 6, 7, 8, 9, 10, 14, 15, 16, 21, 22, 23, 29, 30, 31, 38, 39, 40, 73, 74, 75, 89, 90, 91, 179, 180, 364, 365, 366)
STATUSES = (
    ("UNSHIPPED",), ("SHIPPED",), ("SHIPPED",), ("UNSHIPPED", "SHIPPED"), ("PENDING",), ("PENDING", "UNSHIPPED"), ("PARTIALLY_SHIPPED",),
    ("PENDING", "CANCELLED"), ("UNSHIPPED", "CANCELLED"), ("CANCELLED",), ("UNFULFILLABLE",), (),
)  # fmt: skip


class Choices:
    """Random choices for the values of facts."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def one_of(self, *values: T) -> T:
        return self.random.choice(values)

    def maybe(self, probability: float, value: T) -> T | None:
        return value if self.random.random() < probability else None

    def instant(self) -> dt.datetime:
        """An instant near the bounds of a window, often at midnight in some time zone."""
        midnight = CLOCK.replace(hour=0) - self.one_of(*EDGES) * DAY
        hours = self.one_of(0, 0, 4, 5, 7, 8, 22, 23, self.random.randrange(24))
        return min(midnight + hours * HOUR - self.one_of(0, 0, 1) * SECOND + self.one_of(0, 0, 1) * MICROSECOND, CLOCK - MICROSECOND)

    def around(self, instant: dt.datetime) -> dt.datetime:
        """An instant near another one, often the same."""
        return instant + self.one_of(0, 0, 1, -1) * self.one_of(MICROSECOND, SECOND, HOUR, DAY, 3 * DAY)


def random_facts(seed: int, time_zone: str, orders: int = 60) -> AccountFacts:
    """The facts of an account. Those of two accounts have the same keys."""
    choose = Choices(Random(seed))
    account = AccountFacts(time_zone, {DE: "Europe/Berlin"}, CLOCK)
    for number in range(orders):
        account.orders.append(_order(choose, f"order-{number}"))
    for order in [*account.orders, *({"order_id": f"unreported-{number}"} for number in range(8))]:
        _add_related_facts(choose, account, order)
    for number in range(20):
        account.violations.append(
            _without_none(
                violation_id=str(number),
                detected_at=choose.maybe(0.95, choose.instant()),
                resolved_at=choose.maybe(0.4, choose.instant()),
                severity=choose.one_of("CRITICAL", "HIGH", "MEDIUM", "LOW", None),
                category=choose.one_of("listing", "safety", None),
                order_id=choose.maybe(0.2, choose.one_of(*account.orders)["order_id"]),
                reported_marketplace=choose.one_of(US, DE, None),
            )
        )
    return account


def _without_none(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _order(choose: Choices, order_id: str) -> dict[str, Any]:
    placed_at = choose.instant()
    ship_by = choose.one_of(placed_at + choose.one_of(0, 1, 2) * DAY, choose.around(CLOCK), CLOCK - DAY + choose.one_of(-1, 0, 1) * SECOND)
    deliver_by = choose.one_of(placed_at + choose.one_of(2, 4) * DAY, choose.instant())
    return _without_none(
        order_id=order_id,
        statuses=choose.one_of(*STATUSES),
        placed_at=choose.maybe(0.97, placed_at),
        marketplace=choose.one_of(US, US, DE, None),
        channel=choose.one_of("SELLER", "SELLER", "SELLER", "AMAZON", None),
        item_cancelled=choose.maybe(0.1, True),
        buyer_asked=choose.one_of(True, False, None, None, None, None),
        is_replacement=choose.one_of(True, False, None, None, None),
        ship_by=choose.maybe(0.75, ship_by),
        deliver_by=choose.maybe(0.9, deliver_by),
        deliver_by_earliest=choose.maybe(0.8, deliver_by - choose.one_of(0, 0, 1) * DAY),
    )


def _add_related_facts(choose: Choices, account: AccountFacts, order: dict[str, Any]) -> None:
    """Adds related facts to an order, even to one that no source reports."""
    key = {"order_id": order["order_id"]}
    common = {**key, **_without_none(reported_marketplace=choose.one_of(US, DE, None))}
    instants = [order[name] for name in ("placed_at", "ship_by", "deliver_by", "deliver_by_earliest") if name in order] or [
        choose.instant()
    ]

    def near() -> dt.datetime:
        return choose.around(choose.one_of(*instants))

    for item_id in choose.random.sample(["1", "2", "*"], choose.one_of(0, 0, 1, 2)):
        account.items.append(
            key
            | _without_none(
                item_id=item_id,
                cancelled_by=choose.one_of("BUYER", "SELLER", "AMAZON", None, None, None),
                buyer_asked=choose.one_of(True, False, None, None),
                cancelled_at=choose.maybe(0.5, near()),
                quantity=choose.one_of(1, 3, None),
                quantity_shipped=choose.one_of(0, 1, 3, None, None),
            )
        )
    for package_id in ["1", "2"][: choose.one_of(0, 1, 1, 2)]:
        account.packages.append(
            common
            | _without_none(
                package_id=package_id,
                confirmed_at=choose.maybe(0.9, choose.around(order.get("ship_by") or near())),
                tracking_number=choose.maybe(0.9, "1Z"),
                scanned=choose.one_of(True, False, None),
                first_scan_at=choose.maybe(0.7, near()),
                first_attempt_at=choose.maybe(0.3, choose.around(order.get("deliver_by") or near())),
                delivered_at=choose.maybe(0.8, choose.around(order.get("deliver_by_earliest") or near())),
                category=choose.one_of("Books", "Office", None),
                units=choose.one_of(1, 4, 12, None),
                exempt_reason=choose.maybe(0.1, "small letter"),
                is_protected=choose.one_of(True, False, None),
            )
        )
    for opened_at in {near() for _ in range(choose.one_of(0, 0, 0, 0, 1, 2))}:
        account.claims.append(common | _without_none(opened_at=opened_at, state=choose.one_of(*facts.ClaimState, None)))
    for filed_at in {near() for _ in range(choose.one_of(0, 0, 0, 0, 1))}:
        account.chargebacks.append(common | _without_none(filed_at=filed_at, kind=choose.one_of(*facts.ChargebackKind, None)))
    for refunded_at in {near() for _ in range(choose.one_of(0, 0, 0, 1))}:
        account.refunds.append(common | {"refunded_at": refunded_at})
    if choose.maybe(0.5, True):
        account.feedback.append(
            common
            | _without_none(
                left_at=choose.maybe(0.95, choose.instant()),
                rating=choose.maybe(0.95, choose.one_of(1, 2, 3, 4, 5, 5, 5, 5)),
                removed_at=choose.maybe(0.1, CLOCK),
                struck_through=choose.one_of(True, False, None, None),
            )
        )
    for number in range(choose.one_of(0, 0, 1, 2)):
        _add_message(choose, account, f"{order['order_id']}-{number}", common)


def _add_message(choose: Choices, account: AccountFacts, message_id: str, common: dict[str, Any]) -> None:
    received_at = choose.one_of(choose.instant(), CLOCK - DAY + choose.one_of(-1, 0, 1) * choose.one_of(MICROSECOND, SECOND, HOUR))
    limits = [
        received_at + choose.one_of(1, 24, 48) * HOUR + choose.one_of(-1, 0, 1) * choose.one_of(MICROSECOND, SECOND) for _ in range(2)
    ]
    thread = choose.one_of(f"thread-of-{common['order_id']}", None)
    account.messages.append(
        {name: value for name, value in common.items() if name != "order_id" or choose.maybe(0.8, True)}
        | _without_none(
            message_id=message_id,
            thread_id=thread,
            received_at=choose.maybe(0.95, received_at),
            needs_answer=choose.one_of(True, False, None, None),
            reported_answered_at=choose.one_of(limits[0], received_at - HOUR, None, None, None),
        )
    )
    if choose.maybe(0.5, True) and not any(reply["sent_at"] == limits[1] for reply in account.replies):
        account.replies.append(
            {"thread_id": thread or message_id, "sent_at": limits[1], **_without_none(automatic=choose.one_of(True, False, None))}
        )


def observations(account: AccountFacts) -> Iterator[tuple[type[Fact], dt.datetime | None, dict[str, Any]]]:
    """The facts as partial rows of sources: (table, instant of the observation, values)."""
    for order in account.orders:
        values = {name: value for name, value in order.items() if name != "statuses"}
        for age, status in enumerate(reversed(order["statuses"])):
            yield facts.Order, CLOCK - age * HOUR, {"order_id": order["order_id"], "status": status}
        yield facts.Order, CLOCK, values
    kinds = {
        facts.Item: account.items, facts.Package: account.packages, facts.Claim: account.claims, facts.Chargeback: account.chargebacks,
        facts.Feedback: account.feedback, facts.Message: account.messages, facts.Reply: account.replies, facts.Refund: account.refunds,
        facts.Violation: account.violations,
    }  # fmt: skip
    for fact, rows in kinds.items():
        for row in rows:
            yield fact, None, dict(row)
