"""What buyers do after they ordered: feedback, claims, chargebacks, messages; and what they get back."""

import datetime as dt

from sellerhealth.demo.chance import Chance
from sellerhealth.demo.history import Dispute, History, Letter, Rating, Repayment, Reversal, Sale
from sellerhealth.demo.sellers import Conduct

PRAISE = (
    "Exactly as described, thank you!",
    "Fast and well packed.",
    "Très bien emballé, livraison rapide.",
    "Schnelle Lieferung, gerne wieder. Schöne Grüße!",
    "Lovely quality.\nWould buy again.",
    'My aunt says it is "the best tea in town".',
)
SHRUGS = ("It is fine, the box was dented though.", "Okay, but it took its time.", "Colour differs a little from the picture.")
COMPLAINTS = (
    "Arrived broken and nobody answers.",
    "Wrong item sent.",
    "Nie angekommen, keine Antwort vom Verkäufer.",
    "Two weeks late,\nand the parcel was open.",
)
LOST = ("GRANTED_SELLER", "SELLER_REFUNDED", "ORDER_CANCELLED")
WON = ("DENIED", "WITHDRAWN", "GRANTED_AMAZON")


def react(sale: Sale, conduct: Conduct, chance: Chance, history: History) -> None:
    """Adds to the history what the buyer of an order does."""
    if sale.accepted_at is None:
        return
    if chance.happens("asked", conduct.asked):
        history.letters += _conversation(sale, conduct, chance)
    if not sale.by_amazon and chance.happens("claim lost", conduct.claim_lost):
        history.disputes.append(_dispute(sale, chance.next_of("lost", LOST), chance))
    elif not sale.by_amazon and chance.happens("claim won", conduct.claim_won):
        history.disputes.append(_dispute(sale, chance.next_of("won", WON), chance))
    if not sale.parcels:
        return
    if not sale.by_amazon and chance.happens("charged back", conduct.charged_back):
        filed_at = sale.placed_at + chance.hours(15 * 24, 40 * 24)
        history.reversals.append(Reversal(sale, filed_at, chance.next_of("chargeback", conduct.chargebacks)))
    arrived_at = max(parcel.delivered_at or sale.deliver_by for parcel in sale.parcels)
    if chance.happens("refunded", conduct.refunded):
        reason = chance.next_of("refund", ("CUSTOMER_RETURN", "GOODWILL", "DAMAGED"))
        history.repayments.append(Repayment(sale, arrived_at + chance.hours(3 * 24, 20 * 24), reason))
    rating = _rating(sale, arrived_at + chance.hours(8, 14 * 24), conduct, chance)
    if rating is not None:
        history.ratings.append(rating)


def _rating(sale: Sale, left_at: dt.datetime, conduct: Conduct, chance: Chance) -> Rating | None:
    who, share = ("amazon", conduct.negative_by_amazon) if sale.by_amazon else ("seller", conduct.negative)
    if chance.happens(f"negative, sent by {who}", share):
        stars, comment = chance.next_of("bad stars", (1, 2, 1)), chance.next_of("complaint", COMPLAINTS)
        if sale.by_amazon:
            return Rating(sale, left_at, stars, comment, struck_through=chance.next_of("struck through", (True, True, False)))
        removed = chance.happens("removed", conduct.removed)
        return Rating(sale, left_at, stars, comment, removed_at=left_at + chance.hours(24, 300) if removed else None)
    if chance.happens("neutral", conduct.neutral):
        return Rating(sale, left_at, 3, chance.next_of("shrug", SHRUGS))
    if chance.happens("positive", conduct.positive):
        return Rating(sale, left_at, chance.next_of("good stars", (5, 5, 4, 5)), chance.next_of("praise", PRAISE))
    return None


def _dispute(sale: Sale, outcome: str, chance: Chance) -> Dispute:
    opened_at = sale.placed_at + chance.hours(9 * 24, 22 * 24)
    return Dispute(sale, opened_at, opened_at + chance.hours(3 * 24, 15 * 24), outcome)


def _conversation(sale: Sale, conduct: Conduct, chance: Chance) -> list[Letter]:
    thread_id = f"T{chance.number('threads'):06}"
    order_id = chance.next_of("about", (sale.order_id, sale.order_id, sale.order_id, None))
    written_at = sale.placed_at + chance.hours(0.5, 200)

    def letter(at: dt.datetime, by_seller: bool = False, needs_answer: bool = True, automatic: bool = False) -> Letter:
        return Letter(f"M{chance.number('letters'):07}", thread_id, sale.market, order_id, at, by_seller, needs_answer, automatic)

    if chance.happens("thanked", conduct.thanked):
        return [letter(written_at, needs_answer=False)]
    letters = [letter(written_at)]
    if chance.happens("greeted", conduct.greeted):
        letters.append(letter(written_at + dt.timedelta(minutes=1), by_seller=True, automatic=True))
    if chance.happens("wrote twice", 0.2):
        letters.append(letter(written_at + chance.hours(0.1, 0.3)))
    if chance.happens("silent", conduct.silent):
        return letters
    wait = chance.hours(26, 70) if chance.happens("answered late", conduct.answered_late) else chance.hours(0.4, 21)
    return [*letters, letter(written_at + wait, by_seller=True)]
