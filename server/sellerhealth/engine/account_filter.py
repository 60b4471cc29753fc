"""Account filter as SQL conditions: thousands of accounts need not become thousands of parameters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sellerhealth.access import visible_accounts
from sellerhealth.model.records import Account, Market, fold
from sellerhealth.store.accounts import account_id_of

_SEARCH = sa.bindparam("query_search", type_=sa.String())
_SELLS_IN = sa.exists().where(
    Market.account_id == Account.account_id, Market.marketplace == sa.bindparam("query_marketplace", type_=sa.String())
)
_CONDITIONS: Mapping[str, sa.ColumnElement[bool]] = {
    "account_ids": Account.account_id.in_(sa.bindparam("query_account_ids", expanding=True)),
    "keys": Account.account_id.in_(sa.bindparam("query_ids_of_keys", expanding=True))  # the key has no index
    & Account.key.in_(sa.bindparam("query_keys", expanding=True)),
    "search": Account.folded_key.contains(_SEARCH, escape="/") | Account.folded_name.contains(_SEARCH, escape="/"),
    "marketplace": _SELLS_IN,
}


@dataclass(frozen=True)
class AccountFilter:
    """Conditions on accounts, joined with AND. None sets no condition, so `AccountFilter()` matches every visible account."""

    account_ids: tuple[int, ...] | None = None
    keys: tuple[str, ...] | None = None
    search: str | None = None  # in the key or the name, in any case
    marketplace: str | None = None  # with at least one fact there

    @property
    def conditions(self) -> tuple[str, ...]:
        """The names of the conditions that are set: they decide the text of a statement."""
        return tuple(name for name, value in vars(self).items() if value is not None)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The values of the conditions."""
        search = None if self.search is None else re.sub("[/%_]", r"/\g<0>", fold(self.search))  # wildcards of LIKE
        ids = {} if self.keys is None else {"query_ids_of_keys": list(map(account_id_of, self.keys))}
        return {**ids, **{f"query_{name}": search if name == "search" else getattr(self, name) for name in self.conditions}}


def filtered_accounts(conditions: tuple[str, ...], *columns: Any, sees_all: bool) -> "sa.Select[*tuple[Any, ...]]":
    """SELECT from the visible accounts that meet the named conditions of a filter: of these columns, by default the ids."""
    return visible_accounts(*columns, sees_all=sees_all).where(*(_CONDITIONS[name] for name in conditions))
