"""Finds the objects of an API, such as its orders, in a stream of JSON, in any envelope. Of an object only the requested names are kept.

Every object in an envelope of the API, such as under a key `orders`, is found, and so is one that has the number of such an object and
one more of its names: alone, in a list, one to a line, or inside the messages of a data pipeline. Everything else is skipped without
being held in memory, so buyers and addresses are never read.
"""

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

import ijson  # type: ignore[import-untyped]  # it comes without types

from sellerhealth.sources import BadFile, Sample

Event = tuple[str, Any]

_ERROR = frozenset({"code"})  # the names that are read from an error
_ERROR_NAMES = frozenset({"message", "Message", "error", "errorDetails", "errorCode"})  # of an outermost object without any of ours
_STARTS = frozenset({"start_map", "start_array"})  # the events of values that have others in them
_SCHEMA = "$schema"  # a key of files that describe data; their examples are none
_LARGEST = 2**26  # bytes that one object may take up


@dataclass(frozen=True)
class Api:
    """What the objects of an API look like in its responses.

    `number` is the name of an object's number, `signs` are names that it has beside it. `envelopes` are the keys of an object, or of a list
    of them. A stream with a name in `others` is of another API: its value says of which. `noun` is what messages call an object.
    """

    number: str
    signs: frozenset[str]
    envelopes: frozenset[str]
    others: Mapping[str, str] = field(default_factory=dict)
    noun: str = "order"

    def has_objects(self, sample: Sample) -> bool:
        """Whether the start of a file is JSON with an object of this API, or with a list of them."""
        start = sample.start.removeprefix(b"\xef\xbb\xbf").lstrip()
        if start[:1] not in (b"{", b"[") or _has_key(start, _SCHEMA) or any(_has_key(start, other) for other in self.others):
            return False
        if any(_has_key(start, name, b"[\\[{]") for name in self.envelopes):
            return True
        return _has_key(start, self.number) and any(_has_key(start, name) for name in self.signs)


def _has_key(start: bytes, name: str, value: bytes = b"") -> bool:
    return re.search(b'"' + re.escape(name).encode() + rb'"\s*:\s*' + value, start) is not None


class Found(NamedTuple):
    """An object, or another value where one is expected: the line on which it begins, its names with their values, and its envelope."""

    line: int
    value: Any
    envelope: str | None


class _ByLine:
    """A stream that is read line by line at most, so that the line of each value is known."""

    def __init__(self, stream: BinaryIO, noun: str) -> None:
        self._stream, self._noun, self._ended = stream, noun, True
        self.line = 0  # the line that was read last
        self.since_object = 0  # bytes read since the last object

    def read(self, size: int) -> bytes:
        piece = self._stream.readline(size)
        if size > 0:  # ijson first requests nothing, to see whether it gets bytes
            piece = piece.removeprefix(b"\xef\xbb\xbf") if self.line == 0 else piece
            self.line += self._ended
            self._ended = piece.endswith(b"\n")
            self.since_object += len(piece)
            if self.since_object > _LARGEST:
                raise BadFile(f"The file has no {self._noun} within {_LARGEST // 2**20} MB: see line {self.line}.")
        return piece


def find_objects(stream: BinaryIO, api: Api, names: Set[str] | None) -> Iterator[Found]:
    """Every object with the line on which it begins. `names` is all that is kept of one; None keeps everything.

    BadFile when the stream is not JSON, ends early, holds an error response, is of another API, or holds neither an object of this one
    nor an empty list of them.
    """
    text = _ByLine(stream, api.noun)
    search = _Search(text, api, names)
    try:
        events: Iterator[Event] = ijson.basic_parse(text, multiple_values=True, use_float=True)
        for event, value in events:
            for found in search.objects(event, value, events, None, depth=0):
                text.since_object = 0
                yield found
    except (ijson.JSONError, RecursionError) as broken:  # ijson's own message may quote an address
        raise BadFile(f"The file is not JSON, or ends before its end: see line {text.line}.") from broken
    if search.errors:
        raise BadFile(f"The file holds an error response of Amazon's API ({', '.join(sorted(search.errors))}): request it again.")
    if not search.has_objects:
        raise BadFile(f"The file is JSON, but holds no {api.noun} and no empty list of {api.noun}s.")


class _Search:
    """Goes through the events of a stream.

    `errors`: the codes of error responses so far. `has_objects`: whether there was an object or a list of them.
    """

    def __init__(self, text: _ByLine, api: Api, names: Set[str] | None) -> None:
        self._text, self._api = text, api
        self._names = None if names is None else names | api.signs | {api.number}
        self.errors: set[str] = set()
        self.has_objects = False

    def objects(self, event: str, value: Any, events: Iterator[Event], name: str | None, depth: int) -> Iterator[Found]:
        """The objects in the value that begins with an event. `name` is the key of the value, or of the list that contains it."""
        if event == "start_array":
            self.has_objects = self.has_objects or name in self._api.envelopes
            for inner, value in iter(lambda: next(events), ("end_array", None)):
                if name in self._api.envelopes and not inner.startswith("start_"):
                    yield Found(self._text.line, value, name)
                else:
                    yield from self.objects(inner, value, events, name, depth)
        elif event == "start_map":
            yield from self._in_object(events, name, depth)

    def _in_object(self, events: Iterator[Event], name: str | None, depth: int) -> Iterator[Found]:
        line, kept, is_ours = self._text.line, {}, name in self._api.envelopes
        has_objects, signs_of_error = False, set()
        for inner, key in events:
            if inner == "end_map":
                break
            event, value = next(events)
            if key in self._api.others:
                raise BadFile(f"The file is {self._api.others[key]}.")
            if is_ours if self._names is None else key in self._names:
                kept[key] = _value(event, value, events, self._names)
            elif is_ours or self._api.number in kept or not self._api.signs.isdisjoint(kept):
                _skip(event, events)
            elif key == "errors":
                self._note_errors(_value(event, value, events, _ERROR))
            else:
                signs_of_error |= {key} & _ERROR_NAMES
                has_objects = has_objects or (key in self._api.envelopes and event == "start_array")
                for found in self.objects(event, value, events, key, depth + 1):
                    has_objects = True
                    yield found
        if is_ours or (kept.get(self._api.number) is not None and not self._api.signs.isdisjoint(kept)):
            self.has_objects = True
            yield Found(line, kept, name if is_ours else None)
        elif depth == 0 and signs_of_error and not has_objects:
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
        for inner, key in events:
            if inner == "end_map":
                break
            event, value = next(events)
            if names is None or key in names:
                # Most values are plain: to call for each takes half of the time of reading.
                kept[key] = _value(event, value, events, names) if event in _STARTS else value
            elif event in _STARTS:
                _skip(event, events)
        return kept
    if event == "start_array":
        listed = []
        for inner, each in events:
            if inner == "end_array":
                break
            listed.append(_value(inner, each, events, names) if inner in _STARTS else each)
        return listed
    return value


def _skip(event: str, events: Iterator[Event]) -> None:
    depth = 0
    while True:
        depth += event.startswith("start_")
        depth -= event.startswith("end_")
        if depth == 0:
            return
        event, _ = next(events)
