"""What was cancelled of an order: before shipment or not, at whose request, and whether by an unknown party.

See docs/spec/facts.md#cancellations-before-shipment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sellerhealth.facts import WHOLE_ORDER, OrderStatus, Party, is_line
from sellerhealth.store.merge import report_of

Values = dict[str, Any]


@dataclass(frozen=True)
class _Line:
    """A line as the newest report of the order's lines shows it."""

    cancelled: bool | None
    requested: bool | None  # whether the buyer requested its cancellation


@dataclass(frozen=True)
class Cancellations:
    """The items of an order: what sources report of the whole of it, of items with Amazon's number, and of lines without one."""

    order: Values
    whole: Values | None
    numbered: Sequence[Values]
    lines: Sequence[_Line]

    @property
    def is_whole(self) -> bool:
        """Whether the order is cancelled as a whole."""
        return bool(self.order["status"] == OrderStatus.CANCELLED)

    def requested(self, item: Values) -> bool:
        """Whether the buyer requested the cancellation of an item: its own source decides, else what is known of the whole order."""
        if is_line(item["item_id"]):
            return bool(self.order["buyer_asked"] or _line(self.order, item).requested)
        own = item["buyer_asked"] if item["buyer_asked"] is not None or self.whole is None else self.whole["buyer_asked"]
        if own is not None:
            return bool(own)
        return bool(self.order["buyer_asked"]) or self._all_cancelled_were_requested(item)

    def _all_cancelled_were_requested(self, item: Values) -> bool:
        """Whether all that is cancelled, which includes an item, was requested. Items with a number are known better than lines."""
        if item is self.whole and self._knows_numbered:
            requests = [bool(each["buyer_asked"]) for each in self.numbered if self.is_whole or each["cancelled_by"] is not None]
        elif self.is_whole:
            return False  # a line that is not requested may never have been stored: the order's own column knows
        else:
            requests = [bool(line.requested) for line in self.lines if line.cancelled]
        return bool(requests) and all(requests)

    @property
    def _knows_numbered(self) -> bool:
        return any(each["cancelled_by"] is not None or each["buyer_asked"] is not None for each in self.numbered)

    @property
    def any_requested(self) -> bool:
        """Whether the buyer requested the cancellation of anything. Once items with numbers are known, they alone decide."""
        named = [*self.numbered, *([self.whole] if self.whole is not None else [])]
        is_requested = bool(self.order["buyer_asked"]) or any(each["buyer_asked"] for each in named)
        return is_requested or (not self._knows_numbered and any(line.requested for line in self.lines))

    @property
    def canceller_unknown(self) -> bool:
        """Whether something is cancelled, not at the buyer's request, and no source says by whom."""
        order, whole = self.order, self.whole
        if not (self.is_whole or order["item_cancelled"]) or order["buyer_asked"]:
            return False
        if whole is not None and (whole["cancelled_by"] is not None or whole["buyer_asked"]):
            return False
        by_someone = [each for each in self.numbered if each["cancelled_by"] is not None]
        only_requested = [each for each in self.numbered if each["cancelled_by"] is None and self.requested(each)]
        explained = len(by_someone) + len(only_requested)
        if self.is_whole and (not self.numbered or explained < len(self.numbered)):
            return True
        cancelled = [line for line in self.lines if line.cancelled or (self.is_whole and line.cancelled is not None)]
        if not cancelled:
            return explained == 0
        # Sources without item numbers cannot say which item a line is, so lines and items are counted against each other: requested
        # lines are those of requested items, and each other line needs another item with a canceller.
        requested = sum(line.requested is True for line in cancelled)
        left = len(by_someone) - min(requested, sum(self.requested(each) for each in by_someone))
        refused = sum(line.requested is False for line in cancelled)
        return refused > left or len(cancelled) - requested > left + len(only_requested)

    @property
    def request_is_of_order_only(self) -> bool:
        """Whether a request of the buyer is known, but not for which items."""
        named = [*self.numbered, *([self.whole] if self.whole is not None else [])]
        is_known = any(each["buyer_asked"] for each in named) or any(line.requested for line in self.lines)
        return bool(self.order["buyer_asked"]) and not is_known


def cancellations_of(order: Values, items: Sequence[Values]) -> Cancellations:
    """The cancellations of an order with these items."""
    lines = [_line(order, item) for item in items if is_line(item["item_id"])]
    numbered = [item for item in items if item["item_id"] != WHOLE_ORDER and not is_line(item["item_id"])]
    return Cancellations(order, next((item for item in items if item["item_id"] == WHOLE_ORDER), None), numbered, lines)


def _line(order: Values, item: Values) -> _Line:
    """A line, without what a newer report of the order's lines no longer shows: such a report has only its cancelled or requested lines."""
    cancelled = item["cancelled"] if report_of(item, "cancelled") >= report_of(order, "item_cancelled") else None
    is_current = report_of(item, "buyer_asked") >= report_of(order, "buyer_asked")
    return _Line(cancelled, item["buyer_asked"] if is_current else False)


def says_nothing(order: Values, items: Sequence[Values]) -> bool:
    """Whether no source reports a cancellation of anything of an order whose status is known, nor a request of its buyer."""
    if order["status"] is None or order["status"] == OrderStatus.CANCELLED or order["item_cancelled"] or order["buyer_asked"]:
        return False
    for item in items:  # noqa: SIM110 - of each item of a report: all() takes twice as long
        if item["cancelled_by"] is not None or item["buyer_asked"] or item["cancelled_at"] is not None:
            return False
    return True


def before_shipment(item: Values, order: Values) -> bool:
    """Whether an item was cancelled before it was confirmed as shipped."""
    if item["cancelled_by"] is None:
        return False
    ordered, shipped = item["quantity"], item["quantity_shipped"]
    if shipped is not None:
        return not (shipped > 0 and (ordered is None or shipped >= ordered))
    confirmed, cancelled = order["confirmed_at"], item["cancelled_at"]
    if confirmed is None or (cancelled is not None and cancelled < confirmed):
        return True
    # If an item of the order was never shipped, it may be the cancelled one. All of a cancelled order is cancelled, so an item of it
    # that is cancelled too says nothing about the shipment.
    partly_shipped = order["status"] == OrderStatus.PARTIALLY_SHIPPED or (
        bool(order["item_cancelled"]) and order["status"] != OrderStatus.CANCELLED
    )
    return partly_shipped and (cancelled is None or item["item_id"] != WHOLE_ORDER)


def first_canceller(items: Sequence[Values]) -> str | None:
    """Who cancelled an order, wholly or in part: of several the seller, then Amazon."""
    parties = {item["cancelled_by"] for item in items}
    return next((str(party) for party in (Party.SELLER, Party.AMAZON, Party.BUYER) if party in parties), None)
