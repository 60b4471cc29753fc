"""Records: what it costs to make one, because an import of thousands of accounts makes thousands."""

import gc

from sellerhealth.testing import CLOCK
from tests.store.importing import batch_of


def test_a_record_of_an_import_leaves_no_garbage() -> None:
    assert batch_of(1, CLOCK).errors is not batch_of(1, CLOCK).errors
    while gc.collect():  # what others have left, which may leave something itself
        pass
    gc.disable()  # else a part of it may be collected before it is counted
    try:
        batch_of(1, CLOCK)
        assert gc.collect() == 0
    finally:
        gc.enable()
