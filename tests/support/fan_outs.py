"""Checks every statement that the code sends in any test: it names the accounts that it is about, or it is one of the few that go to every shard.

A cluster sends a statement to the shards of the accounts that it names by value: see model/shard_routing.py. All others go to every shard.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sellerhealth.model.shard_routing import named_accounts
from sellerhealth.model.statement_parts import parts_of
from sellerhealth.model.tables import metadata

# Functions that read for a viewer and name no account, by their module, and why.
FAN_OUTS = {
    ("engine/portfolio.py", "page_by_name"): "a list of accounts by name",
    ("engine/portfolio.py", "number_of_accounts"): "the number of accounts",
    ("engine/account_statuses.py", "read_account_statuses"): "a portfolio",
    ("engine/keep_snapshots.py", "behind"): "the accounts whose snapshot does not hold",
    ("engine/keep_snapshots.py", "number_that_hold"): "how many snapshots hold",
    ("engine/sources.py", "until_of_each"): "until when the statuses of a portfolio hold",
    ("engine/holding.py", "state_of_accounts"): "whether any account has changed",
    ("engine/compare_stores.py", "sample"): "some accounts of a store that is copied",
    ("store/lookups.py", "known_marketplaces"): "whether any account sells there",
    ("cli/commands/demo.py", "_database"): "accounts that are not of the demo",
    ("cli/database.py", "find_account_id"): "keys like one that no account has",
    ("cli/commands/accounts.py", "list_accounts"): "all accounts",
    ("cli/commands/accounts.py", "reclassify"): "all accounts, one after the other",
    ("cli/commands/rollups.py", "_accounts"): "all accounts, one after the other",
    ("cli/commands/imports.py", "list_imports"): "the imports of all accounts",
    ("doctor/snapshots.py", "_held"): "some accounts whose snapshot holds",
    ("testing/loading.py", "check_portable_sql"): "the SQL of a metric, for no accounts in particular",
}

# Functions to which the caller passes a filter of accounts. A test may call them with any.
TAKE_A_FILTER = {("engine/results.py", "read_results")}


def fans_out(statement: Any, senders: Sequence[tuple[str, str]]) -> bool:
    """Whether a statement that reads for a viewer goes to every shard, and none of the functions that send it, the innermost first, may do that.

    A table of a test alone is not distributed.
    """
    if senders[-1] in TAKE_A_FILTER or not FAN_OUTS.keys().isdisjoint(senders):
        return False
    is_of_store = any(isinstance(node, sa.Table) and node.name in metadata.tables for node in parts_of(statement))
    return is_of_store and not named_accounts(statement)
