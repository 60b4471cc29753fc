"""The hooks that a plugin implements, and their markers. Hooks are plain functions: they do no input or output, and requests never call them."""

from collections.abc import Iterable

import pluggy

from sellerhealth.facts import FeedbackClass
from sellerhealth.metrics.metric import Metric
from sellerhealth.sources import Importer

PROJECT = "sellerhealth"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_metrics() -> Iterable[Metric]:
    """The metrics of a plugin. Called once, at start.

    >>> from sellerhealth import Below, Metric, Window, count, hookimpl
    >>> from sellerhealth.facts import Claim, Order
    >>> orders = count(on=Order.placed_on, where=Order.accepted, description="Orders placed.")
    >>> claimed = orders.where(Order.claims.any(Claim.counts), "Orders with an A-to-z claim that counts.")
    >>> @hookimpl
    ... def register_metrics():
    ...     yield Metric(
    ...         key="acme_claims",
    ...         title="Claims",
    ...         description="Orders with an A-to-z claim that counts.",
    ...         section="acme",
    ...         windows=(Window(30),),
    ...         measures={"orders": orders, "claimed": claimed},
    ...         value=claimed / orders,
    ...         target=Below("0.01"),
    ...     )
    >>> [metric.key for metric in register_metrics()]
    ['acme_claims']
    """
    return ()


@hookspec(firstresult=True)
def classify_feedback(rating: int, comment: str | None) -> FeedbackClass | None:
    """The class of a piece of feedback with 1 to 5 stars, or None to leave it to the built-in classifier.

    Called when feedback is imported; the class is stored with it. Only one plugin classifies: see docs/plugins/classifiers.md.

    >>> from sellerhealth import hookimpl
    >>> from sellerhealth.facts import FeedbackClass
    >>> @hookimpl
    ... def classify_feedback(rating, comment):
    ...     if rating == 3 and comment and "never again" in comment.lower():
    ...         return FeedbackClass.NEGATIVE
    ...     return None
    >>> classify_feedback(3, "Never again!").value
    'NEGATIVE'
    >>> classify_feedback(5, None) is None
    True
    """
    return None


@hookspec
def register_importers() -> Iterable[Importer]:
    r"""The formats that a plugin can import. Called once, at start: see docs/plugins/importers.md.

    >>> import datetime as dt, io
    >>> from sellerhealth import hookimpl
    >>> from sellerhealth.facts import Claim, ClaimState
    >>> from sellerhealth.sources import Column, FactKind, FileContext, Importer, Sheet, instant, key, one_of
    >>> sheet = Sheet(
    ...     (
    ...         Column("order", "order_id", key, "Amazon's number of the order.", required=True, filled=True),
    ...         Column("opened", "opened_at", instant, "When it was opened.", required=True, filled=True),
    ...         Column("state", "state", one_of(ClaimState), "Its state."),
    ...     ),
    ...     fact=lambda values: Claim,
    ... )
    >>> @hookimpl
    ... def register_importers():
    ...     yield Importer(
    ...         name="acme_cases",
    ...         title="Claims of the Acme help desk",
    ...         covers=frozenset({FactKind.CLAIM}),
    ...         rank=10,
    ...         recognises=sheet,
    ...         read=sheet.read,
    ...     )
    >>> (importer,) = register_importers()
    >>> file = io.BytesIO(b"order,opened,state\n123-4567890-1234567,2026-01-31T12:00Z,OPEN\n")
    >>> [(row.values["state"], row.line) for row in importer.read(file, FileContext(dt.datetime.now(dt.UTC)))]
    [('OPEN', 2)]
    """
    return ()
