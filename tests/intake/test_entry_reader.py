"""Entries are taken by their lines, so that a chunk takes as much memory whether its lines are read or known: of those there are more."""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sellerhealth.facts import Order
from sellerhealth.importers.flat_orders import IMPORTERS
from sellerhealth.intake.entry_reader import EntryReader
from sellerhealth.plugins.discover import BUILT_IN_DISTRIBUTION
from sellerhealth.plugins.plugin import Origin
from sellerhealth.sources import Entry, FileContext, Known, Row
from tests.support.importers import NOW


def entries(*_: Any) -> Iterator[Entry]:
    for number in range(4):
        yield Known(10 * number + 1, [str(number)], {}, 45, lambda: iter(()))
    for number in range(25):
        yield Row(Order, {"order_id": f"other-{number}"}, NOW, 41 + number)


def test_known_lines_count_as_fewer_lines_of_a_chunk() -> None:
    origin = Origin("orders", BUILT_IN_DISTRIBUTION, "1")
    reader = EntryReader(replace(IMPORTERS[0], read=entries), origin, io.BytesIO(), FileContext(NOW), "file")
    chunks = iter(lambda: reader.take(20), [])
    assert [(len(chunk), sum(entry.lines for entry in chunk)) for chunk in chunks] == [(2, 90), (2, 90), (20, 20), (5, 5)]
