"""The lines of orders that an account knows: those of which a report before said the same.

They change nothing, even after other imports: their values were merged once, as of an instant of their own, and merging is idempotent. So
nothing of their facts is read but the hash of the lines, and only that the newer report lists them is stored. What a dry run, an erased
account or another release would have to forget is not there: the hash is a column of the order, and made with the hash of the code.
"""

from collections.abc import Mapping, Sequence, Set
from itertools import chain

from sellerhealth.facts import Order
from sellerhealth.sources import Importer, Known
from sellerhealth.sources.known_lines import LINES_HASH, KnownLines
from sellerhealth.store.account_rows import AccountRows
from sellerhealth.store.listings import Listings
from sellerhealth.store.merge import highest_version, shape_of
from sellerhealth.store.repeated import code

_COLUMNS = ("order_id", LINES_HASH, "versions", "listed")


class KnownOrders:
    """Finds the orders of one account whose lines are known, during an import."""

    def __init__(self, rows: AccountRows, listings: Listings, latest_version: str) -> None:
        self._rows, self._listings, self._latest_version = rows, listings, latest_version
        self._older = set[str]()  # of those that are known: the ones that an older report listed last

    def lines(self, importer: Importer, marketplace: str | None, *, may_skip: bool) -> KnownLines:
        """What decides which lines are known. `may_skip=False`: all are read, and remembered."""
        seed = f"{code()} {importer.name} {marketplace or ''}"
        return KnownLines(seed, self._among if may_skip else lambda hashes: frozenset())

    def _among(self, hashes: Mapping[str, int]) -> Set[str]:
        """The orders, of some with a hash, whose lines are known. What is gone is listed after all, so its lines are read."""
        known = set[str]()
        gone = self._listings.gone(Order)
        for order_id, lines_hash, versions, listed in self._rows.stored_cells(shape_of(Order).table, "order_id", hashes, _COLUMNS):
            if hashes[order_id] == lines_hash and order_id not in gone and highest_version(versions) <= self._latest_version:
                known.add(order_id)
                if (listed or "") < self._listings.listed:
                    self._older.add(order_id)
        return known

    def add(self, known: Sequence[Known]) -> int:
        """Stores that this report lists orders, and returns how many lines they take up."""
        order_ids = self._older.intersection(chain.from_iterable(each.order_ids for each in known))
        self._older -= order_ids
        self._rows.list_again(shape_of(Order), [{"order_id": each, "listed": self._listings.listed} for each in order_ids])
        for each in known:
            self._listings.widen(Order, each.outline)
        return sum(each.lines for each in known)
