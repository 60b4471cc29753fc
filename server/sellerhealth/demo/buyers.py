"""Simulates what buyers do after they ordered: feedback, claims, chargebacks and messages; and their refunds."""

import datetime as dt

from sellerhealth.demo.history import Chargeback, Claim, Feedback, History, Message, Order, Refund
from sellerhealth.demo.seeded_random import SeededRandom
from sellerhealth.demo.sellers import Rates

PRAISE = (
    "Exactly as described, thank you!",
    "Fast and well packed.",
    "Très bien emballé, livraison rapide.",
    "Schnelle Lieferung, gerne wieder. Schöne Grüße!",
    "Lovely quality.\nWould buy again.",
    'My aunt says it is "the best tea in town".',
)
INDIFFERENT = ("It is fine, the box was dented though.", "Okay, but it took its time.", "Colour differs a little from the picture.")
COMPLAINTS = (
    "Arrived broken and nobody answers.",
    "Wrong item sent.",
    "Nie angekommen, keine Antwort vom Verkäufer.",
    "Two weeks late,\nand the parcel was open.",
)
LOST = ("GRANTED_SELLER", "SELLER_REFUNDED", "ORDER_CANCELLED")
WON = ("DENIED", "WITHDRAWN", "GRANTED_AMAZON")


def react(order: Order, rates: Rates, rng: SeededRandom, history: History) -> None:
    """Adds what the buyer of an order does to the history."""
    if order.accepted_at is None:
        return
    if rng.happens("wrote message", rates.wrote_message):
        history.messages += _conversation(order, rates, rng)
    if not order.by_amazon and rng.happens("claim lost", rates.claim_lost):
        history.claims.append(_claim(order, rng.cycle("lost", LOST), rng))
    elif not order.by_amazon and rng.happens("claim won", rates.claim_won):
        history.claims.append(_claim(order, rng.cycle("won", WON), rng))
    if not order.packages:
        return
    if not order.by_amazon and rng.happens("charged back", rates.charged_back):
        filed_at = order.placed_at + rng.hours(15 * 24, 40 * 24)
        history.chargebacks.append(Chargeback(order, filed_at, rng.cycle("chargeback", rates.chargebacks)))
    arrived_at = max(package.delivered_at or order.deliver_by for package in order.packages)
    if rng.happens("refunded", rates.refunded):
        reason = rng.cycle("refund", ("CUSTOMER_RETURN", "GOODWILL", "DAMAGED"))
        history.refunds.append(Refund(order, arrived_at + rng.hours(3 * 24, 20 * 24), reason))
    feedback = _feedback(order, arrived_at + rng.hours(8, 14 * 24), rates, rng)
    if feedback is not None:
        history.feedback.append(feedback)


def _feedback(order: Order, left_at: dt.datetime, rates: Rates, rng: SeededRandom) -> Feedback | None:
    who, share = ("amazon", rates.negative_by_amazon) if order.by_amazon else ("seller", rates.negative)
    if rng.happens(f"negative, sent by {who}", share):
        stars, comment = rng.cycle("bad stars", (1, 2, 1)), rng.cycle("complaint", COMPLAINTS)
        if order.by_amazon:
            return Feedback(order, left_at, stars, comment, struck_through=rng.cycle("struck through", (True, True, False)))
        removed = rng.happens("removed", rates.removed)
        return Feedback(order, left_at, stars, comment, removed_at=left_at + rng.hours(24, 300) if removed else None)
    if rng.happens("neutral", rates.neutral):
        return Feedback(order, left_at, 3, rng.cycle("indifferent", INDIFFERENT))
    if rng.happens("positive", rates.positive):
        return Feedback(order, left_at, rng.cycle("good stars", (5, 5, 4, 5)), rng.cycle("praise", PRAISE))
    return None


def _claim(order: Order, outcome: str, rng: SeededRandom) -> Claim:
    opened_at = order.placed_at + rng.hours(9 * 24, 22 * 24)
    return Claim(order, opened_at, opened_at + rng.hours(3 * 24, 15 * 24), outcome)


def _conversation(order: Order, rates: Rates, rng: SeededRandom) -> list[Message]:
    thread_id = f"T{rng.counter('threads'):06}"
    order_id = rng.cycle("about", (order.order_id, order.order_id, order.order_id, None))
    written_at = order.placed_at + rng.hours(0.5, 200)

    def message(at: dt.datetime, by_seller: bool = False, needs_answer: bool = True, automatic: bool = False) -> Message:
        return Message(f"M{rng.counter('messages'):07}", thread_id, order.market, order_id, at, by_seller, needs_answer, automatic)

    if rng.happens("no answer needed", rates.no_answer_needed):
        return [message(written_at, needs_answer=False)]
    messages = [message(written_at)]
    if rng.happens("automatic reply", rates.automatic_reply):
        messages.append(message(written_at + dt.timedelta(minutes=1), by_seller=True, automatic=True))
    if rng.happens("wrote twice", 0.2):
        messages.append(message(written_at + rng.hours(0.1, 0.3)))
    if rng.happens("never answered", rates.never_answered):
        return messages
    wait = rng.hours(26, 70) if rng.happens("answered late", rates.answered_late) else rng.hours(0.4, 21)
    return [*messages, message(written_at + wait, by_seller=True)]
