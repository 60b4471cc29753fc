"""Random facts of an account, thick with what goes wrong: nulls, orphans, contradictions, instants at the edges of days and windows."""

import datetime as dt
from collections.abc import Iterator
from random import Random
from typing import Any, TypeVar

from sellerhealth import facts
from sellerhealth.model.tables import Fact
from sellerhealth.testing import CLOCK, DAY, HOUR, US
from tests.support.reference import Told

T = TypeVar("T")
SECOND, MICROSECOND = dt.timedelta(seconds=1), dt.timedelta(microseconds=1)
DE = "A1PA6795UKMFR9"
# So many days before the clock lie the first and last days of the windows, and their neighbours.
EDGES = (0, 1, 2, 6, 7, 8, 9, 10, 14, 15, 16, 21, 22, 23, 29, 30, 31, 38, 39, 40, 73, 74, 75, 89, 90, 91, 179, 180, 364, 365, 366)
STATUSES = (
    ("UNSHIPPED",), ("SHIPPED",), ("SHIPPED",), ("UNSHIPPED", "SHIPPED"), ("PENDING",), ("PENDING", "UNSHIPPED"), ("PARTIALLY_SHIPPED",),
    ("PENDING", "CANCELLED"), ("UNSHIPPED", "CANCELLED"), ("CANCELLED",), ("UNFULFILLABLE",), (),
)  # fmt: skip


class Chance:
    """What may be told, at random."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def of(self, *values: T) -> T:
        return self.random.choice(values)

    def perhaps(self, probability: float, value: T) -> T | None:
        return value if self.random.random() < probability else None

    def instant(self) -> dt.datetime:
        """On a day that matters, often at midnight of some zone."""
        midnight = CLOCK.replace(hour=0) - self.of(*EDGES) * DAY
        hours = self.of(0, 0, 4, 5, 7, 8, 22, 23, self.random.randrange(24))
        return min(midnight + hours * HOUR - self.of(0, 0, 1) * SECOND + self.of(0, 0, 1) * MICROSECOND, CLOCK - MICROSECOND)

    def around(self, instant: dt.datetime) -> dt.datetime:
        """Near an instant, often at it."""
        return instant + self.of(0, 0, 1, -1) * self.of(MICROSECOND, SECOND, HOUR, DAY, 3 * DAY)


def random_facts(seed: int, time_zone: str, orders: int = 60) -> Told:
    """Facts of an account; those of two accounts have the same keys."""
    chance = Chance(Random(seed))
    told = Told(time_zone, {DE: "Europe/Berlin"}, CLOCK)
    for number in range(orders):
        told.orders.append(_order(chance, f"order-{number}"))
    for order in [*told.orders, *({"order_id": f"never-told-{number}"} for number in range(8))]:
        _belongings(chance, told, order)
    for number in range(20):
        told.violations.append(
            _known(
                violation_id=str(number),
                detected_at=chance.perhaps(0.95, chance.instant()),
                resolved_at=chance.perhaps(0.4, chance.instant()),
                severity=chance.of("CRITICAL", "HIGH", "MEDIUM", "LOW", None),
                category=chance.of("listing", "safety", None),
                order_id=chance.perhaps(0.2, chance.of(*told.orders)["order_id"]),
                told_marketplace=chance.of(US, DE, None),
            )
        )
    return told


def _known(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _order(chance: Chance, order_id: str) -> dict[str, Any]:
    placed_at = chance.instant()
    ship_by = chance.of(placed_at + chance.of(0, 1, 2) * DAY, chance.around(CLOCK), CLOCK - DAY + chance.of(-1, 0, 1) * SECOND)
    deliver_by = chance.of(placed_at + chance.of(2, 4) * DAY, chance.instant())
    return _known(
        order_id=order_id,
        statuses=chance.of(*STATUSES),
        placed_at=chance.perhaps(0.97, placed_at),
        marketplace=chance.of(US, US, DE, None),
        channel=chance.of("SELLER", "SELLER", "SELLER", "AMAZON", None),
        item_cancelled=chance.perhaps(0.1, True),
        buyer_asked=chance.of(True, False, None, None, None, None),
        is_replacement=chance.of(True, False, None, None, None),
        ship_by=chance.perhaps(0.75, ship_by),
        deliver_by=chance.perhaps(0.9, deliver_by),
        deliver_by_earliest=chance.perhaps(0.8, deliver_by - chance.of(0, 0, 1) * DAY),
    )


def _belongings(chance: Chance, told: Told, order: dict[str, Any]) -> None:
    """What belongs to an order, also to one that was never told."""
    key = {"order_id": order["order_id"]}
    of_it = {**key, **_known(told_marketplace=chance.of(US, DE, None))}
    instants = [order[name] for name in ("placed_at", "ship_by", "deliver_by", "deliver_by_earliest") if name in order] or [
        chance.instant()
    ]

    def near() -> dt.datetime:
        return chance.around(chance.of(*instants))

    for item_id in chance.random.sample(["1", "2", "*"], chance.of(0, 0, 1, 2)):
        told.items.append(
            key
            | _known(
                item_id=item_id,
                cancelled_by=chance.of("BUYER", "SELLER", "AMAZON", None, None, None),
                buyer_asked=chance.of(True, False, None, None),
                cancelled_at=chance.perhaps(0.5, near()),
                quantity=chance.of(1, 3, None),
                quantity_shipped=chance.of(0, 1, 3, None, None),
            )
        )
    for package_id in ["1", "2"][: chance.of(0, 1, 1, 2)]:
        told.packages.append(
            of_it
            | _known(
                package_id=package_id,
                confirmed_at=chance.perhaps(0.9, chance.around(order.get("ship_by") or near())),
                tracking_number=chance.perhaps(0.9, "1Z"),
                scanned=chance.of(True, False, None),
                first_scan_at=chance.perhaps(0.7, near()),
                first_attempt_at=chance.perhaps(0.3, chance.around(order.get("deliver_by") or near())),
                delivered_at=chance.perhaps(0.8, chance.around(order.get("deliver_by_earliest") or near())),
                category=chance.of("Books", "Office", None),
                units=chance.of(1, 4, 12, None),
                exempt_reason=chance.perhaps(0.1, "small letter"),
                is_protected=chance.of(True, False, None),
            )
        )
    for opened_at in {near() for _ in range(chance.of(0, 0, 0, 0, 1, 2))}:
        told.claims.append(of_it | _known(opened_at=opened_at, state=chance.of(*facts.ClaimState, None)))
    for filed_at in {near() for _ in range(chance.of(0, 0, 0, 0, 1))}:
        told.chargebacks.append(of_it | _known(filed_at=filed_at, kind=chance.of(*facts.ChargebackKind, None)))
    for refunded_at in {near() for _ in range(chance.of(0, 0, 0, 1))}:
        told.refunds.append(of_it | {"refunded_at": refunded_at})
    if chance.perhaps(0.5, True):
        told.feedback.append(
            of_it
            | _known(
                left_at=chance.perhaps(0.95, chance.instant()),
                rating=chance.perhaps(0.95, chance.of(1, 2, 3, 4, 5, 5, 5, 5)),
                removed_at=chance.perhaps(0.1, CLOCK),
                struck_through=chance.of(True, False, None, None),
            )
        )
    for number in range(chance.of(0, 0, 1, 2)):
        _message(chance, told, f"{order['order_id']}-{number}", of_it)


def _message(chance: Chance, told: Told, message_id: str, of_it: dict[str, Any]) -> None:
    received_at = chance.of(chance.instant(), CLOCK - DAY + chance.of(-1, 0, 1) * chance.of(MICROSECOND, SECOND, HOUR))
    limits = [received_at + chance.of(1, 24, 48) * HOUR + chance.of(-1, 0, 1) * chance.of(MICROSECOND, SECOND) for _ in range(2)]
    thread = chance.of(f"thread-of-{of_it['order_id']}", None)
    told.messages.append(
        {name: value for name, value in of_it.items() if name != "order_id" or chance.perhaps(0.8, True)}
        | _known(
            message_id=message_id,
            thread_id=thread,
            received_at=chance.perhaps(0.95, received_at),
            needs_answer=chance.of(True, False, None, None),
            told_answered_at=chance.of(limits[0], received_at - HOUR, None, None, None),
        )
    )
    if chance.perhaps(0.5, True) and not any(reply["sent_at"] == limits[1] for reply in told.replies):
        told.replies.append({"thread_id": thread or message_id, "sent_at": limits[1], **_known(automatic=chance.of(True, False, None))})


def tellings(told: Told) -> Iterator[tuple[type[Fact], dt.datetime | None, dict[str, Any]]]:
    """What sources tell, fact by fact: (table, when observed, values)."""
    for order in told.orders:
        values = {name: value for name, value in order.items() if name != "statuses"}
        for age, status in enumerate(reversed(order["statuses"])):
            yield facts.Order, CLOCK - age * HOUR, {"order_id": order["order_id"], "status": status}
        yield facts.Order, CLOCK, values
    kinds = {
        facts.Item: told.items, facts.Package: told.packages, facts.Claim: told.claims, facts.Chargeback: told.chargebacks,
        facts.Feedback: told.feedback, facts.Message: told.messages, facts.Reply: told.replies, facts.Refund: told.refunds,
        facts.Violation: told.violations,
    }  # fmt: skip
    for fact, rows in kinds.items():
        for row in rows:
            yield fact, None, dict(row)
