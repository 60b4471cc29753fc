"""A second reader of delimited text, one character at a time: slow, obvious, and sharing no code with the product's."""

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Record(NamedTuple):
    """A record: the number of its first line, how many lines it takes up, and its cells; None where its quotes are broken."""

    number: int
    lines: int
    cells: list[str] | None


def lines_of(text: str) -> list[str]:
    """The lines of a file. A lone CR ends a line only if it ends the first one."""
    first = text.split("\n")[0]
    if "\r" in first[:-1]:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.rstrip("\r") for line in lines]


def csv_cells(text: str, delimiter: str) -> list[str] | str:
    """The cells of one record by the rules of CSV, or `open` where its last quote is not closed, or `broken`."""
    cells, cell, state = [], "", "start"
    for character in text:
        if state in ("start", "bare"):
            if character == delimiter:
                cells.append(cell)
                cell, state = "", "start"
            elif character == '"' and state == "start":
                state = "quoted"
            elif character in "\r\n":
                return "broken"
            else:
                cell, state = cell + character, "bare"
        elif state == "quoted":
            if character == '"':
                state = "closing"
            else:
                cell += character
        elif character == '"':  # closing: the quote was doubled
            cell, state = cell + '"', "quoted"
        elif character == delimiter:
            cells.append(cell)
            cell, state = "", "start"
        else:
            return "broken"
    return "open" if state == "quoted" else [*cells, cell]


def records_of(text: str, delimiter: str, width: int, is_record: Callable[[Sequence[str]], bool], *, joins: bool = True) -> list[Record]:
    """The records after the first line."""
    lines = lines_of(text)
    records, index = [], 1

    def looks_like_record(line: str) -> bool:
        quoted = csv_cells(line, delimiter)
        return is_record(line.split(delimiter)) or (isinstance(quoted, list) and is_record(quoted))

    while index < len(lines):
        line, number = lines[index], index + 1
        taken, cells = 1, None
        parts = [part for part in line.split("\r") if part]
        if "\r" in line:
            split = parts if all(looks_like_record(part) for part in parts) else [line]
            records += [Record(number, 1, part.split(delimiter)) for part in split]
            index += 1
            continue
        quoted = csv_cells(line, delimiter)
        if quoted == "open" and (joins or delimiter != "\t"):
            for last in range(index + 1, len(lines)):
                if looks_like_record(lines[last]):
                    break
                joined = csv_cells("\n".join(lines[index : last + 1]), delimiter)
                if joined != "open":
                    if isinstance(joined, list) and len(joined) == width:
                        taken, cells = last + 1 - index, joined
                    break
        if cells is None:
            plain = line.split(delimiter)
            if isinstance(quoted, list):
                in_doubt = len(quoted) not in (width, len(plain)) and len(plain) <= width
                cells = plain if delimiter == "\t" and in_doubt else quoted
            elif delimiter == "\t":
                cells = plain
        records.append(Record(number, taken, cells))
        index += taken
    return records
