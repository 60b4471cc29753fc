"""Amazon's flat files of all orders."""

import pytest

from sellerhealth.facts import Item, Order
from sellerhealth.sources import Rejected, Remark, Row, Skipped
from tests.support.importers import BY_LAST_UPDATE, BY_ORDER_DATE, DE, US, at, entries, errors, known_values, rows

# The columns as Amazon documents them: see docs/import.md#all-orders.
COLUMNS = (
    "amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel order-channel "
    "ship-service-level product-name sku asin item-status quantity currency item-price item-tax shipping-price shipping-tax "
    "gift-wrap-price gift-wrap-tax item-promotion-discount ship-promotion-discount ship-city ship-state ship-postal-code ship-country "
    "promotion-ids cpf is-business-order purchase-order-number price-designation"
).split()
SHIPPED = {
    "amazon-order-id": "111-0000001-0000001",
    "purchase-date": "2026-03-01T10:00:00+00:00",
    "last-updated-date": "2026-03-03T08:00:00+00:00",
    "order-status": "Shipped",
    "fulfillment-channel": "Merchant",
    "sales-channel": "Amazon.com",
    "item-status": "Shipped",
    "quantity": "2",
    "product-name": 'A 12" towel',
}


def flat(*lines: dict[str, str], columns: list[str] = COLUMNS) -> str:
    return "".join(
        "\t".join(line.get(column, "") for column in columns) + "\r\n" for line in (dict(zip(columns, columns, strict=True)), *lines)
    )


def only(**cells: str) -> dict[str, object]:
    """The known values of an order whose line has these cells."""
    changed = SHIPPED | {name.replace("_", "-"): value for name, value in cells.items()}
    (row,) = rows(BY_ORDER_DATE, flat(changed, columns=[*COLUMNS, *(changed.keys() - set(COLUMNS))]))
    return known_values(row)


def test_a_line_becomes_an_order_as_of_its_last_update():
    (row,) = rows(BY_ORDER_DATE, flat(SHIPPED))
    assert row.fact is Order
    assert known_values(row) == {
        "order_id": "111-0000001-0000001",
        "placed_at": at("2026-03-01T10:00:00Z"),
        "marketplace": US,
        "channel": "SELLER",
        "status": "SHIPPED",
        "item_cancelled": False,
    }
    assert (row.observed_at, row.line) == (at("2026-03-03T08:00:00Z"), 2)


def test_a_line_reports_the_product_of_its_item_and_the_service_of_its_order():
    (row,) = rows(BY_ORDER_DATE, flat(SHIPPED | {"sku": "CUP-1", "asin": "B000000001", "ship-service-level": "Expedited"}))
    assert known_values(row)["ship_service"] == "Expedited"
    item = {"order_id": "111-0000001-0000001", "item_id": "sku:CUP-1:1", "sku": "CUP-1", "asin": "B000000001", "quantity": 2}
    assert [(part.fact, known_values(part)) for part in row.parts] == [(Item, item)]


@pytest.mark.parametrize(("cells", "item_id"), [({"asin": "B000000001"}, "sku::1"), ({}, None)])
def test_a_line_without_a_product_reports_no_item(cells, item_id):
    (row,) = rows(BY_ORDER_DATE, flat(SHIPPED | cells))
    assert [part.values["item_id"] for part in row.parts] == ([] if item_id is None else [item_id])


def test_both_reports_are_read_in_the_same_way():
    columns = [column for column in COLUMNS if column != "cpf"]
    by_update = rows(BY_LAST_UPDATE, flat(SHIPPED, columns=columns))
    assert by_update == rows(BY_ORDER_DATE, flat(SHIPPED)) == rows(BY_ORDER_DATE, flat(SHIPPED, columns=columns))


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Pending", "PENDING"),
        ("PendingAvailability", "PENDING"),
        ("Unshipped", "UNSHIPPED"),
        ("Partially Shipped", "PARTIALLY_SHIPPED"),
        ("PartiallyShipped", "PARTIALLY_SHIPPED"),
        ("Shipped", "SHIPPED"),
        ("shipped", "SHIPPED"),
        ("Shipped - Delivered to Buyer", "SHIPPED"),
        ("Shipped - Lost in Transit", "SHIPPED"),
        ("Pending - Waiting for Pick Up", "UNSHIPPED"),
        ("Cancelled", "CANCELLED"),
        ("Canceled", "CANCELLED"),
        ("Unfulfillable", "UNFULFILLABLE"),
    ],
)
def test_a_status_is_read_in_every_spelling_that_amazon_uses(word, status):
    assert only(order_status=word)["status"] == status


@pytest.mark.parametrize(("word", "channel"), [("Merchant", "SELLER"), ("MFN", "SELLER"), ("Amazon", "AMAZON"), ("AFN", "AMAZON")])
def test_a_channel_is_read_by_both_its_names(word, channel):
    assert only(fulfillment_channel=word)["channel"] == channel


@pytest.mark.parametrize("word", ["Cancelled", "Canceled"])
def test_a_cancelled_item_is_reported_for_its_order(word):
    assert only(item_status=word)["item_cancelled"] is True


def test_each_line_reports_whether_its_item_is_cancelled_unless_the_whole_order_is():
    lines = (
        SHIPPED | {"item-status": "Cancelled"},
        SHIPPED,
        SHIPPED | {"item-status": ""},
        SHIPPED | {"order-status": "Cancelled", "item-status": "Cancelled"},
    )
    assert [row.values["item_cancelled"] for row in rows(BY_ORDER_DATE, flat(*lines))] == [True, False, None, False]


def test_columns_that_only_some_files_have_are_read():
    found = only(
        is_buyer_requested_cancellation="true",
        is_replacement_order="false",
        latest_ship_date="2026-03-03T07:59:59+00:00",
        latest_delivery_date="2026-03-09T07:59:59+00:00",
        earliest_delivery_date="2026-03-05T08:00:00+00:00",
    )
    assert found["buyer_asked"] is True
    assert found["is_replacement"] is False
    assert found["ship_by"] == at("2026-03-03T07:59:59Z")
    assert found["deliver_by"] == at("2026-03-09T07:59:59Z")
    assert found["deliver_by_earliest"] == at("2026-03-05T08:00:00Z")


def test_the_marketplace_is_that_of_the_sales_channel_else_the_one_named_at_import():
    assert only(sales_channel="Amazon.de")["marketplace"] == DE
    assert only(sales_channel="amazon.DE")["marketplace"] == DE
    (row,) = rows(BY_ORDER_DATE, flat(SHIPPED | {"sales-channel": ""}), DE)
    assert row.values["marketplace"] == DE


@pytest.mark.parametrize("channel", ["Non-Amazon", "Non-Amazon US", "SI UK Prod Marketplace"])
def test_orders_from_other_shops_are_skipped(channel):
    assert rows(BY_ORDER_DATE, flat(SHIPPED | {"sales-channel": channel})) == []


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("amazon-order-id", "", "column 'amazon-order-id': found '', expected a value"),
        ("purchase-date", "", "column 'purchase-date': found '', expected a value"),
        ("purchase-date", "01/03/2026", "column 'purchase-date': found '01/03/2026', expected an instant with its offset"),
        ("order-status", "Shiped", "column 'order-status': found 'Shiped', expected one of Pending,"),
        ("fulfillment-channel", "Seller", "column 'fulfillment-channel': found 'Seller', expected one of Merchant, MFN, Amazon, AFN."),
        (
            "sales-channel",
            "Amaz",
            "column 'sales-channel': found 'Amaz', expected the id, country code or domain of a marketplace.",
        ),
        ("latest-ship-date", "soon", "column 'latest-ship-date': found 'soon', expected an instant with its offset"),
    ],
)
def test_a_bad_cell_is_reported_with_its_line_and_column(column, value, message):
    columns = [*COLUMNS, "latest-ship-date"]
    found = entries(BY_ORDER_DATE, flat(SHIPPED, SHIPPED | {column: value}, SHIPPED, columns=columns))
    (error,) = errors(found)
    assert error.startswith(f"line 3, {message}")
    assert len(found) == 3


def test_an_unknown_marketplace_of_amazon_is_reported_with_the_nearest():
    (error,) = errors(entries(BY_ORDER_DATE, flat(SHIPPED | {"sales-channel": "amazon.co.ukk"})))
    assert "Did you mean amazon.co.uk" in error


def test_the_rejected_line_is_kept_unchanged():
    bad = SHIPPED | {"order-status": "?", "product-name": "Größe"}
    (rejected,) = entries(BY_ORDER_DATE, flat(bad))
    assert rejected.text == flat(bad).splitlines()[1]


def test_no_message_repeats_an_address_from_a_shifted_column():
    (error,) = errors(entries(BY_ORDER_DATE, flat(SHIPPED | {"order-status": "jane.doe@example.com"})))
    assert "found '(an e-mail address)'" in error
    assert "jane" not in error


def read(*lines: dict[str, str]) -> list[object]:
    return entries(BY_ORDER_DATE, flat(*lines))


def test_an_unknown_word_of_an_item_is_left_out_with_a_remark_unless_it_may_be_a_cancellation():
    remark, row = read(SHIPPED | {"item-status": "Out for Delivery"})
    assert isinstance(row, Row)
    assert remark == Remark(2, "item-status", "holds 'Out for Delivery', a status that is not known: it was left out")
    (error,) = errors(read(SHIPPED | {"item-status": "Cancelled by Carrier"}))
    assert "column 'item-status': found 'Cancelled by Carrier'" in error


def test_a_row_of_a_marketplace_that_is_not_known_is_set_aside_by_itself():
    found = read(SHIPPED, SHIPPED | {"sales-channel": "Amazon.cl"}, SHIPPED)
    assert [type(entry) for entry in found] == [Row, Skipped, Row]
    assert found[1][:2] == (3, "its marketplace Amazon.cl is not known")
    assert found[1].values["order_id"] == found[0].values["order_id"]


@pytest.mark.parametrize("channel", ["A", "Amaz", "amazon", "Amazon.", "Amazon.d", "Amazon.co", "Amazon.com.", "Amazon 2"])
def test_the_beginning_of_a_sales_channel_is_not_taken_for_another_shop(channel):
    (error,) = errors(read(SHIPPED | {"sales-channel": channel}))
    assert f"column 'sales-channel': found '{channel}'" in error


def test_a_file_of_which_every_cell_is_quoted_is_read():
    lines = flat(SHIPPED | {"product-name": ""}, SHIPPED).replace('A 12" towel', 'A 12"" towel').splitlines()
    quoted = "\r\n".join("\t".join(f'"{cell}"' for cell in line.split("\t")) for line in lines)
    assert rows(BY_ORDER_DATE, quoted) == rows(BY_ORDER_DATE, flat(SHIPPED, SHIPPED))


def test_quotes_in_the_names_of_products_join_no_lines():
    names = ['"Best', 'towel"', '"', '"a"b"', '12"', '"whole"']
    found = read(*(SHIPPED | {"product-name": name} for name in names))
    assert len(found) == len(names)
    assert errors(found) == []


@pytest.mark.parametrize("cut", range(1, len(flat(SHIPPED).splitlines()[1])))
def test_wherever_a_file_is_cut_off_its_last_order_is_whole_or_rejected(cut):
    others = [SHIPPED | {"amazon-order-id": f"111-000000{n}-0000001"} for n in range(4)]
    whole = rows(BY_ORDER_DATE, flat(*others, SHIPPED))
    found = entries(BY_ORDER_DATE, flat(*others, SHIPPED).removesuffix("\r\n")[:-cut])
    assert found[:4] == whole[:4]
    assert len(found) == 5
    assert isinstance(found[4], Rejected) or known_values(found[4]).items() <= known_values(whole[4]).items()
