"""The tables follow the portability rules, and the lint catches a table that breaks any of them."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlmodel import AutoString, UTCDateTime

from sellerhealth.facts import FACTS
from sellerhealth.model import records
from sellerhealth.model.tables import UNKNOWN, metadata
from tests.store.lint import problems

TABLES = (
    *FACTS,
    records.Account,
    records.AccountNumbers,
    records.AccountSnapshot,
    records.ApiKey,
    records.DataNote,
    records.Grant,
    records.ImportBatch,
    records.Lease,
    records.Market,
    records.RejectedRow,
    records.ReportedFigure,
    records.ReportSpan,
    records.RollupSet,
    records.RollupState,
    records.Source,
    records.UnprovenTally,
    records.UnreadRow,
)


def column(name: str, kind: Any = AutoString, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, **({"comment": "What it means."} | options))


def linted(*items: sa.schema.SchemaItem, key: tuple[str, ...] = ("account_id", "claim_id"), **options: Any) -> list[str]:
    """The violations of a table of claims that follows every rule, except for these changes."""
    columns = column("account_id", sa.BigInteger), column("claim_id")
    convention = sa.MetaData(naming_convention=dict(metadata.naming_convention))
    sa.Table("claims", convention, *columns, *items, sa.PrimaryKeyConstraint(*key), **({"sqlite_with_rowid": False} | options))
    return [problem.removeprefix("claims: ") for problem in problems(convention)]


def to(target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["account_id"], [target])


OF_ACCOUNT = "accounts.account_id"


def test_the_tables_keep_the_rules() -> None:
    assert list(problems(metadata)) == []


def test_a_table_that_keeps_the_rules_passes() -> None:
    assert linted(to(OF_ACCOUNT), column("order_id"), sa.Index(None, "account_id", "order_id")) == []


def test_the_lint_catches_a_key_that_does_not_start_with_the_account() -> None:
    assert linted(to(OF_ACCOUNT), key=("claim_id", "account_id")) == ["pk_claims does not start with account_id"]


def test_the_lint_catches_rows_with_a_second_key() -> None:
    assert linted(to(OF_ACCOUNT), sqlite_with_rowid=True) == ["SQLite gives it row ids beside its key"]


def test_the_lint_catches_a_table_without_an_account() -> None:
    assert linted() == ["it does not refer to its account"]


def test_a_table_may_be_declared_to_belong_to_no_account() -> None:
    assert linted(info={"of_an_account": False}) == ["it has accounts, but belongs to none"]


def test_the_lint_catches_a_table_of_no_account_that_is_not_declared_local() -> None:
    of_none = sa.MetaData(naming_convention=dict(metadata.naming_convention))
    declared = {"of_an_account": False, "distribute_by": "account_id"}
    sa.Table("keys", of_none, column("key_id"), sa.PrimaryKeyConstraint("key_id"), sqlite_with_rowid=False, info=declared)
    assert list(problems(of_none)) == ["keys: it is distributed by account_id, which is not in its key"]
    of_none.tables["keys"].info["distribute_by"] = None
    assert list(problems(of_none)) == []


def test_the_lint_catches_a_local_table_of_accounts() -> None:
    assert linted(to(OF_ACCOUNT), info={"distribute_by": None}) == ["it is local, but belongs to accounts"]


def test_a_local_table_may_name_accounts() -> None:
    assert linted(info={"of_an_account": False, "distribute_by": None}) == []


def test_the_lint_catches_a_reference_to_another_fact() -> None:
    assert linted(to("orders.account_id")) == ["it refers to something other than its account"]


def test_the_lint_catches_ids_generated_by_the_database() -> None:
    assert linted(key=("account_id",)) == ["it does not refer to its account", "the database numbers account_id"]


@pytest.mark.parametrize(
    ("problem", "bad"),
    [
        ("uq_claims_order_id does not start with account_id", sa.UniqueConstraint("order_id")),
        ("ix_claims_order_id does not start with account_id", sa.Index(None, "order_id", unique=True)),
        ("by_order is not named by the convention", sa.Index("by_order", "account_id", "order_id")),
        ("some is not named by the convention", sa.CheckConstraint("order_id > ''", name=sa.schema.conv("some"))),
    ],
)
def test_the_lint_catches_a_bad_constraint(problem: str, bad: sa.schema.SchemaItem) -> None:
    assert linted(to(OF_ACCOUNT), column("order_id"), sa.Index(None, "account_id", "order_id", "claim_id"), bad) == [problem]


@pytest.mark.parametrize(
    ("problem", "bad"),
    [
        ("the rows of an order are not found by an index", column("order_id")),
        ("state has the type Enum", column("state", sa.Enum("OPEN", name="state"))),
        ("state has the type JSONB", column("state", postgresql.JSONB)),
        ("state has the type ARRAY", column("state", sa.ARRAY(AutoString()))),
        ("seen has the type DateTime", column("seen", sa.DateTime)),
        ("opened_on is not a day", column("opened_on", UTCDateTime)),
        ("opened_at is not an instant", column("opened_at", sa.Date)),
        ("kind may be null", column("kind", default=UNKNOWN)),
        ("seen is filled in by the database", column("seen", UTCDateTime, server_default=sa.func.now())),
        ("seen is filled in by the database", column("seen", UTCDateTime, onupdate=sa.func.now())),
        ("seen is filled in by the database", column("seen", UTCDateTime, server_onupdate=sa.FetchedValue())),
        ("state has no comment", column("state", comment=None)),
    ],
)
def test_the_lint_catches_a_bad_column(problem: str, bad: sa.Column[Any]) -> None:
    assert linted(to(OF_ACCOUNT), bad) == [problem]


@pytest.mark.parametrize("part", ["marketplace", "channel", "category"])
def test_the_lint_catches_a_fact_that_can_be_split_by_null(part: str) -> None:
    found = linted(to(OF_ACCOUNT), column("versions", nullable=False), column(part))
    assert found == [f"{part} is not UNKNOWN while it is not known", f"{part} may be null"]


def test_every_table_is_documented() -> None:
    assert {table.__tablename__ for table in TABLES} == metadata.tables.keys()
    assert [table.__name__ for table in TABLES if not table.__doc__] == []


@pytest.mark.parametrize("fact", FACTS)
def test_the_facts_of_an_order_are_read_only_and_of_its_account(fact: Any) -> None:
    for relationship in sa.inspect(fact).relationships:
        assert relationship.viewonly
        assert "account_id" in {column.name for column in relationship.remote_side}
