"""Formats SQL for people: what fits stays on one line, the rest is broken at clauses and conditions and indented."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

WIDTH = 100  # of a line, if it can be broken at all
INDENT = 2

_TOKEN = re.compile(r"""(\s*)('(?:[^']|'')*'|"(?:[^"]|"")*"|[(),]|[^\s(),'"]+)""")
# Keywords that begin a line, and how far they are indented within their clause. AND binds more closely than OR, hence the depth.
_CLAUSES = ("SELECT", "FROM", "WHERE", "GROUP", "UNION", "WITH")
_DEPTH = {**dict.fromkeys(_CLAUSES, 0), "CASE": 0, "END": 0, "OR": 1, "WHEN": 1, "ELSE": 1, "AND": 2}


@dataclass(frozen=True)
class _Group:
    """A parenthesised part of the statement."""

    parts: "tuple[_Part, ...]"


@dataclass(frozen=True)
class _Part:
    """A token or a group, and whether there is a space before it."""

    content: str | _Group
    spaced: bool


def format_sql(sql: str) -> str:
    """The same statement with new line breaks, without redundant parentheses around EXISTS."""
    tokens = iter((bool(space), token) for space, token in _TOKEN.findall(sql))
    return "\n".join(_lines(_parts(tokens), 0))


def _parts(tokens: Iterator[tuple[bool, str]]) -> tuple[_Part, ...]:
    parts: list[_Part] = []
    for spaced, token in tokens:
        match token:
            case ")":
                break
            case "(":
                inside = _parts(tokens)
                if len(inside) == 2 and inside[0].content == "EXISTS":
                    parts += [_Part("EXISTS", spaced), inside[1]]
                else:
                    parts.append(_Part(_Group(inside), spaced))
            case word:
                parts.append(_Part(word, spaced))
    return tuple(parts)


def _flat(parts: Sequence[_Part]) -> str:
    words = (f"({_flat(part.content.parts)})" if isinstance(part.content, _Group) else part.content for part in parts)
    return "".join(f"{' ' * (part.spaced and index > 0)}{word}" for index, (part, word) in enumerate(zip(parts, words, strict=True)))


def _lines(parts: Sequence[_Part], margin: int) -> Iterator[str]:
    """The parts on one line if they fit, else a line for each phrase; groups are broken only if they do not fit either."""
    if margin + len(_flat(parts)) <= WIDTH:
        yield " " * margin + _flat(parts)
        return
    for depth, phrase in _phrases(parts):
        indent = margin + depth * INDENT
        line = " " * indent
        for index, part in enumerate(phrase):
            word = _flat((part,))
            line += " " * (part.spaced and index > 0)
            if isinstance(part.content, _Group) and len(line) + len(word) > WIDTH:
                yield f"{line}("
                yield from _lines(part.content.parts, indent + INDENT)
                line = " " * indent + ")"
            else:
                line += word
        yield line


def _phrases(parts: Sequence[_Part]) -> Iterator[tuple[int, list[_Part]]]:
    """The parts that get a line of their own, with their depth: clauses, conditions, and items between commas."""
    words = [part.content for part in parts]
    base = 0  # the depth of the items of the current clause
    depth, in_between, phrase = 0, False, list[_Part]()
    for part in parts:
        word = part.content
        if word in _DEPTH and not (word == "AND" and in_between):
            if phrase:
                yield depth, phrase
            base = 0 if word in _CLAUSES else base
            depth, phrase = base + (1 if word == "AND" and "OR" not in words else _DEPTH[str(word)]), []
        in_between = word == "BETWEEN" or (in_between and word != "AND")
        phrase.append(part)
        if word == "," or (word == "SELECT" and _is_long(parts)):
            yield depth, phrase
            base = 1 if word == "SELECT" else base
            depth, phrase = base, []
    if phrase:
        yield depth, phrase


def _is_long(select: Sequence[_Part]) -> bool:
    """Whether each column of a SELECT gets a line of its own."""
    columns = list(takewhile(lambda part: part.content != "FROM", select))
    return any(part.content in (",", "CASE") for part in columns) or len(_flat(columns)) > WIDTH // 2
