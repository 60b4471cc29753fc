"""Account filter as SQL conditions: thousands of accounts need not become thousands of parameters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sellerhealth.access import visible_accounts
from sellerhealth.model.records import Account, Market, fold
from sellerhealth.rollups.current import CurrentRollups, is_current
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
    "rolled_up": is_current(at_clock=False),
    "rolled_up_at_clock": is_current(at_clock=True),
    "not_rolled_up": sa.not_(is_current(at_clock=False)),
    "not_rolled_up_at_clock": sa.not_(is_current(at_clock=True)),
}
_ROLLUPS = ("rolled_up", "not_rolled_up")


@dataclass(frozen=True)
class AccountFilter:
    """Conditions on accounts, joined with AND. None sets no condition, so `AccountFilter()` matches every visible account."""

    account_ids: tuple[int, ...] | None = None
    keys: tuple[str, ...] | None = None
    search: str | None = None  # in the key or the name, in any case
    marketplace: str | None = None  # with at least one fact there
    rolled_up: CurrentRollups | None = None  # with such rollups
    not_rolled_up: CurrentRollups | None = None  # without them

    @property
    def conditions(self) -> tuple[str, ...]:
        """The names of the conditions that are set: they decide the text of a statement."""
        at_clock = {name for name in _ROLLUPS if (rollups := getattr(self, name)) is not None and rollups.clock is not None}
        return tuple(f"{name}_at_clock" if name in at_clock else name for name, value in vars(self).items() if value is not None)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The values of the conditions."""
        values = {name: value for name, value in vars(self).items() if value is not None}
        parameters: dict[str, Any] = {}
        for name in values.keys() & set(_ROLLUPS):
            parameters |= values.pop(name).parameters
        if self.keys is not None:
            parameters["query_ids_of_keys"] = list(map(account_id_of, self.keys))
        if self.search is not None:
            values["search"] = re.sub("[/%_]", r"/\g<0>", fold(self.search))  # wildcards of LIKE
        return parameters | {f"query_{name}": value for name, value in values.items()}


def filtered_accounts(conditions: tuple[str, ...], *columns: Any, sees_all: bool) -> "sa.Select[*tuple[Any, ...]]":
    """SELECT from the visible accounts that meet the named conditions of a filter: of these columns, by default the ids."""
    return visible_accounts(*columns, sees_all=sees_all).where(*(_CONDITIONS[name] for name in conditions))
