"""`sellerhealth demo --database`: what it refuses; and `--compare-sources`. How it serves is in tests/e2e/test_demo.py."""

import datetime as dt
import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from sellerhealth.database_url import redacted
from sellerhealth.demo import by_source
from sellerhealth.demo.calendar import CLOCK
from sellerhealth.demo.history import History
from tests.support.running import run


def test_a_database_with_other_accounts_is_refused(invoke, folder, shop, store_url):
    done = run(folder, "demo", "--port", "0", "--database", store_url)
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"BAD_USER_INPUT: The database {redacted(sa.make_url(store_url))} has an account 'shop', which is none of those of this command"
    )
    assert [row[0] for row in invoke("account", "list").rows()] == ["shop"]


@pytest.mark.parametrize("url", ["mysql://me:hidden@host/x", "postgresql://me:hid@den@host/x", "postgresql://me:hidden@127.0.0.1:1/x"])
def test_a_url_is_refused_without_its_password(folder, url):
    done = run(folder, "demo", "--port", "0", "--database", url)
    assert done.returncode == 1
    assert done.stderr.startswith(("BAD_SETTINGS", "STORE_UNREACHABLE"))
    assert "hid" not in done.stdout + done.stderr


def test_the_address_to_listen_on_can_be_named(folder):
    done = run(folder, "demo", "--port", "0", "--host", "no-such-host.invalid")
    assert (done.returncode, done.stderr.split(":")[0]) == (1, "BAD_SETTINGS")
    assert "cannot listen on no-such-host.invalid" in done.stderr


@pytest.mark.parametrize("option", [("--host", "0.0.0.0"), ("--port", "0")])
def test_a_comparison_takes_no_address_to_listen_on(invoke, option):
    done = invoke("demo", "--compare-sources", *option)
    assert (done.exit_code, "--compare-sources serves nothing" in done.err) == (2, True)


UNKNOWN = {"Cancellation rate", "Late shipment rate", "Valid tracking rate", "Seller rating"}


def test_a_seller_has_the_same_numbers_from_each_source_of_orders_where_the_sources_know_the_same(invoke, folder, monkeypatch):
    seller = recent(by_source.history_of_seller())
    monkeypatch.setattr(by_source, "history_of_seller", lambda: seller)
    done = invoke("demo", "--compare-sources", "--keep", str(folder / "kept"))
    alone, together = (_compared(part) for part in done.out.split("With cancellations.csv and packages.csv")[:2])
    assert {metric for metric, (*_, is_same) in alone.items() if is_same == "no"} == UNKNOWN
    for v0, api, flat, is_same in (alone[metric] for metric in UNKNOWN - {"Seller rating"}):
        assert v0 == flat
        assert ("NOT_AVAILABLE" in v0, "NOT_AVAILABLE" in api, is_same) == (True, False, "no")
    assert all(each.endswith("(no packages)") for each in (alone["Seller rating"][0], alone["Late shipment rate"][0]))
    assert together.keys() == alone.keys()
    assert {is_same for *_, is_same in together.values()} == {"yes"}
    assert [metric for metric, (v0, *_) in together.items() if v0.startswith("N/A")] == []
    assert (folder / "kept" / "flat-files" / "unshipped-orders.txt").stat().st_size > 0


def recent(history: History) -> History:
    """What belongs to the orders of the last 45 days."""
    orders = [order for order in history.orders if order.placed_at > CLOCK - dt.timedelta(45)]
    ids = {order.order_id for order in orders}
    kinds = {
        name: [each for each in getattr(history, name) if each.order.order_id in ids]
        for name in ("feedback", "claims", "chargebacks", "refunds")
    }
    return replace(history, orders=orders, **kinds)


def _compared(table: str) -> dict[str, list[str]]:
    """The cells of each metric over its last window."""
    lines = [re.split(r" {2,}", line.strip()) for line in table.splitlines() if re.search(r" (yes|no) *$", line)]
    return {metric: cells for metric, _, *cells in lines}
