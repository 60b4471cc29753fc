"""SQL in lines and indents for people: what fits stays on one line, what does not is broken at its clauses and conditions."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

WIDTH = 100  # characters of a line, as far as SQL can be broken at all
INDENT = 2

_TOKEN = re.compile(r"""(\s*)('(?:[^']|'')*'|"(?:[^"]|"")*"|[(),]|[^\s(),'"]+)""")
# How deep each word stands that begins a line, within its clause. AND stands deeper than OR, because it binds more closely.
_CLAUSES = ("SELECT", "FROM", "WHERE", "GROUP", "UNION", "WITH")
_DEPTH = {**dict.fromkeys(_CLAUSES, 0), "CASE": 0, "END": 0, "OR": 1, "WHEN": 1, "ELSE": 1, "AND": 2}


@dataclass(frozen=True)
class _Group:
    """What stands in parentheses."""

    parts: "tuple[_Part, ...]"


@dataclass(frozen=True)
class _Part:
    """A word or a group, and whether there is a space before it."""

    what: str | _Group
    spaced: bool


def typeset(sql: str) -> str:
    """The same statement laid out anew, without needless parentheses around EXISTS."""
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
                if len(inside) == 2 and inside[0].what == "EXISTS":
                    parts += [_Part("EXISTS", spaced), inside[1]]
                else:
                    parts.append(_Part(_Group(inside), spaced))
            case word:
                parts.append(_Part(word, spaced))
    return tuple(parts)


def _flat(parts: Sequence[_Part]) -> str:
    words = (f"({_flat(part.what.parts)})" if isinstance(part.what, _Group) else part.what for part in parts)
    return "".join(f"{' ' * (part.spaced and place > 0)}{word}" for place, (part, word) in enumerate(zip(parts, words, strict=True)))


def _lines(parts: Sequence[_Part], margin: int) -> Iterator[str]:
    """The parts from a margin on: in one line, else a line for each phrase, the groups in it broken where they have to be."""
    if margin + len(_flat(parts)) <= WIDTH:
        yield " " * margin + _flat(parts)
        return
    for depth, phrase in _phrases(parts):
        indent = margin + depth * INDENT
        line = " " * indent
        for place, part in enumerate(phrase):
            word = _flat((part,))
            line += " " * (part.spaced and place > 0)
            if isinstance(part.what, _Group) and len(line) + len(word) > WIDTH:
                yield f"{line}("
                yield from _lines(part.what.parts, indent + INDENT)
                line = " " * indent + ")"
            else:
                line += word
        yield line


def _phrases(parts: Sequence[_Part]) -> Iterator[tuple[int, list[_Part]]]:
    """Stretches that stand on lines of their own, each with its depth: clauses, conditions, and what commas separate."""
    words = [part.what for part in parts]
    within = 0  # what a clause lists stands deeper than its word
    depth, between, phrase = 0, False, list[_Part]()
    for part in parts:
        word = part.what
        if word in _DEPTH and not (word == "AND" and between):
            if phrase:
                yield depth, phrase
            within = 0 if word in _CLAUSES else within
            depth, phrase = within + (1 if word == "AND" and "OR" not in words else _DEPTH[str(word)]), []
        between = word == "BETWEEN" or (between and word != "AND")
        phrase.append(part)
        if word == "," or (word == "SELECT" and _is_long(parts)):
            yield depth, phrase
            within = 1 if word == "SELECT" else within
            depth, phrase = within, []
    if phrase:
        yield depth, phrase


def _is_long(select: Sequence[_Part]) -> bool:
    """Whether what a SELECT lists takes lines of its own."""
    listed = list(takewhile(lambda part: part.what != "FROM", select))
    return any(part.what in (",", "CASE") for part in listed) or len(_flat(listed)) > WIDTH // 2
