"""Columns of a file: their names, the columns of a fact that they fill, and the readers of their cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sellerhealth.errors import BadRow
from sellerhealth.sources.cells import Reader
from sellerhealth.sources.cells_by_column import cells_reader
from sellerhealth.sources.unreadable import LeftOut, SetAside, Unreadable

_PLAIN = frozenset({str, int, bool})  # the types of values that are read as their text
_EXACT = 2**53  # numbers of JSON with a point, or of more than 64 bits, are exact below it
_EXCERPT = 60  # characters of a bad value that a message repeats


class Failed(Exception):
    """A failure of the code of a sheet's author: its location in the file, and the error."""

    def __init__(self, where: str, what: str) -> None:
        self.where, self.what = where, what
        super().__init__(f"{where}: {what}")


@dataclass(frozen=True)
class Column:
    """A column of a file.

    `into`: the column of the fact that it fills, or any other name that the sheet's `fact` removes again; `observed_at` is the
    instant as of which the line is true, `account` the key of the account whose line it is. `required`: a file without the column is not of this format. `filled`: a line without
    a value in it is bad. `is_day`: a day is read as its start in the zone of the marketplace. `lenient`: a text that no
    number depends on, so bytes in it that are not text are replaced, with a remark.
    """

    name: str
    into: str
    read: Reader
    about: str
    example: str = ""
    required: bool = False
    filled: bool = False
    is_day: bool = False
    lenient: bool = False

    def __post_init__(self) -> None:
        if not callable(self.read):
            raise TypeError(f"column {self.name!r}: its reader is a {type(self.read).__name__}: use a function of a text, such as `key`")

    def take(self, raw: Any, line: int) -> Any:
        """The value of a cell or a JSON field. None if it is empty or missing. Raises BadRow, LeftOut or SetAside if it cannot be read."""
        if raw is None and not self.filled:
            return None
        if isinstance(raw, (dict, list)):  # not in the message: it could be a whole address
            raise BadRow(line, self.name, None, "a text or a number")
        if isinstance(raw, float) and abs(raw) >= _EXACT:
            raise BadRow(line, self.name, None, "a text, or a number of at most 15 digits")
        text = None if raw is None else str(raw)
        try:
            value = None if text is None else self.read(text)
            if self.filled and value is None:
                raise Unreadable("a value")
        except (LeftOut, SetAside):
            raise
        except Unreadable as unreadable:
            raise BadRow(line, self.name, None if text is None else excerpt(text), str(unreadable)) from unreadable
        except Exception as error:
            what = f"has a reader that raised {type(error).__name__}, not Unreadable, for an unreadable value"
            raise Failed(f"line {line}, column {self.name!r}", what) from error
        return value

    def take_all(self, raws: Sequence[Any]) -> Sequence[Any]:
        """What `take` returns for each of many cells or JSON fields. Raises any exception if one of them cannot be read: `take` says which."""
        known = [raw for raw in raws if raw is not None]
        if not known and not self.filled:
            return raws
        if not _PLAIN.issuperset(types := set(map(type, known))):
            raise TypeError("a text or a whole number")
        values = cells_reader(self.read)(known if types == {str} else list(map(str, known)))
        if self.filled and (None in values or len(known) < len(raws)):
            raise Unreadable("a value")
        if len(known) == len(raws):
            return values
        each = iter(values)
        return [None if raw is None else next(each) for raw in raws]


def excerpt(cell: str) -> str:
    """The start of a bad value, for a message. In a file with shifted columns, it could be somebody's address."""
    return "(an e-mail address)" if "@" in cell else cell[:_EXCERPT]
