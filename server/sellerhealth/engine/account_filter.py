"""Which of the visible accounts a statement is about, said in SQL: so thousands of accounts do not become thousands of parameters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sellerhealth.access import Viewer
from sellerhealth.model.records import Account, Market

_SEARCH = sa.bindparam("ask_search", type_=sa.String())
_SELLS_IN = sa.select(Market.account_id).where(Market.marketplace == sa.bindparam("ask_marketplace", type_=sa.String()))
_CONDITIONS: Mapping[str, sa.ColumnElement[bool]] = {
    "accounts": Account.account_id.in_(sa.bindparam("ask_accounts", expanding=True)),
    "keys": Account.key.in_(sa.bindparam("ask_keys", expanding=True)),
    "search": Account.key.icontains(_SEARCH, escape="/") | Account.name.icontains(_SEARCH, escape="/"),
    "marketplace": Account.account_id.in_(_SELLS_IN),
}


@dataclass(frozen=True)
class Choice:
    """Accounts for which all holds that is given. What is None may be anything, so `Choice()` is all that the viewer sees."""

    accounts: tuple[int, ...] | None = None  # one of these ids
    keys: tuple[str, ...] | None = None
    search: str | None = None  # in the key or the name, whatever the case
    marketplace: str | None = None  # with at least one fact there

    @property
    def given(self) -> tuple[str, ...]:
        """The conditions, by name: what makes two statements different."""
        return tuple(name for name, value in vars(self).items() if value is not None)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The values of the conditions."""
        search = None if self.search is None else re.sub("[/%_]", r"/\g<0>", self.search)  # wildcards of LIKE
        return {f"ask_{name}": search if name == "search" else getattr(self, name) for name in self.given}


def chosen(viewer: Viewer, given: tuple[str, ...], *columns: Any) -> "sa.Select[*tuple[Any, ...]]":
    """A statement over the accounts of a choice with such conditions: the given columns, else their ids."""
    return viewer.accounts(*columns).where(*(_CONDITIONS[name] for name in given))
