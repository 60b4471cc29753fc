"""Finds the elements of a name in a stream of XML, each with the line on which it begins. A document type is refused, with its entities."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from sellerhealth.sources import BadFile, Column

_CHUNK = 2**16  # bytes
_LARGEST = 2**24  # bytes that one element may take up
_DEEPEST = 50  # elements inside each other
_REJECTED = "rejected"  # the outermost element of a file of rejected rows
# What is above the outermost element of a report, at the start of a file.
PROLOG = rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<rejected>\s*<row[^>]*>\s*)?"


@dataclass
class Element:
    """An element: its name without a prefix, the line on which it begins, its own text, and what is in it."""

    name: str
    line: int
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def child(self, name: str) -> "Element | None":
        """The first child with a name."""
        return next((each for each in self.children if each.name == name), None)


def text_of(element: Element) -> str:
    """An element as XML, without its attributes."""
    content = "".join(map(text_of, element.children)) or element.text.strip()
    return f"<{element.name}>{content.replace('&', '&amp;').replace('<', '&lt;') if not element.children else content}</{element.name}>"


def example(name: str, fields: Sequence[Column], *children: str) -> str:
    """An element as XML with the examples of its fields, by their paths, and other elements behind them."""
    root = Element(name, 0)
    for field_ in fields:
        element = root
        for step in field_.name.split(".") if field_.example else ():
            inner = element.child(step)
            if inner is None:
                inner = Element(step, 0)
                element.children.append(inner)
            element = inner
        if element is not root:
            element.text = field_.example
    content = "\n".join([*map(text_of, root.children), *children])
    return f"<{name}>\n{content}\n</{name}>"


class _Builder:
    """Builds elements while a parser reads: the outermost one by its name alone, and each of a name as a whole."""

    def __init__(self, name: str) -> None:
        self.parser, self._name = expat.ParserCreate(), name
        self.outermost: str | None = None
        self.complete: list[Element] = []
        self._inside: list[Element] = []  # from the element of that name on
        self._depth = 0
        self.parser.buffer_text = True
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end
        self.parser.CharacterDataHandler, self.parser.StartDoctypeDeclHandler = self._add, self._refuse

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = Element(name.rpartition(":")[2], self.parser.CurrentLineNumber)
        self.outermost = self.outermost or element.name
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadFile(f"The file has more than {_DEEPEST} elements inside each other: see line {element.line}.")
        if self._inside:
            self._inside[-1].children.append(element)
        if self._inside or element.name == self._name:
            self._inside.append(element)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._inside:
            element = self._inside.pop()
            if not self._inside:
                self.complete.append(element)

    def _add(self, text: str) -> None:
        if self._inside:
            self._inside[-1].text += text

    @staticmethod
    def _refuse(*arguments: object) -> None:
        raise BadFile("The file has a document type, which no report has.")


def find_elements(stream: BinaryIO, name: str, envelope: str) -> Iterator[Element]:
    """Each element of a name, in an envelope or alone. BadFile for anything but well-formed XML of one of the two without a document type."""
    builder, since_element = _Builder(name), 0
    chunk = stream.read(_CHUNK).removeprefix(b"\xef\xbb\xbf").lstrip()
    while True:
        try:
            builder.parser.Parse(chunk, not chunk)
        except expat.ExpatError as broken:
            raise BadFile(f"The file is not XML, or ends before its end: see line {broken.lineno}.") from broken
        if builder.outermost not in (None, name, envelope, _REJECTED):
            raise BadFile(f"The file is XML without {envelope}: see line 1.")
        since_element = 0 if builder.complete else since_element + len(chunk)
        if since_element > _LARGEST:
            raise BadFile(f"The file has no {name} within {_LARGEST // 2**20} MB.")
        yield from builder.complete
        builder.complete.clear()
        if not chunk:
            return
        chunk = stream.read(_CHUNK)
