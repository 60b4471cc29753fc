"""Deliberate faults: the store's own code with one thing wrong in it, to see that a test notices."""

import inspect
from collections.abc import Mapping
from types import ModuleType
from typing import NamedTuple

import pytest

from sellerhealth.store import ingest, merge


class Fault(NamedTuple):
    """What stands in a module of the store, and what stands there instead when it is wrong."""

    module: ModuleType
    right: str
    wrong: str


FAULTS: Mapping[str, Fault] = {
    "an older telling undoes a newer one": Fault(merge, "version < known or ", ""),
    "the rank of a source is forgotten": Fault(merge, " * RANKS + rank", " * RANKS"),
    "of two of one version the last to come stays": Fault(merge, "(version == known and value <= old)", "False"),
    "silence erases": Fault(
        merge,
        "        if value is None or value == blank[name]:\n",
        "        if value is None or value == blank[name]:\n            row[name] = blank[name]\n",
    ),
    "a repeated confirmation counts": Fault(merge, "value < row[name]", "value > row[name]"),
    "a yes is taken back": Fault(merge, "or (value and not row[name])", "or True"),
    "the versions depend on who came first": Fault(merge, "if version != highest", ""),
    "that an order was accepted is forgotten": Fault(ingest, 'values["seen_accepted"] = True', "pass"),
    "the instant of a row is overlooked": Fault(ingest, "if observed_at is None else", "if True else"),
    "what waits for its order is not told of it": Fault(ingest, "orders.keys() - before.keys()", "set()"),
    "a new promise is kept from packages": Fault(ingest, '"channel", "deliver_by")', '"channel")'),
    "an order does not hear of its packages": Fault(ingest, "through - told.keys())", "set())"),
    "an order forgets its packages": Fault(ingest, '(fact, "order_id", affected.keys())', '(fact, "order_id", set())'),
    "what comes after its order does not see it": Fault(ingest, "parents - orders.keys() - {None}", "set()"),
    "a message forgets its replies": Fault(ingest, ', (Reply, "thread_id")', ""),
    "a reply does not reach its conversation": Fault(ingest, '(Message, "thread_id"), ', ""),
    "a reply does not reach a message by itself": Fault(ingest, '(Message, "message_id"), ', ""),
    "a note stays when its reason is gone": Fault(
        ingest, "self._noted & notes.keys())", "{name for name in self._noted & notes.keys() if notes[name][1]})"
    ),
    "a marketplace stays when its facts are gone": Fault(ingest, "for marketplace in left:", "for marketplace in ():"),
    "coverage shrinks": Fault(ingest, "if known[kind] < through]", "]"),
}


def commit(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets every import of this test run with the fault."""
    source = inspect.getsource(fault.module)
    assert source.count(fault.right) == 1, "The fault no longer fits the code: mend the fault."
    faulty = vars(ModuleType(fault.module.__name__))
    exec(compile(source.replace(fault.right, fault.wrong), str(fault.module.__file__), "exec"), faulty)
    for name, right in vars(ingest).items():
        if getattr(right, "__module__", None) == fault.module.__name__:
            monkeypatch.setattr(ingest, name, faulty[name])
