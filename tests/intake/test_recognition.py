"""Formats are recognised by what stands in a file, and what is not recognised is told."""

import dataclasses
from pathlib import Path

import pytest

from sellerhealth.errors import UnknownFormat
from sellerhealth.intake import detect, sample_of
from tests.support.importers import BY_HAND, BY_LAST_UPDATE, BY_ORDER_DATE, FEEDBACK_REPORT, IMPORTERS, ORDERS_API, registered

FLAT = "amazon-order-id\tpurchase-date\torder-status\tfulfillment-channel"


def detected(path: Path, content: str | bytes) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return detect(path, registered(IMPORTERS)).name


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (f"{FLAT}\tcpf\n", BY_ORDER_DATE),
        (f"{FLAT}\n", BY_LAST_UPDATE),
        (FLAT.replace("\t", ",").upper(), BY_LAST_UPDATE),
        ("\ufeffDate\tRating\tComments\tYour Response\tOrder ID\tRater Email\r\n", FEEDBACK_REPORT),
        ('{"orders": []}', ORDERS_API),
        ('\ufeff \n{\n "pagination": {},\n "orders" : [', ORDERS_API),
        ('{"payload": {"order": {}}}', ORDERS_API),
        *((importer.template or "", importer.name) for importer in BY_HAND),
        *((importer.template.replace(",", ";") if importer.template else "", importer.name) for importer in BY_HAND),
    ],
)
def test_every_format_is_recognised_as_itself_alone(tmp_path, content, name):
    assert detected(tmp_path / "file", content) == name


def refused(path: Path, content: str | bytes) -> str:
    with pytest.raises(UnknownFormat) as refusal:
        detected(path, content)
    return str(refusal.value)


def test_an_unknown_file_is_told_with_its_columns_the_nearest_format_and_what_to_do(tmp_path):
    message = refused(tmp_path / "claims.csv", "order_id,opened,state,decided_at,jane@example.com\n")
    assert message.startswith(
        "claims.csv is of no known format. Its columns are 'order_id', 'opened', 'state', 'decided_at', '(an e-mail address)'. "
        "Nearest is claims, which also needs 'opened_at'. Give one of "
    )
    assert all(name in message for name in IMPORTERS)


def test_a_file_that_is_near_nothing_is_told_without_a_guess(tmp_path):
    message = refused(tmp_path / "x.csv", ",".join(f"c{n}" for n in range(20)))
    assert "'c7' and more. Give one of" in message


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "x is empty."),
        (b"  \n \n", "x is empty."),
        (b"\x1f\x8b\x08", "x is compressed: unpack it first."),
        (b"PK\x03\x04", "x is a spreadsheet or an archive: save it as CSV first."),
        ("order_id,opened_at".encode("utf-16"), "x is in UTF-16: save it as text in UTF-8 first."),
        (b'{"errors": []}', "It is JSON without orders."),
        (b'{"payload": {"Orders": [{"AmazonOrderId": "1"}]}}', "It is JSON without orders."),
    ],
)
def test_what_can_be_said_of_an_unknown_file_is_said(tmp_path, content, why):
    assert why in refused(tmp_path / "x", content)


def test_a_file_that_two_formats_claim_is_left_to_the_user(tmp_path):
    path = tmp_path / "claims.csv"
    path.write_text("order_id,opened_at\n")
    other = dataclasses.replace(IMPORTERS["claims"], name="acme_claims")
    with pytest.raises(UnknownFormat, match=r"claims\.csv can be read as acme_claims and as claims: say which with --format\."):
        detect(sample_of(path), registered(IMPORTERS | {"acme_claims": other}))
