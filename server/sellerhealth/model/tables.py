"""How a table of the store is written: typed columns that say what they mean and where they come from."""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import sqlalchemy as sa
from sqlalchemy.orm import registry
from sqlmodel import Field, Relationship, SQLModel

if TYPE_CHECKING:
    # A column of the class and a value of the instance: with it mypy knows both, and no metric needs a cast.
    from sqlalchemy.orm import Mapped as Column
else:

    class Column:
        """`Column[date]` is `date` to SQLModel, and an SQL column of dates to a type checker."""

        def __class_getitem__(cls, item: Any) -> Any:
            return item


__all__ = [
    "UNKNOWN",
    "Column",
    "Fact",
    "FactKind",
    "Keep",
    "Table",
    "column",
    "condition",
    "derived",
    "key",
    "metadata",
    "of_order",
    "one_of",
    "table",
    "told",
]

UNKNOWN = "UNKNOWN"
Keep = Literal["newest", "first", "ever"]


class FactKind(StrEnum):
    """The kinds of fact that evidence can list and coverage is kept for."""

    ORDER = "ORDER"
    PACKAGE = "PACKAGE"
    CLAIM = "CLAIM"
    CHARGEBACK = "CHARGEBACK"
    FEEDBACK = "FEEDBACK"
    MESSAGE = "MESSAGE"
    REFUND = "REFUND"
    VIOLATION = "VIOLATION"


class condition:  # noqa: N801 - it reads as a keyword where it is used
    """A named condition on a fact, read on its class: `Claim.counts`. The description says when it is true."""

    def __init__(self, description: str, expression: Callable[[], sa.ColumnElement[bool]]) -> None:
        self.description, self.expression = description, expression

    def __get__(self, fact: object | None, owner: type) -> sa.ColumnElement[bool]:
        return self.expression()


_registry = registry(
    metadata=sa.MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
)


class Table(SQLModel, registry=_registry):
    """A table of the store. All of them share one metadata, from which the migrations are made."""

    model_config = {"ignored_types": (condition,)}

    if TYPE_CHECKING:
        __table__: ClassVar[sa.Table]  # SQLModel makes it, and hides it from type checkers


class Fact(Table):
    """Something that happened, as sources told it."""

    fact_kind: ClassVar[FactKind | None] = None


metadata = Table.metadata


def column(description: str, **options: Any) -> Any:
    """A column that the store itself fills in."""
    return Field(description=description, sa_column_kwargs={"comment": description}, **options)


def key(description: str, **options: Any) -> Any:
    """A column that names the fact within its account. No database ever makes one up."""
    about = {"comment": description, "autoincrement": False}
    return Field(primary_key=True, description=description, sa_column_kwargs=about, **options)


def told(description: str, *, keep: Keep = "newest", absent: Any = None, **options: Any) -> Any:
    """A column that sources fill in.

    `keep` says which of two tellings stays: the one of the newest source, the first instant that anybody told, or a yes that
    was ever told. `absent` is what stands there until anybody told anything.
    """
    about = {"comment": description, "info": {"told": keep, "absent": absent}}
    return Field(default=absent, description=description, sa_column_kwargs=about, **options)


def derived(
    description: str, *, default: Any = None, through: FactKind | None = None, compares: tuple[str, ...] = (), **options: Any
) -> Any:
    """A column that is worked out when the fact is stored.

    `through` names another kind of fact that it depends on, `compares` the instants of the same fact that decide it.
    """
    about = {"comment": description, "info": {"derived": True, "through": through, "compares": compares}}
    return Field(default=default, description=description, sa_column_kwargs=about, **options)


def one_of(column: str, values: type[StrEnum], *more: str) -> sa.CheckConstraint:
    """The constraint that a column holds one of the values of an enum."""
    # Comparisons, not IN: SQLite builds a table for an IN list, anew for every row that is checked.
    allowed = " OR ".join(f"{column} = '{value}'" for value in (*values, *more))
    return sa.CheckConstraint(allowed, name=column, info={"among": (*map(str, values), *more)})


def table(*arguments: sa.schema.SchemaItem, account: bool = True) -> tuple[Any, ...]:
    """The arguments of a table: a foreign key to its account, and on SQLite the primary key as the only index of its rows."""
    to_account = [sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"])] if account else []
    return (*to_account, *arguments, {"sqlite_with_rowid": False})


def of_order(one: str, many: str) -> Any:
    """The rows of `many` that belong to the same order of the same account, read-only."""
    join = f"and_({one}.account_id == foreign({many}.account_id), {one}.order_id == foreign({many}.order_id))"
    return Relationship(sa_relationship_kwargs={"primaryjoin": join, "viewonly": True, "uselist": True})
