"""Checks every statement that the code sends in any test: on data of accounts it starts from the viewer, or is in the list below.

What reads for a viewer also names its accounts, or is in the list of fan_outs.py.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import sqlalchemy as sa

import sellerhealth
from sellerhealth.model.statement_parts import parts_of
from sellerhealth.model.tables import metadata
from tests.support.bound_statements import looks_up_for_constants, looks_up_in_join, not_of_one_account, unbound_anywhere
from tests.support.fan_outs import fans_out

SOURCES = f"{Path(sellerhealth.__file__).parent}/"
TESTS = f"{Path(__file__).parents[1]}/"
OF_NO_ACCOUNT = {table.name for table in metadata.tables.values() if not table.info["of_an_account"]} - {"accounts"}

# Modules that send statements of another kind, and why they may.
FREE = {
    "store/migrate.py": "migrations change all rows, before there are viewers",
    "store/migrations/": "migrations change all rows, before there are viewers",
    "store/api_keys.py": "keys and their grants are read to find the viewer",
    "store/backup.py": "a backup is the whole store",
    "store/copying.py": "a copy is the whole store",
    "store/copy_check.py": "a copy is the whole store",
    "doctor/": "the operator examines the whole store",
    "rollups/keeper.py": "the server looks for the accounts whose rollups are behind",
    "rollups/overview.py": "the operator examines the whole store",
    "store/snapshots.py": "the server keeps the statuses of some accounts at once",
    "rollups/prune.py": "what belongs to no account is dropped",
    "testing/": "tests prepare their stores",
}
READER = "access.py"  # what reads for a viewer sends its statements from here
SENDS_FOR_OTHERS = "model/statement_text.py"
COUNTING = {
    "rollups/buckets.py",
    "rollups/count_tally.py",
    "rollups/one_pass.py",
}  # count the facts of one account, with look-ups of related ones that are bound to those
# Modules that write into one account, which the viewer was asked for: each statement names the account.
OF_ONE_ACCOUNT = (
    "store/",
    "rollups/found_once.py",
    "rollups/keep_tallies.py",
    "rollups/tally_blocks.py",
    "rollups/upkeep.py",
    "rollups/touched.py",
    "rollups/rebuild.py",
    "rollups/verify.py",
    "rollups/write.py",
    "intake/account_import.py",
    "cli/commands/imports.py",
)

checked = set[tuple[int, str]]()  # the hash of the text of a statement, which is long, and the module that sends it: each is checked once
_found = list[str]()


def senders(frame: FrameType | None) -> Iterator[tuple[str, str]]:
    """The modules, relative to the sources, and functions that send a statement, from the inside. None if it is a test."""
    while frame is not None and not frame.f_code.co_filename.startswith(TESTS):
        if (path := frame.f_code.co_filename).startswith(SOURCES) and not path.endswith(SENDS_FOR_OTHERS):
            yield path.removeprefix(SOURCES), frame.f_code.co_name
        frame = frame.f_back


def problems(statement: Any, module: str) -> set[str]:
    """The tables that a statement of a module reads or changes for more than it may."""
    if module.startswith(tuple(FREE)):
        return set()
    named = {node.name for node in parts_of(statement) if isinstance(node, sa.Table)}
    mixed = {f"{name} with tables of accounts" for name in named & OF_NO_ACCOUNT if len(named) > 1}
    if module.startswith(OF_ONE_ACCOUNT):
        return mixed | not_of_one_account(statement)
    return mixed | unbound_anywhere(statement, one_account=module in COUNTING)


def _check(connection: Any, cursor: Any, text: str, parameters: Any, context: Any, many: bool) -> None:
    statement = getattr(context.compiled, "statement", None)
    module = next((module for module, _ in senders(sys._getframe(1))), None)
    if statement is None or module is None or (hash(text), module) in checked:
        return
    checked.add((hash(text), module))
    sent_by = list(senders(sys._getframe(1)))[1:]  # of a test itself none
    if module == READER and sent_by and fans_out(statement, sent_by):
        _found.append(
            f"{' < '.join(map(':'.join, sent_by))} reads every shard of a cluster, and is not in tests/support/fan_outs.py: {text}"
        )
    if looks_up_in_join(statement):
        _found.append(
            f"{module} may look up for each row of a join, unless its rows are distinct, as by with_constants of engine/join_in_order.py: {text}"
        )
    if looks_up_for_constants(statement):
        _found.append(f"{module} reads a table for each row of constants, which Citus refuses: use JoinOfConstants: {text}")
    if found := problems(statement, module):
        _found.append(f"{module} reads or changes {', '.join(sorted(found))} of accounts that the viewer may not see: {text}")


sa.event.listen(sa.Engine, "before_cursor_execute", _check)


def pytest_configure(config: pytest.Config) -> None:
    """Declares the marker of tests that send such a statement on purpose."""
    config.addinivalue_line("markers", "reads_other_accounts: a metric of the test reads other accounts, which the tested check finds")


@pytest.fixture(autouse=True)
def every_statement_is_bound(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test during which a statement was sent that reads more than the viewer may see."""
    yield
    found, _found[:] = list(_found), []
    if request.node.get_closest_marker("reads_other_accounts") is None:
        assert not found, "\n".join(found)
