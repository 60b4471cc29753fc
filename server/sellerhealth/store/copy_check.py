"""Compares a copied store with its source by numbers of rows: of every table, account by account."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import sqlalchemy as sa

from sellerhealth.store.copying import TABLES, account_states

ACCOUNT = "the account"


class Difference(NamedTuple):
    """Something that is not the same in both stores. `account`: the key, None for what belongs to none."""

    account: str | None
    what: str
    source: object
    target: object


def row_differences(source: sa.Connection, target: sa.Connection) -> Iterator[Difference]:
    """Accounts that are not in both or have changed since, and tables with other numbers of rows."""
    here, there = account_states(source), account_states(target)
    keys = {account_id: state.key for account_id, state in (there | here).items()}  # type: ignore[operator]  # both are dicts
    for account_id, key in sorted(keys.items(), key=lambda item: item[1]):
        mine, theirs = here.get(account_id), there.get(account_id)
        if mine is None or theirs is None:
            yield Difference(key, ACCOUNT, *("present" if state else "missing" for state in (mine, theirs)))
        else:
            for name, one, other in zip(mine._fields, mine, theirs, strict=True):
                if one != other:
                    yield Difference(key, name.replace("_", " "), one, other)
    for table in TABLES:
        mine_by_account, theirs_by_account = _counts(source, table), _counts(target, table)
        for id_ in sorted({*mine_by_account, *theirs_by_account}, key=lambda id_: keys.get(id_, "")):
            one, other = mine_by_account.get(id_, 0), theirs_by_account.get(id_, 0)
            if one != other:
                yield Difference(keys.get(id_), f"rows of the table {table.name}", one, other)


def _counts(connection: sa.Connection, table: sa.Table) -> Mapping[int, int]:
    """The number of rows by account, of a table without accounts under 0."""
    if not table.info["of_an_account"]:
        return {0: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0}
    return dict(iter(connection.execute(sa.select(table.c.account_id, sa.func.count()).group_by(table.c.account_id))))
