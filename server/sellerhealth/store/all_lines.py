"""The hashes of the lines of all orders of an account, in memory: at most 36 bytes each.

Of a report with most of them this takes a fifth of the time of looking each up: orders are stored by their numbers, and stand in files by
their time, so neighbours of a file are all over the store. What the report lists is stored at its end, in the order of the store.
"""

import json
from array import array
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cache
from typing import Any

import sqlalchemy as sa

from sellerhealth.facts import Order

_ORDERS: sa.Table = Order.__table__
_ROWS = 10_000  # that are fetched at once
_NONE = 0  # stands in a place without a hash: lines with this one are read each time


class AllLines:
    """Those of one account, and which of them stand in the report.

    A hash stands for its order, whose number is one of the cells that it is made of. They are in a hash table with open addressing: each at the place
    that its last bits name, or at the next one that was free. A set of Python takes three times the memory.
    """

    def __init__(self, connection: sa.Connection, account_id: int, latest_version: str, listed: Iterable[int]) -> None:
        """`latest_version`: of an order with a later one every line is read. `listed`: hashes of lines that stand in the report."""
        self._connection = connection
        self._parameters = {"of_account": account_id, "latest": latest_version}
        hashes = self._load()
        self._mask = 2 ** (2 * len(hashes)).bit_length() - 1
        self._hashes = array("q", bytes(8 * (self._mask + 1)))
        self._is_listed = bytearray(self._mask + 1)
        held, mask = self._hashes, self._mask
        for lines_hash in hashes:
            at = lines_hash & mask
            while held[at]:
                at = (at + 1) & mask
            held[at] = lines_hash
        self.among({str(number): lines_hash for number, lines_hash in enumerate(listed)})

    def _load(self) -> Sequence[int]:
        found, cursor = array("q"), self._connection.execute(_HASHES, self._parameters).cursor
        while cursor is not None and (rows := cursor.fetchmany(_ROWS)):
            found.extend([lines_hash for (lines_hash,) in rows])
        return found

    def among(self, hashes: Mapping[str, int]) -> Set[str]:
        """The orders, of some with a hash, of which the lines are stored. They stand in the report."""
        held, is_listed, mask = self._hashes, self._is_listed, self._mask
        known = set[str]()
        for order_id, lines_hash in hashes.items():
            at = lines_hash & mask
            while (found := held[at]) != lines_hash and found:
                at = (at + 1) & mask
            if found:
                known.add(order_id)
                is_listed[at] = True
        return known

    def list_again(self, listed: str) -> None:
        """Stores that the report lists the orders that stand in it, unless a newer one does."""
        others = [lines_hash for lines_hash, is_listed in zip(self._hashes, self._is_listed, strict=True) if lines_hash and not is_listed]
        dialect = self._connection.dialect.name
        self._connection.execute(
            _list_again(dialect, has_others=bool(others)),
            {**self._parameters, "listed": listed, **({"others": _bound(dialect, others)} if others else {})},
        )


_HIGHEST_VERSION = sa.func.substr(_ORDERS.c.versions, sa.case((_ORDERS.c.versions >= "{", 7), else_=1))  # see `merge.highest_version`
_MAY_BE_KNOWN = (
    _ORDERS.c.account_id == sa.bindparam("of_account"),
    _ORDERS.c.lines_hash != _NONE,
    sa.bindparam("latest") >= _HIGHEST_VERSION,
)
_HASHES = sa.select(_ORDERS.c.lines_hash).where(*_MAY_BE_KNOWN)


@cache
def _list_again(dialect: str, *, has_others: bool) -> sa.Update:
    """The statement for all orders of the account but those with the hashes of `others`."""
    older = sa.func.coalesce(_ORDERS.c.listed, "") < sa.bindparam("listed")
    statement = sa.update(_ORDERS).where(*_MAY_BE_KNOWN, older).values(listed=sa.bindparam("listed"))
    if not has_others:
        return statement
    if dialect == "postgresql":
        # As a query the array is no constant: of one with 300,000 hashes PostgreSQL makes no hash table, but reads it again for each order.
        array = sa.select(sa.bindparam("others", type_=sa.ARRAY(sa.BigInteger))).scalar_subquery()
        others: Any = sa.select(sa.func.unnest(array))
    else:
        others = sa.select(sa.func.json_each(sa.bindparam("others", type_=sa.Text)).table_valued("value").c.value)
    return statement.where(_ORDERS.c.lines_hash.not_in(others))


def _bound(dialect: str, hashes: Sequence[int]) -> object:
    return hashes if dialect == "postgresql" else json.dumps(hashes)
