"""Finds the orders of an API in a stream of JSON, in any envelope. Of an order only the requested names are kept.

Every object in an envelope of the API, such as under a key `orders`, is an order, and so is one that has an order's number and one
more name of an order: alone, in a list, one to a line, or inside the messages of a data pipeline. Everything else is skipped without
being held in memory, so buyers and addresses are never read.
"""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

import ijson  # type: ignore[import-untyped]  # it comes without types

from sellerhealth.sources import BadFile, Sample

Event = tuple[str, Any]

_ERROR = frozenset({"code"})  # the names that are read from an error
_ERROR_NAMES = frozenset({"message", "Message", "error", "errorDetails", "errorCode"})  # of an outermost object without orders
_LARGEST = 2**26  # bytes that one order may take up


@dataclass(frozen=True)
class Api:
    """What orders look like in the responses of an API.

    `number` is the name of an order's number, `signs` are names that an order has beside it. `envelopes` are the keys of an order, or of
    a list of orders. A stream with the name `other` is of another API: `refusal` says what to do. `noun` is what messages call an order.
    """

    number: str
    signs: frozenset[str]
    envelopes: frozenset[str]
    other: str | None = None
    refusal: str = ""
    noun: str = "order"

    def has_orders(self, sample: Sample) -> bool:
        """Whether the start of a file is JSON with an order of this API, or with a list of orders."""
        start = sample.start.removeprefix(b"\xef\xbb\xbf").lstrip()
        if start[:1] not in (b"{", b"[") or (self.other and _has_key(start, self.other)):
            return False
        if any(_has_key(start, name, b"[\\[{]") for name in self.envelopes):
            return True
        return _has_key(start, self.number) and any(_has_key(start, name) for name in self.signs)


def _has_key(start: bytes, name: str, value: bytes = b"") -> bool:
    return re.search(b'"' + name.encode() + rb'"\s*:\s*' + value, start) is not None


class JsonOrder(NamedTuple):
    """An order, or another value where an order is expected: the line on which it begins, and its names with their values."""

    line: int
    order: Any


class _ByLine:
    """A stream that is read line by line at most, so that the line of each value is known."""

    def __init__(self, stream: BinaryIO, noun: str) -> None:
        self._stream, self._noun, self._ended = stream, noun, True
        self.line = 0  # the line that was read last
        self.since_order = 0  # bytes read since the last order

    def read(self, size: int) -> bytes:
        piece = self._stream.readline(size)
        if size > 0:  # ijson first requests nothing, to see whether it gets bytes
            piece = piece.removeprefix(b"\xef\xbb\xbf") if self.line == 0 else piece
            self.line += self._ended
            self._ended = piece.endswith(b"\n")
            self.since_order += len(piece)
            if self.since_order > _LARGEST:
                raise BadFile(f"The file has no {self._noun} within {_LARGEST // 2**20} MB: see line {self.line}.")
        return piece


def find_orders(stream: BinaryIO, api: Api, names: Set[str] | None) -> Iterator[JsonOrder]:
    """Every order with the line on which it begins. `names` is all that is kept of one; None keeps everything.

    BadFile when the stream is not JSON, ends early, holds an error response, is of another API, or holds neither an order nor
    an empty list of orders.
    """
    text = _ByLine(stream, api.noun)
    search = _Search(text, api, names)
    try:
        events: Iterator[Event] = ijson.basic_parse(text, multiple_values=True, use_float=True)
        for event, value in events:
            for order in search.orders(event, value, events, None, depth=0):
                text.since_order = 0
                yield order
    except (ijson.JSONError, RecursionError) as broken:  # ijson's own message may quote an address
        raise BadFile(f"The file is not JSON, or ends before its end: see line {text.line}.") from broken
    if search.errors:
        raise BadFile(f"The file holds an error response of Amazon's API ({', '.join(sorted(search.errors))}): request it again.")
    if not search.has_orders:
        raise BadFile(f"The file is JSON, but holds no {api.noun} and no empty list of {api.noun}s.")


class _Search:
    """Goes through the events of a stream.

    `errors`: the codes of error responses so far. `has_orders`: whether there was an order or a list of orders.
    """

    def __init__(self, text: _ByLine, api: Api, names: Set[str] | None) -> None:
        self._text, self._api = text, api
        self._names = None if names is None else names | api.signs | {api.number}
        self.errors: set[str] = set()
        self.has_orders = False

    def orders(self, event: str, value: Any, events: Iterator[Event], name: str | None, depth: int) -> Iterator[JsonOrder]:
        """The orders in the value that begins with an event. `name` is the key of the value, or of the list that contains it."""
        if event == "start_array":
            self.has_orders = self.has_orders or name in self._api.envelopes
            for inner, value in iter(lambda: next(events), ("end_array", None)):
                if name in self._api.envelopes and not inner.startswith("start_"):
                    yield JsonOrder(self._text.line, value)
                else:
                    yield from self.orders(inner, value, events, name, depth)
        elif event == "start_map":
            yield from self._in_object(events, name, depth)

    def _in_object(self, events: Iterator[Event], name: str | None, depth: int) -> Iterator[JsonOrder]:
        line, kept, is_order = self._text.line, {}, name in self._api.envelopes
        has_orders, signs_of_error = False, set()
        for _, key in iter(lambda: next(events), ("end_map", None)):
            event, value = next(events)
            if key == self._api.other:
                raise BadFile(self._api.refusal)
            if is_order if self._names is None else key in self._names:
                kept[key] = _value(event, value, events, self._names)
            elif is_order or self._api.number in kept or not self._api.signs.isdisjoint(kept):
                _skip(event, events)
            elif key == "errors":
                self._note_errors(_value(event, value, events, _ERROR))
            else:
                signs_of_error |= {key} & _ERROR_NAMES
                has_orders = has_orders or (key in self._api.envelopes and event == "start_array")
                for order in self.orders(event, value, events, key, depth + 1):
                    has_orders = True
                    yield order
        if is_order or (kept.get(self._api.number) is not None and not self._api.signs.isdisjoint(kept)):
            self.has_orders = True
            yield JsonOrder(line, kept)
        elif depth == 0 and signs_of_error and not has_orders:
            self.errors.add("without a code")

    def _note_errors(self, errors: Any) -> None:
        for error in errors if isinstance(errors, list) else [errors]:
            if error is not None:
                code = error.get("code") if isinstance(error, dict) else None
                self.errors.add(code[:60] if isinstance(code, str) else "without a code")


def _value(event: str, value: Any, events: Iterator[Event], names: Set[str] | None) -> Any:
    """The value that begins with an event. Of objects only the requested names are kept, if there are any."""
    if event == "start_map":
        kept = {}
        for _, key in iter(lambda: next(events), ("end_map", None)):
            event, value = next(events)
            if names is None or key in names:
                kept[key] = _value(event, value, events, names)
            else:
                _skip(event, events)
        return kept
    if event == "start_array":
        return [_value(event, value, events, names) for event, value in iter(lambda: next(events), ("end_array", None))]
    return value


def _skip(event: str, events: Iterator[Event]) -> None:
    depth = 0
    while True:
        depth += event.startswith("start_")
        depth -= event.startswith("end_")
        if depth == 0:
            return
        event, _ = next(events)
