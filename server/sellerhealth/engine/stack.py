"""What the branches of a stacked statement have in common: their first columns, and as many numbers as the widest one has."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa

from sellerhealth.metrics.expressions import in_days

AnySelect: TypeAlias = "sa.Select[*tuple[Any, ...]]"
NUMBERS = 4  # where the numbers of a row begin, after the columns of `about`
UNKNOWN_CELLS = -3  # the branch that says which unknown cells the facts of an account have
REJECTED = -2  # the branch that counts the rows that imports rejected
COVERAGE = -1  # the branch that lists which kinds of fact were imported, and until when


def about(number: int, account: Any, part: Any, day: Any) -> Sequence[Any]:
    """The first columns of a branch. `part` and `day` are None where the query has none."""
    return (
        sa.literal_column(str(number)).label("branch"),
        account.label("account_id"),
        (sa.literal_column("''") if part is None else sa.cast(part, sa.String)).label("part"),
        (sa.null() if day is None else day).label("day"),
    )


def padded(select: AnySelect, numbers: Sequence[sa.ColumnElement[Any]], width: int) -> AnySelect:
    """A branch, padded to the number of columns of the widest one."""
    padding: list[sa.ColumnElement[Any]] = [sa.literal_column("0")] * (width - len(numbers))
    return select.add_columns(*(number.label(f"n{index}") for index, number in enumerate([*numbers, *padding])))


def between_parameters(day: Any, first: str, last: str) -> sa.ColumnElement[bool]:
    """The condition that a day lies between two parameters, both included."""
    return in_days(day, sa.bindparam(first, type_=sa.Date()), sa.bindparam(last, type_=sa.Date()))
