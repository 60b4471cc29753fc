"""Facts that were stored by column are the same to the upkeep of rollups as those that were stored row by row."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sellerhealth.store.changes import ChangedColumns, ChangedRows

NAMES = ("order_id", "placed_on", "channel")
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, st.none() | st.integers(0, 3))), max_size=5)


@given(ROWS, st.lists(st.sampled_from(NAMES), min_size=1, max_size=3))
def test_columns_have_the_cells_of_new_rows(rows: list[dict[str, Any]], names: list[str]) -> None:
    columns = {name: [row[name] for row in rows] for name in NAMES}
    without_empty = {name: values for name, values in columns.items() if name == "order_id" or any(value is not None for value in values)}
    expected = list(ChangedRows((row, None) for row in rows).cells(*names))
    assert list(ChangedColumns(columns).cells(*names)) == expected
    assert list(ChangedColumns(without_empty).cells(*names)) == expected


def test_a_changed_row_has_its_cells_before() -> None:
    new, old = ({"order_id": "A", "placed_on": day, "channel": None} for day in (2, 1))
    assert list(ChangedRows([(new, old), (old, None)]).cells("placed_on")) == [((2,), (1,)), ((1,), None)]
    assert list(ChangedRows([(new, old)]).cells("order_id", "placed_on")) == [(("A", 2), ("A", 1))]
