"""The lines of orders that an account knows: those of which a report before said the same.

They change nothing, even after other imports: their values were merged once, as of an instant of their own, and merging is idempotent. So
nothing of their facts is read but the hash of the lines, and only that the newer report lists them is stored. What a dry run, an erased
account or another release would have to forget is not there: the hash is a column of the order, and made with the hash of the code.
"""

from array import array
from collections.abc import Mapping, Sequence, Set
from itertools import chain

from sellerhealth.facts import Order
from sellerhealth.sources import Importer, Known
from sellerhealth.sources.known_lines import LINES_HASH, KnownLines
from sellerhealth.store.account_rows import AccountRows
from sellerhealth.store.all_lines import AllLines
from sellerhealth.store.listings import Listings
from sellerhealth.store.merge import highest_version, shape_of
from sellerhealth.store.repeated import code

_COLUMNS = ("order_id", LINES_HASH, "versions", "listed")
_FEWEST = 10_000  # orders that are looked up before all are loaded
_MOST = 4_000_000  # orders of which the hashes are held at once: 100 MB
_SHARE = 16  # a sixteenth of all orders is looked up first: the report may have no more


class KnownOrders:
    """Finds the orders of one account whose lines are known, during an import.

    They are looked up chunk by chunk. After a sixteenth of the orders of the account the hashes of all are loaded: then the report may have most of them.
    """

    def __init__(self, rows: AccountRows, listings: Listings, latest_version: str) -> None:
        self._rows, self._listings, self._latest_version = rows, listings, latest_version
        self._looked_up = 0
        self._found = array("q")  # the hashes of those that were looked up and are known
        self._older = set[str]()  # of these: the orders that an older report listed last
        self._stored: int | None = None  # how many orders the account has; None as long as that does not matter
        self._all: AllLines | None = None

    def lines(self, importer: Importer, marketplace: str | None, *, may_skip: bool) -> KnownLines:
        """What decides which lines are known. `may_skip=False`: all are read, and remembered."""
        seed = f"{code()} {importer.name} {marketplace or ''}"
        return KnownLines(seed, self._among if may_skip else lambda hashes: frozenset())

    @property
    def are_most(self) -> bool:
        """Whether the report has most orders of the account, so that to read all in their order takes less time than to look its orders up."""
        return self._all is not None

    def _among(self, hashes: Mapping[str, int]) -> Set[str]:
        """The orders, of some with a hash, whose lines are known. What is gone is listed after all, so its lines are read."""
        if gone := self._listings.gone(Order):
            hashes = {order_id: lines_hash for order_id, lines_hash in hashes.items() if order_id not in gone}
        self._looked_up += len(hashes)
        if self._all is None and self._should_load_all():
            self._all = AllLines(self._rows.connection, self._rows.account_id, self._latest_version, self._found)
        return self._known(hashes) if self._all is None else self._all.among(hashes)

    def _should_load_all(self) -> bool:
        if self._looked_up < _FEWEST or not self._listings.is_newest:  # what a newer report lacks is looked for order by order
            return False
        if self._stored is None:
            self._stored = self._rows.count(shape_of(Order).table)
        return self._stored <= _MOST and self._looked_up * _SHARE > self._stored

    def _known(self, hashes: Mapping[str, int]) -> Set[str]:
        known = set[str]()
        for order_id, lines_hash, versions, listed in self._rows.stored_cells(shape_of(Order).table, "order_id", hashes, _COLUMNS):
            if hashes[order_id] == lines_hash and highest_version(versions) <= self._latest_version:
                known.add(order_id)
                self._found.append(lines_hash)
                if (listed or "") < self._listings.listed:
                    self._older.add(order_id)
        return known

    def add(self, known: Sequence[Known]) -> int:
        """Stores that this report lists orders, now or at its end, and returns how many lines they take up."""
        order_ids = self._older.intersection(chain.from_iterable(each.order_ids for each in known)) if self._older else set[str]()
        self._older -= order_ids
        self._rows.list_again(shape_of(Order), [{"order_id": each, "listed": self._listings.listed} for each in order_ids])
        for each in known:
            self._listings.widen(Order, each.outline)
        return sum(each.lines for each in known)

    def finish(self) -> None:
        """Stores what remains of that."""
        if self._all is not None:
            self._all.list_again(self._listings.listed)
