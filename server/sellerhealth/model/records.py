"""Records beside the facts: accounts, imports, coverage, data quality notes, API keys and what they grant."""

import datetime as dt
import unicodedata
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import AutoString, Field

from sellerhealth.model.tables import Column, FactKind, Table, column, index_of, key, one_of, table

_ACCOUNT = "The account it belongs to."


def fold(text: str) -> str:
    """A text without differences of case, and of how its characters are composed. Databases do not agree on that, so it is stored."""
    return unicodedata.normalize("NFC", text.casefold())


def _folded(column: str, description: str) -> Any:
    """A column with the folded text of another one, filled in by every INSERT."""

    def of_row(context: Any) -> str:
        return fold(context.get_current_parameters()[column])

    return Field(default=None, description=description, sa_column_kwargs={"comment": description, "default": of_row})


class Account(Table, table=True):
    """A seller account. Its id is a hash of its key, so that it is the same in every database."""

    __tablename__ = "accounts"
    __table_args__ = table(sa.Index(None, "folded_name", "key"), account=False)  # the order of a list, of which a page is read

    account_id: Column[int] = key("A number made of the account's key.", sa_type=sa.BigInteger)
    key: Column[str] = column("The seller's own id of the account.")
    name: Column[str] = column("The name shown to people.")
    time_zone: Column[str] = column("The IANA zone in which days are cut where the marketplace has none of its own.", default="UTC")
    version: Column[int] = column(
        "Grows with every change of the facts, the coverage or the rejected rows.", default=0, sa_type=sa.BigInteger
    )
    updated_at: Column[dt.datetime | None] = column("When the facts last changed. Null before the first import.", default=None)
    folded_key: Column[str | None] = _folded("key", "The key without differences of case. Accounts are searched by it.")
    folded_name: Column[str | None] = _folded("name", "The name without differences of case. Accounts are sorted and searched by it.")


class Market(Table, table=True):
    """A marketplace in which an account has at least one fact, and the time zone of its days, which never changes."""

    __tablename__ = "markets"
    __table_args__ = table()

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    marketplace: Column[str] = key("Amazon's marketplace id, or the key that an importer gave.")
    time_zone: Column[str] = column("The IANA zone in which the days of its facts are cut.")


class Source(Table, table=True):
    """Coverage: a kind of fact that a format reported for an account, and through which day."""

    __tablename__ = "sources"
    __table_args__ = table(one_of("fact", FactKind))

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    fact: Column[str] = key("The kind of fact.", sa_type=AutoString)
    format: Column[str] = key("The format, for example `GET_SELLER_FEEDBACK_DATA`.")
    complete: Column[bool] = column("Whether it has all such facts, not just those that hurt.")
    through: Column[dt.date] = column("The last day that it covers, in UTC.")


class ImportState(StrEnum):
    """The state of an import."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


def _no_errors() -> list[str]:
    """An empty list. `list` itself would not do: pydantic parses its signature for each new record, and leaves 26 kB of garbage behind."""
    return []


class ImportBatch(Table, table=True):
    """The import of a file. The same content has the same id."""

    __tablename__ = "import_batches"
    __table_args__ = table(one_of("state", ImportState))

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    batch_id: Column[str] = key("A hash of the content, the format and the marketplace.")
    format: Column[str] = column("The format.")
    file: Column[str] = column("The file's name, without its folder.")
    marketplace: Column[str | None] = column("The marketplace given for a format that does not name it.", default=None)
    observed_at: Column[dt.datetime] = column("The instant up to which the file knows.")
    started_at: Column[dt.datetime] = column("When the import began.")
    finished_at: Column[dt.datetime | None] = column("When it ended.", default=None)
    state: Column[str] = column("How far it is.", sa_type=AutoString)
    rows_read: Column[int] = column("Rows read.", default=0)
    rows_new: Column[int] = column("Rows that were new.", default=0)
    rows_changed: Column[int] = column("Rows that changed what was known.", default=0)
    rows_unchanged: Column[int] = column("Rows that were known already.", default=0)
    rows_rejected: Column[int] = column("Rows that were refused.", default=0)
    errors: Column[list[str]] = column("Why rows were refused, the first 100.", default_factory=_no_errors, sa_type=sa.JSON)
    reading: Column[str | None] = column(
        "How it was read, if it was imported as a whole: by which code, in which zones of days, as of which instant.", default=None
    )


class RejectedRow(Table, table=True):
    """A bad row that an import skipped. It may be a miss, until its fact is imported or its batch is dismissed."""

    __tablename__ = "rejected_rows"
    __table_args__ = table(one_of("fact", FactKind))

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    batch_id: Column[str] = key("The import that skipped it.")
    number: Column[int] = key("Its number among the bad rows of the import, from 1.")
    fact: Column[str] = key("The kind of fact that it would have been.", sa_type=AutoString)
    fact_key: Column[str | None] = column("The key of the fact. Null where it cannot be read.", default=None)
    day: Column[dt.date | None] = column(
        "The day on which it counts. Null where that cannot be read: it then counts in every window.", default=None
    )


class ReportSpan(Table, table=True):
    """The time of which a report lists every fact of a kind in a marketplace: from its first row to its last."""

    __tablename__ = "report_spans"
    __table_args__ = table(one_of("fact", FactKind))

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    fact: Column[str] = key("The kind of fact.", sa_type=AutoString)
    format: Column[str] = key("The format.")
    observed_at: Column[dt.datetime] = key("The instant up to which the report knows. Files of one format and instant are one report.")
    marketplace: Column[str] = key("The marketplace of the rows.")
    first_at: Column[dt.datetime] = column("The earliest instant of its rows.")
    last_at: Column[dt.datetime] = column("The latest instant of its rows.")
    complete: Column[bool] = column("Whether it lists all such facts, not just those that hurt.")


class UnreadRow(Table, table=True):
    """A fact that a report lists in a row that was rejected or set aside, so that it is not taken for gone."""

    __tablename__ = "unread_rows"
    __table_args__ = table(one_of("fact", FactKind))

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    fact: Column[str] = key("The kind of fact.", sa_type=AutoString)
    format: Column[str] = key("The format.")
    observed_at: Column[dt.datetime] = key("The instant up to which the report knows.")
    fact_key: Column[str] = key("The key of the fact. Empty where it cannot be read: it may then be any fact.")


class DataNote(Table, table=True):
    """A contradiction or a gap in one fact, imported all the same: see docs/import.md for the codes."""

    __tablename__ = "data_notes"
    __table_args__ = table(index_of("order_id"))

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    code: Column[str] = key("What is wrong, for example `delivered_before_shipped`.")
    fact_key: Column[str] = key("The fact within the account: its kind and key.")
    order_id: Column[str | None] = column("Its order, through which the note is found again.", default=None)


class FigureUnit(StrEnum):
    """The unit of a figure that Amazon reports. WORD has no value, only a status."""

    COUNT = "COUNT"
    FRACTION = "FRACTION"
    HOURS = "HOURS"
    POINTS = "POINTS"
    WORD = "WORD"


class ReportedFigure(Table, table=True):
    """A figure that Amazon itself reported on a day. It is kept beside the facts, and no metric counts it."""

    __tablename__ = "reported_figures"
    __table_args__ = table(one_of("unit", FigureUnit))

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    marketplace: Column[str] = key("The marketplace that it is about.")
    format: Column[str] = key("The format, for example `GET_V2_SELLER_PERFORMANCE_REPORT`.")
    taken_on: Column[dt.date] = key("The day of the report, in UTC.")
    figure: Column[str] = key("Amazon's name of the figure, for example `lateShipmentRate`.")
    channel: Column[str] = key("The channel that it is about. Empty where Amazon does not split the figure.")
    days: Column[int] = key("How many days it covers. 0 where the report does not say.")
    taken_at: Column[dt.datetime] = column("The instant as of which the report is true.")
    value: Column[str | None] = column("The value as a decimal number; of a rate a fraction. Null where Amazon gave none.", default=None)
    unit: Column[str] = column("The unit of the value.", sa_type=AutoString)
    numerator: Column[int | None] = column("What Amazon divided. Null where it gave no count.", default=None, sa_type=sa.BigInteger)
    denominator: Column[int | None] = column("What Amazon divided it by. Null where it gave no count.", default=None, sa_type=sa.BigInteger)
    status: Column[str | None] = column("The status as Amazon words it.", default=None)
    first_on: Column[dt.date | None] = column("The first day that it covers.", default=None)
    last_on: Column[dt.date | None] = column("The last day that it covers.", default=None)
    target: Column[str | None] = column("The target as a decimal number, in the unit of the value.", default=None)
    target_condition: Column[str | None] = column("How the value is compared with the target, as Amazon words it.", default=None)


class RollupSet(Table, table=True):
    """A set of measures that is kept in rollups. It belongs to no account; its id is a hash of what is in it."""

    __tablename__ = "rollup_sets"
    __table_args__ = table(account=False, local=True, copied=False)

    set_id: Column[str] = key("A hash of its measures.")
    measures: Column[list[str]] = column("Its measures, each as the table and the column of its rollup.", sa_type=sa.JSON)
    registered_at: Column[dt.datetime] = column("When a process last had these measures, to the day.")


class RollupState(Table, table=True):
    """How far the rollups of a set of measures are kept for an account."""

    __tablename__ = "rollup_states"
    __table_args__ = table(copied=False)

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    set_id: Column[str] = key("The set of measures.")
    version: Column[int] = column("The version of the account that they agree with. Behind it the facts answer.", sa_type=sa.BigInteger)
    computed_at: Column[dt.datetime] = column("The clock with which they were computed.")
    valid_until: Column[dt.datetime | None] = column(
        "Until when they hold if no fact changes: something falls due then. Null if nothing does.", default=None
    )


class UnprovenTally(Table, table=True):
    """How many unproven rows count on a day, by kind: those that would count otherwise if an unknown cell had another value."""

    __tablename__ = "unproven_tallies"
    __table_args__ = table(copied=False)

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    tally: Column[str] = key("A hash of the measures in which the rows may count.")
    day: Column[dt.date] = key("The day on which they count.")
    marketplace: Column[str] = key("Their marketplace.")
    channel: Column[str] = key("Their channel. Empty where the facts have none.")
    part: Column[str] = key("Their part along the metric's own dimension. Empty where it has none.")
    kind: Column[str] = key("In which measures they may count, and which cells they lack. Empty for `until`.")
    number: Column[int] = key("0: how many rows. From 1 on the totals of the measures that add up a column.")
    amount: Column[int] = column("The number.", sa_type=sa.BigInteger)
    until: Column[dt.datetime | None] = column(
        "Until when the numbers of the day hold if no fact changes. Null if nothing falls due.", default=None
    )


class AccountSnapshot(Table, table=True):
    """The statuses of an account in all metrics as of a day. Rows that do not hold are not read, so any may be deleted."""

    __tablename__ = "account_snapshots"
    __table_args__ = table(copied=False)

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    snapshot_id: Column[str] = key("A hash of the metrics, the settings and the code that computed them.")
    version: Column[int] = column("The version of the account that they agree with.", sa_type=sa.BigInteger)
    updated_at: Column[dt.datetime | None] = column(
        "When the account had that version: one that is erased begins at 0 again.", default=None
    )
    as_of: Column[dt.date] = column("The day as of which they are, which was the present one.")
    since: Column[dt.datetime] = column("The clock with which they were computed.")
    until: Column[dt.datetime | None] = column(
        "Until when they hold if nothing changes: something falls due then. Null if nothing does.", default=None
    )
    statuses: Column[str] = column("Of each metric the status, the share of the allowance that is used, and the value.")


class AccountNumbers(Table, table=True):
    """The numbers that the statuses of an account are computed from, of a snapshot. They hold as long as its row does."""

    __tablename__ = "account_numbers"
    __table_args__ = table(copied=False)

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    snapshot_id: Column[str] = key("The id of the snapshot.")
    numbers: Column[str] = column(
        "The sources and rejected rows, and for each query the numbers and the unproven rows of each part, as JSON."
    )


class Lease(Table, table=True):
    """A job that one process does at a time. It belongs to no account."""

    __tablename__ = "leases"
    __table_args__ = table(account=False, local=True, copied=False)

    job: Column[str] = key("The job.")
    holder: Column[str] = column("The process that does it.")
    until: Column[dt.datetime] = column("From when another process may take it over.")


class ApiKey(Table, table=True):
    """A key that lets its holder send requests. It belongs to no account. The key itself is not stored."""

    __tablename__ = "api_keys"
    __table_args__ = table(account=False, local=True)

    key_id: Column[str] = key("The part of the key by which it is found. No secret.")
    sha256: Column[str] = column("The SHA-256 hash of the key.")
    name: Column[str] = column("What it is for, or who has it.")
    permissions: Column[list[str]] = column("What it permits.", sa_type=sa.JSON)
    all_accounts: Column[bool] = column("Whether it grants every account, later ones too. Else those of its grants.")
    created_at: Column[dt.datetime] = column("When it was made.")
    expires_at: Column[dt.datetime | None] = column("From when it is refused. Null when it does not expire.", default=None)
    revoked_at: Column[dt.datetime | None] = column("When it was revoked.", default=None)
    last_used_at: Column[dt.datetime | None] = column("When it was last used, to the minute.", default=None)


class Grant(Table, table=True):
    """An account that an API key grants. It belongs to the key, and is erased with the account."""

    __tablename__ = "grants"
    __table_args__ = table(sa.Index(None, "key_id"), account=False, local=True)

    account_id: Column[int] = key("The account.", sa_type=sa.BigInteger)
    key_id: Column[str] = key("The key.")
