"""Delimited text: the same rows for every delimiter, encoding, line end and quoting."""

import io

import pytest

from sellerhealth.errors import BadFile
from sellerhealth.facts import Order
from sellerhealth.sources import Column, FileContext, Sheet, key
from tests.support.importers import JP, NOW, entries, errors, known_values, rows

PLAIN = "order_id,left_at,rating,comment\nA-1,2026-03-01,5,Fine\nA-2,2026-03-02,1,Grüße „hier“\n"


def comments(content: str | bytes, marketplace: str | None = None) -> list[str | None]:
    return [row.values["comment"] for row in rows("feedback", content, marketplace)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(PLAIN.encode(), id="utf-8"),
        pytest.param(PLAIN.encode("utf-8-sig"), id="utf-8 with a mark"),
        pytest.param(PLAIN.encode("cp1252"), id="windows-1252"),
        pytest.param(PLAIN.replace("\n", "\r\n").encode(), id="crlf"),
        pytest.param(PLAIN.replace(",", ";").encode(), id="semicolons"),
        pytest.param(PLAIN.replace(",", "\t").encode(), id="tabs"),
        pytest.param(PLAIN.replace("\n", "\n\n").encode(), id="blank lines"),
        pytest.param(f"{PLAIN},,,\n".encode(), id="a line of empty cells"),
        pytest.param(PLAIN.rstrip("\n").encode(), id="no last line end"),
        pytest.param(PLAIN.replace("order_id,left_at", " Order ID ,LEFT-AT").encode(), id="other spelling of the names"),
        pytest.param(PLAIN.replace("Fine", " Fine ").encode(), id="spaces around a value"),
    ],
)
def test_every_way_to_write_a_file_gives_the_same_rows(content):
    assert comments(content) == ["Fine", "Grüße „hier“"]


def test_columns_are_found_by_name_and_unknown_ones_are_ignored():
    content = "colour,rating,order_id,left_at\nred,4,A-1,2026-03-01T10:00:00Z\n"
    assert [known_values(row)["rating"] for row in rows("feedback", content)] == [4]


ONE_COLUMN = Sheet((Column("order", "order_id", key, "The order."),), lambda values: Order, marks=frozenset({"replaced"}))


@pytest.mark.parametrize("content", ["order,replaced\nA-1,yes\n", "replaced\torder\nyes\tA-1\n", "order,replaced\nA-1\n"])
def test_the_cell_of_a_single_column_is_read_as_a_whole(content):
    (row,) = ONE_COLUMN.read(io.BytesIO(content.encode()), FileContext(NOW))
    assert row.values == {"order_id": "A-1"}


def test_a_file_without_any_column_that_is_read_is_refused():
    with pytest.raises(BadFile, match="none of the columns"):
        list(ONE_COLUMN.read(io.BytesIO(b"replaced\nyes\n"), FileContext(NOW)))


def test_a_quoted_cell_may_contain_delimiters_quotes_and_line_breaks_and_lines_are_counted_as_in_the_file():
    content = 'order_id,left_at,rating,comment\nA-1,2026-03-01,5,"Good, ""very""\ngood"\nA-2,2026-03-01,3,\n'
    found = rows("feedback", content)
    assert [(row.line, row.values["comment"]) for row in found] == [(2, 'Good, "very"\ngood'), (4, None)]


def test_quotes_in_a_tab_delimited_file_without_quoting_are_ordinary_characters():
    lines = [
        'A-1\t2026-03-01\t5\t12" wide',
        'A-2\t2026-03-01\t5\t"Best" shop',
        'A-3\t2026-03-01\t5\t"never closed',
        "A-4\t2026-03-01\t5\tfine",
    ]
    assert comments("\n".join(["order_id\tleft_at\trating\tcomment", *lines])) == ['12" wide', '"Best" shop', '"never closed', "fine"]


def test_two_lines_with_a_quote_each_are_not_joined():
    lines = ['A-1\t2026-03-01\t5\t"Good', "A-2\t2026-03-01\t5\tfine", 'A-3\t2026-03-01\t5\t19"']
    assert comments("\n".join(["order_id\tleft_at\trating\tcomment", *lines])) == ['"Good', "fine", '19"']


def test_a_quote_that_is_never_closed_in_a_csv_is_an_error_at_its_line():
    (error,) = errors(entries("feedback", 'order_id,left_at,rating,comment\nA-1,2026-03-01,5,"Good\nA-2,2026-03-01,5,fine\n'))
    assert error.startswith("line 2: expected text that is quoted as in CSV")


def test_a_quote_that_is_never_closed_does_not_spoil_the_rest_of_a_long_file():
    lines = [f"A-{n},2026-03-01,5,fine" for n in range(20_000)]
    found = entries("feedback", "\n".join(["order_id,left_at,rating,comment", 'B,2026-03-01,5,"Good', *lines]))
    assert len(errors(found)) == 1
    assert len(found) > 10_000


def test_a_line_may_lack_its_last_cells():
    (row,) = rows("claims", "order_id,opened_at,state\nA-1,2026-03-01\n")
    assert row.values["order_id"] == "A-1"


def test_a_line_with_too_many_cells_is_an_error():
    found = entries("claims", "order_id,opened_at,state\nA-1,2026-03-01,OPEN,what?\nA-2,2026-03-01,OPEN,,\n")
    assert errors(found) == ["line 2: found '4 cells', expected 3, as many as the first line"]
    assert len(found) == 2


def test_a_file_may_mix_encodings():
    content = "order_id,left_at,rating,comment\nA-1,2026-03-01,5,Grüße\n".encode() + b"A-2,2026-03-01,5,Gr\xfc\xdfe\n"
    assert comments(content) == ["Grüße", "Grüße"]


def test_bytes_of_a_comment_that_are_no_text_are_replaced_with_a_remark():
    content = b"order_id,left_at,rating,comment\nA-1,2026-03-01,5,fine\nA-2,2026-03-01,1,caf\x81\n"
    first, remark, second = entries("feedback", content)
    assert (first.values["comment"], second.values["comment"], second.values["rating"]) == ("fine", "caf�", 1)
    assert (remark.line, remark.field) == (3, "comment")
    assert remark.text == "has bytes that are not text in utf-8 or cp1252 (byte 0x81 is not): they were read as �"


def test_bytes_of_a_cell_that_decides_something_are_an_error_that_names_line_and_column():
    (error,) = errors(entries("feedback", b"order_id,left_at,rating,comment\nA-1,2026-03-01,\x81,fine\n"))
    assert error == "line 2, column 'rating': found '�', expected text in utf-8 or cp1252 (byte 0x81 is not)"


def test_an_undecodable_byte_in_an_unused_column_does_no_harm():
    content = b"order_id,left_at,rating,note\nA-1,2026-03-01,5,\x81\x8d\xff\n"
    assert len(rows("feedback", content)) == 1


def test_japanese_files_are_read_in_their_older_encoding():
    content = "order_id,left_at,rating,comment\nA-1,2026-03-01,5,良い商品\n"
    assert comments(content.encode("cp932"), JP) == comments(content.encode(), JP) == ["良い商品"]


def test_a_file_with_only_a_header_is_valid_and_has_no_rows():
    assert rows("claims", "order_id,opened_at\n") == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"\r\n\r\n", "is empty"),
        ("order_id,opened_at\n".encode("utf-16"), "is in UTF-16"),
        (b"x" * 200_000, "is not delimited text"),
        (b"order_id,state\nA,OPEN\n", "has no column 'opened_at'"),
        (b"state\nOPEN\n", "has no column 'order_id' and no column 'opened_at'"),
        (b"order_id,opened_at,Opened At\n", "has more than one column 'opened_at'"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(content, why):
    with pytest.raises(BadFile, match=f"The file {why}"):
        entries("claims", content)
