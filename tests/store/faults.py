"""Deliberate faults: the store's own code with one error in it, to check that a test notices."""

import inspect
from collections.abc import Mapping
from types import ModuleType
from typing import NamedTuple

import pytest

from sellerhealth.store import coverage, ingest, ingesting, markets, merge, merge_rows, rederive

_IMPORTING = (ingest, ingesting, merge_rows, rederive)  # the modules that import what is faulty


class Fault(NamedTuple):
    """A piece of a module's source, and the faulty piece that replaces it."""

    module: ModuleType
    right: str
    wrong: str


FAULTS: Mapping[str, Fault] = {
    "an older observation overwrites a newer one": Fault(merge, "version < known or ", ""),
    "the rank of a source is ignored": Fault(merge, " * RANKS + rank", " * RANKS"),
    "of two values with one version the last one wins": Fault(merge, "(version == known and value <= old)", "False"),
    "an empty cell overwrites a value": Fault(
        merge,
        "        if value is None or value == blank[name]:\n",
        "        if value is None or value == blank[name]:\n            row[name] = blank[name]\n",
    ),
    "a repeated confirmation counts": Fault(merge, "value < row[name]", "value > row[name]"),
    "a yes is taken back": Fault(merge, "or (value and not row[name])", "or True"),
    "a line of an order undoes the cancellation of another one": Fault(merge, "version[:_LENGTH] == known[:_LENGTH]", "False"),
    "the versions depend on the order": Fault(merge, "if version != highest", ""),
    "that an order was accepted is forgotten": Fault(merge_rows, 'values["seen_accepted"] = True', "pass"),
    "the instant of a row is ignored": Fault(merge_rows, "if observed_at is None else", "if True else"),
    "what waits for its order does not get it": Fault(rederive, "orders.keys() - stored.keys()", "set()"),
    "packages do not get a new promise": Fault(rederive, '"channel", "deliver_by", ', '"channel", '),
    "facts do not get the day of their order": Fault(rederive, ', "placed_on")', ")"),
    "an order does not get its packages": Fault(rederive, "of_parts - changed.keys())", "set())"),
    "an order forgets its packages": Fault(rederive, '(fact, "order_id", affected.keys())', '(fact, "order_id", set())'),
    "what comes after its order does not see it": Fault(rederive, "parents - orders.keys() - {None}", "set()"),
    "a message forgets its replies": Fault(rederive, ', (Reply, "thread_id")', ""),
    "a reply does not reach its conversation": Fault(rederive, '(Message, "thread_id"), ', ""),
    "a reply does not reach a message without a conversation": Fault(rederive, '(Message, "message_id"), ', ""),
    "a note stays when its reason is gone": Fault(
        ingest, "self._noted & notes.keys(), ", "{name for name in self._noted & notes.keys() if notes[name][1]}, "
    ),
    "a marketplace stays when its facts are gone": Fault(markets, "for marketplace in left:", "for marketplace in ():"),
    "coverage shrinks": Fault(coverage, "if known[kind] < through or known[kind] > latest]", "]"),
}


def commit(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets every import of this test run with the fault."""
    source = inspect.getsource(fault.module)
    assert source.count(fault.right) == 1, "The fault no longer fits the code: update the fault."
    faulty = vars(ModuleType(fault.module.__name__))
    exec(compile(source.replace(fault.right, fault.wrong), str(fault.module.__file__), "exec"), faulty)
    for module in _IMPORTING:
        for name, right in vars(module).items():
            if getattr(right, "__module__", None) == fault.module.__name__:
                monkeypatch.setattr(module, name, faulty[name])
