"""Rejected rows count until their facts arrive or somebody dismisses them: skipping bad rows makes no account look healthier."""

import datetime as dt
from collections import Counter

import pytest
import sqlalchemy as sa

from sellerhealth.intake import BadRows
from sellerhealth.model.records import Account, RejectedRow
from sellerhealth.model.tables import FactKind
from sellerhealth.store.rejected_rows import dismiss

CLAIMS = "order_id,opened_at,state\nA-1,2026-03-01,OPEN\nA-2,2026-03-02,LOST\nA-3,tomorrow,OPEN\n"
DAY = dt.date(2026, 3, 2)


@pytest.fixture
def counts(database, account):
    """The rejected rows that an account has now, by kind and day."""

    def counts():
        with database.reading() as connection:
            rows = connection.execute(sa.select(RejectedRow.fact, RejectedRow.day).where(RejectedRow.account_id == account))
            return dict(Counter((FactKind(fact), day) for fact, day in rows))

    return counts


def version(database):
    with database.reading() as connection:
        return connection.scalar(sa.select(Account.version))


def test_rows_that_are_skipped_are_kept_with_their_kind_key_and_day(import_text, database, counts):
    import_text(CLAIMS, skip_bad_rows=True)
    assert counts() == {(FactKind.CLAIM, DAY): 1, (FactKind.CLAIM, None): 1}
    with database.reading() as connection:
        keys = connection.scalars(sa.select(RejectedRow.fact_key).order_by(RejectedRow.number)).all()
    assert keys == ["A-2 2026-03-02T00:00:00+00:00", None]


def test_nothing_is_kept_of_a_file_that_is_refused_or_of_a_dry_run(import_text, counts):
    with pytest.raises(BadRows):
        import_text(CLAIMS)
    import_text(CLAIMS, skip_bad_rows=True, dry_run=True)
    assert counts() == {}


def test_a_rejected_row_goes_when_its_fact_is_imported_and_does_not_come_back(import_text, database, counts):
    import_text(CLAIMS, skip_bad_rows=True)
    import_text("order_id,opened_at,state\nA-9,2026-03-02,DENIED\n", name="other.csv")
    assert counts() == {(FactKind.CLAIM, DAY): 1, (FactKind.CLAIM, None): 1}
    before = version(database)
    import_text("reason,order_id,opened_at,state\nx,A-2,2026-03-02,DENIED\n", name="corrected.csv")
    assert counts() == {(FactKind.CLAIM, None): 1}
    assert version(database) == before + 1
    import_text(CLAIMS, name="again.csv", skip_bad_rows=True)
    assert counts() == {(FactKind.CLAIM, None): 1}
    assert version(database) == before + 1


def test_a_line_of_the_same_file_does_not_settle_another_line_of_its_order(import_text, counts):
    content = (
        "amazon-order-id\tpurchase-date\torder-status\tfulfillment-channel\tsales-channel\n"
        "111-0000001-0000001\t2026-03-02T10:00:00Z\tShipped\tMerchant\tAmazon.com\n"
        "111-0000001-0000001\t2026-03-02T10:00:00Z\tLost\tMerchant\tAmazon.com\n"
    )
    import_text(content, skip_bad_rows=True)
    assert counts() == {(FactKind.ORDER, DAY): 1}


def test_a_bad_order_of_the_orders_api_may_hide_an_order_and_a_package(import_text, counts):
    content = '{"orders": [{"orderId": "1", "createdTime": "2026-03-02T10:00:00Z", "packages": [{"carrier": "UPS"}]}, {"orderId": "2"}, 3]}'
    import_text(content, skip_bad_rows=True)
    kinds = {(FactKind.ORDER, DAY): 1, (FactKind.ORDER, None): 2, (FactKind.PACKAGE, None): 3}
    assert counts() == kinds


def test_a_format_that_only_adds_to_orders_may_hide_a_miss_of_an_order(import_text, counts):
    import_text("order_id,cancelled_by\nA-1,NOBODY\n", skip_bad_rows=True)
    assert counts() == {(FactKind.ORDER, None): 1}


RETURNS = "Order ID\tReturn request date\tRefunded Amount\tA-to-Z Claim\nA-1\t02-Mar-2026\t{}\tN\n"
FEED = "<AmazonEnvelope><Message><OrderFulfillment><AmazonOrderID>A-1</AmazonOrderID><Item><Quantity>{}</Quantity></Item></OrderFulfillment></Message></AmazonEnvelope>"


@pytest.mark.parametrize(("content", "kind", "day"), [(RETURNS, FactKind.REFUND, DAY), (FEED, FactKind.PACKAGE, None)])
def test_a_format_that_covers_nothing_may_hide_what_it_adds_to_until_it_is_corrected(import_text, counts, content, kind, day):
    import_text(content.format("much"), skip_bad_rows=True)
    assert counts() == {(kind, day): 1}
    import_text(content.format("9"))
    assert counts() == {}


def test_the_rows_of_an_import_can_be_dismissed(import_text, database, account, counts):
    summary = import_text(CLAIMS, skip_bad_rows=True)
    with database.writing() as connection:
        assert dismiss(connection, account, "of another import") == 0
        assert dismiss(connection, account, summary.batch_id) == 2
    assert counts() == {}
