"""The Viewer: who is asking, and the only way to rows. Every statement that reads takes its accounts from here."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from sellerhealth.model.records import Account


class Permission(StrEnum):
    """What a viewer may do."""

    ADMIN = "ADMIN"
    READ = "READ"
    WRITE = "WRITE"


@dataclass(frozen=True)
class Viewer:
    """Who is asking. Until access control comes, every viewer sees every account."""

    name: str
    permissions: frozenset[Permission]

    def accounts(self, *columns: Any) -> "sa.Select[*tuple[Any, ...]]":
        """A statement over the accounts that the viewer may see: the given columns, else their ids."""
        return sa.select(*(columns or (Account.account_id,))).select_from(Account)


OWNER = Viewer("owner", frozenset(Permission))
