"""Finds the objects of an API, such as its orders, in a stream of JSON, in any envelope. Of an object only the requested names are kept.

Every object in an envelope of the API, such as under a key `orders`, is found, and so is one that has the number of such an object and
one more of its names: alone, in a list, one to a line, or inside the messages of a data pipeline. Everything else is skipped without
being held in memory, so buyers and addresses are never read.

A name that an object has more than once is `Repeated`: a row that needs it is bad. The objects of an envelope that is there twice are all found.

Fast path: lines that are JSON by themselves, such as responses one to a line, are parsed as a whole, in a third of the time. The plain way is the parser of a stream,
for all from the first line that is not, or in which an object may have a name twice: of its values the fast path would keep the last. They differ in numbers of
more than 64 bits, which are none in a stream: `Column` refuses them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple, Protocol

import ijson  # type: ignore[import-untyped]  # it comes without types
import orjson

from sellerhealth.sources import BadFile, BadRow, Sample

Event = tuple[str, Any]

_ERROR = frozenset({"code"})  # the names that are read from an error
_ERROR_NAMES = frozenset({"message", "Message", "error", "errorDetails", "errorCode"})  # of an outermost object without any of ours
_STARTS = {"start_map": dict, "start_array": list}  # the events of values that have others in them
_MARK = b"\xef\xbb\xbf"
_SCHEMA = "$schema"  # a key of files that describe data; their examples are none
_LARGEST = 2**26  # bytes that one object may take up
_LINE = 2**18  # bytes of a line that is parsed as a whole: a response with a hundred orders
_WIDE = 2**14  # bytes of a line for each of its objects


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
        start = sample.start.removeprefix(_MARK).lstrip()
        if start[:1] not in (b"{", b"[") or _has_key(start, _SCHEMA) or any(_has_key(start, other) for other in self.others):
            return False
        if any(_has_key(start, name, b"[\\[{]") for name in self.envelopes):
            return True
        return _has_key(start, self.number) and any(_has_key(start, name) for name in self.signs)


def _has_key(start: bytes, name: str, value: bytes = b"") -> bool:
    return re.search(b'"' + re.escape(name).encode() + rb'"\s*:\s*' + value, start) is not None


class Found(NamedTuple):
    """An object, or another value where one is expected: the line on which it begins, its names with their values, and its envelope.

    Objects in it may have names that were not requested: see `only`.
    """

    line: int
    value: Any
    envelope: str | None


class Repeated(list[Any]):
    """The values of a name that an object has more than once. Which of them counts is not known, so none is read."""

    def error(self, line: int, path: str) -> BadRow:
        """Why it cannot be read."""
        return BadRow(line, path, None, "one value, but its object has this name more than once: keep the right one")


class _ByLine:
    """A stream that is read line by line at most, so that the line of each value is known."""

    def __init__(self, stream: BinaryIO, noun: str) -> None:
        self._stream, self._noun, self._ended, self._held = stream, noun, True, b""
        self.line = 0  # the line that was read last
        self.since_object = 0  # bytes read since the last object

    def read(self, size: int) -> bytes:
        if size <= 0:  # ijson first requests nothing, to see whether it gets bytes
            return b""
        if self._held:
            piece, self._held = self._held[:size], self._held[size:]
        else:
            piece = self._stream.readline(size)
        if self.line == 0:
            piece = piece.removeprefix(_MARK)
        self.line += self._ended
        self._ended = piece.endswith(b"\n")
        self.since_object += len(piece)
        if self.since_object > _LARGEST:
            raise BadFile(f"The file has no {self._noun} within {_LARGEST // 2**20} MB: see line {self.line}.")
        return piece

    def whole_values(self) -> Iterator[Any]:
        """The values of lines that are JSON by themselves, and None of a blank line. What is not, or a blank first line, is then read again.

        So is a line in which an object may have a name twice.
        """
        while line := self._stream.readline(_LINE):
            self._held = line
            try:
                value = None if self.line and line.isspace() else orjson.loads(line if self.line else line.removeprefix(_MARK))
                if value is not None and _may_repeat(line, value):
                    return
            except (orjson.JSONDecodeError, orjson.JSONEncodeError):
                return
            self.read(len(line))
            yield value

    @property
    def is_at_end(self) -> bool:
        """Whether `whole_values` has read all, and there was anything."""
        return self.line > 0 and not self._held


def _may_repeat(line: bytes, value: Any) -> bool:
    """Whether an object in a line may have a name more than once. Raises JSONEncodeError if its values are too deep inside each other.

    Each name has a colon, and so has its value in Python if it was kept. All others are in texts, where a line can have them escaped. To write the value takes a
    quarter of the time of parsing it.
    """
    colons = line.count(b":")
    if b"\\" in line and b"\\u003" in line:  # the first is found, or not, in a fraction of the time
        colons += line.count(b"\\u003a") + line.count(b"\\u003A")
    return colons != orjson.dumps(value).count(b":")


def find_objects(stream: BinaryIO, api: Api, names: Set[str] | None) -> Iterator[Found]:
    """Every object with the line on which it begins. `names` is all that is kept of one; None keeps everything.

    BadFile when the stream is not JSON, ends early, holds an error response, is of another API, or holds neither an object of this one
    nor an empty list of them.
    """
    text = _ByLine(stream, api.noun)
    search = _Search(text, api, names)
    try:
        for source, value in _values(text):
            objects: Iterable[Found] = search.objects(source, value, None, depth=0)
            for found in search.slim(list(objects)) if source is _WHOLE else objects:
                text.since_object = 0
                yield found
    except (ijson.JSONError, RecursionError) as broken:  # ijson's own message may quote an address
        raise BadFile(f"The file is not JSON, or ends before its end: see line {text.line}.") from broken
    if search.errors:
        raise BadFile(f"The file holds an error response of Amazon's API ({', '.join(sorted(search.errors))}): request it again.")
    if not search.has_objects:
        raise BadFile(f"The file is JSON, but holds no {api.noun} and no empty list of {api.noun}s.")


def only(value: Any, names: Set[str]) -> Any:
    """A value of which all objects have the requested names only."""
    if isinstance(value, dict):
        return {name: only(inner, names) for name, inner in value.items() if name in names}
    return [only(each, names) for each in value] if isinstance(value, list) else value


def _values(text: _ByLine) -> "Iterator[tuple[_Source, Any]]":
    """All values of a stream, with what they are read from."""
    for value in text.whole_values():
        yield _WHOLE, value
    if text.is_at_end:
        return
    events: Iterator[Event] = ijson.basic_parse(text, multiple_values=True, use_float=True)
    streamed = _Streamed(events)
    for event in events:
        yield streamed, event


class _Source(Protocol):
    """What values are read from. Each value is taken, skipped or gone through, and then the next one."""

    def kind(self, value: Any) -> type | None:
        """`dict`, `list`, or None of any other value."""

    def members(self, value: Any) -> Iterable[tuple[str, Any]]:
        """The names of an object with their values."""

    def elements(self, value: Any) -> Iterable[Any]:
        """The values of a list."""

    def take(self, value: Any, names: Set[str] | None) -> Any:
        """The value in Python. Other names of its objects than these may be missing."""

    def skip(self, value: Any) -> None:
        """Leaves the value out."""


class _Whole:
    """Values that were parsed as a whole."""

    def kind(self, value: Any) -> type | None:
        return type(value) if isinstance(value, dict | list) else None

    def members(self, value: Any) -> Iterable[tuple[str, Any]]:
        items: Iterable[tuple[str, Any]] = value.items()
        return items

    def elements(self, value: Any) -> Iterable[Any]:
        elements: Iterable[Any] = value
        return elements

    def take(self, value: Any, names: Set[str] | None) -> Any:
        return value  # not `only`, which takes as long as all the rest

    def skip(self, value: Any) -> None:
        pass


_WHOLE = _Whole()


class _Streamed:
    """Values that are parsed while they are read: each is the event with which it begins."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events

    def kind(self, value: Event) -> type | None:
        return _STARTS.get(value[0])

    def members(self, value: Event) -> Iterable[tuple[str, Event]]:
        events = self._events
        return ((key, next(events)) for _, key in iter(events.__next__, ("end_map", None)))

    def elements(self, value: Event) -> Iterable[Event]:
        return iter(self._events.__next__, ("end_array", None))

    def take(self, value: Event, names: Set[str] | None) -> Any:
        return _value(*value, self._events, names)

    def skip(self, value: Event) -> None:
        _skip(value[0], self._events)


class _Search:
    """Goes through the values of a stream.

    `errors`: the codes of error responses so far. `has_objects`: whether there was an object or a list of them.
    """

    def __init__(self, text: _ByLine, api: Api, names: Set[str] | None) -> None:
        self._text, self._api = text, api
        self._names = None if names is None else names | api.signs | {api.number}
        self.errors: set[str] = set()
        self.has_objects = False

    def objects(self, source: _Source, value: Any, name: str | None, depth: int) -> Iterator[Found]:
        """The objects in a value. `name` is its key, or that of the list that contains it."""
        kind = source.kind(value)
        if kind is list:
            self.has_objects = self.has_objects or name in self._api.envelopes
            for each in source.elements(value):
                if name in self._api.envelopes and source.kind(each) is None:
                    yield Found(self._text.line, source.take(each, None), name)
                else:
                    yield from self.objects(source, each, name, depth)
        elif kind is dict:
            yield from self._in_object(source, value, name, depth)

    def slim(self, found: Sequence[Found]) -> Sequence[Found]:
        """The objects of a line; if it is wide without what is not requested, which would take up much memory in many of them."""
        if self._names is None or self._text.since_object <= _WIDE * len(found):
            return found
        return [each._replace(value=only(each.value, self._names)) for each in found]

    def _in_object(self, source: _Source, value: Any, name: str | None, depth: int) -> Iterator[Found]:
        kept: dict[str, Any] = {}
        line, is_ours = self._text.line, name in self._api.envelopes
        has_objects, signs_of_error = False, set()
        for key, inner in source.members(value):
            if key in self._api.others:
                raise BadFile(f"The file is {self._api.others[key]}.")
            if is_ours if self._names is None else key in self._names:
                taken = source.take(inner, self._names)
                kept[key] = taken if key not in kept else _both(kept[key], taken)
            elif is_ours or self._api.number in kept or not self._api.signs.isdisjoint(kept):
                source.skip(inner)
            elif key == "errors":
                self._note_errors(source.take(inner, _ERROR))
            else:
                signs_of_error |= {key} & _ERROR_NAMES
                has_objects = has_objects or (key in self._api.envelopes and source.kind(inner) is list)
                for found in self.objects(source, inner, key, depth + 1):
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
        kept: dict[str, Any] = {}
        for inner, key in events:
            if inner == "end_map":
                break
            event, value = next(events)
            if names is None or key in names:
                # Most values are plain: to call for each takes half of the time of reading.
                taken = _value(event, value, events, names) if event in _STARTS else value
                kept[key] = taken if key not in kept else _both(kept[key], taken)
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


def _both(before: Any, value: Any) -> Repeated:
    """The values of a name that an object has again."""
    return Repeated([*(before if isinstance(before, Repeated) else [before]), value])


def _skip(event: str, events: Iterator[Event]) -> None:
    depth = 0
    while True:
        depth += event.startswith("start_")
        depth -= event.startswith("end_")
        if depth == 0:
            return
        event, _ = next(events)
