"""The same feedback, written in every dialect of delimited text, is read the same: no row is lost, none is made up."""

import csv
import io
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from sellerhealth.intake.unpacking import report_files
from sellerhealth.sources import FileContext, Rejected, Row
from tests.fuzz import fuzzing
from tests.importers.test_any_file import Generated
from tests.support.importers import IMPORTERS, JP, NOW, US, entries

HEAD = ["order_id", "left_at", "rating", "comment", "removed_at", "struck_through"]
LETTERS = {"utf-8": "aé良„“", "utf-8-sig": "aé良", "utf-16": "aé良", "utf-16-be": "aé", "cp1252": "aéß", "cp932": "a良い品"}


def comments(encoding):
    return st.text(st.sampled_from(LETTERS[encoding] + "\"' -"), max_size=12)


@st.composite
def files(draw):
    """A file, and the rows that it was made of."""
    encoding = draw(st.sampled_from(sorted(LETTERS)))
    texts = draw(st.lists(comments(encoding), max_size=6))
    rows = [[f"111-{n:07}-0000001", f"2026-03-0{n + 1}", str(n % 5 + 1), text.strip(), "", ""] for n, text in enumerate(texts)]
    delimiter, end = draw(st.sampled_from("\t,;")), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quoting = draw(
        st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONE] if delimiter == "\t" else [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    )
    lines = []
    for cells in [HEAD, *rows]:
        if quoting == csv.QUOTE_NONE:
            line = "\t".join(cells)
            lines.append(line.rstrip("\t") if draw(st.booleans()) else line)
        else:
            text = io.StringIO()
            csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="").writerow(cells)
            lines.append(text.getvalue())
    return (end.join(lines) + end * draw(st.booleans())).encode(encoding), encoding, quoting, rows


@fuzzing(short=300)
@given(files())
def test_no_row_is_lost_in_any_dialect(file):
    content, encoding, quoting, rows = file
    (text,) = [stream.read() for _, stream in report_files(io.BytesIO(content), "file")]
    found = entries("feedback", text, JP if encoding == "cp932" else US)
    assert [type(entry) for entry in found] == [Row] * len(rows)
    assert [(entry.values["order_id"], str(entry.values["rating"])) for entry in found] == [(row[0], row[2]) for row in rows]
    if quoting != csv.QUOTE_NONE:  # without quoting, quotes around a whole comment may be taken for CSV's
        assert [entry.values["comment"] for entry in found] == [row[3] or None for row in rows]


@fuzzing(short=150)
@given(
    st.lists(st.lists(st.text(st.sampled_from('ab1"\n'), min_size=1, max_size=6).map(str.strip), min_size=1, max_size=3), max_size=5),
    st.sampled_from(",;\t"),
)
def test_quoted_comments_may_span_lines(texts, delimiter):
    text = io.StringIO()
    write = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow
    write(HEAD)
    for n, parts in enumerate(texts):
        write([f"111-{n:07}-0000001", "2026-03-01", "1", "\n".join(parts), "", ""])
    found = entries("feedback", text.getvalue(), US)
    assert [entry.values["comment"] for entry in found] == ["\n".join(parts).strip() or None for parts in texts]
    assert [entry.lines for entry in found] == [len("\n".join(parts).split("\n")) for parts in texts]


def test_a_line_of_any_length_takes_bounded_memory_and_costs_only_itself():
    def content():
        yield b"order_id,opened_at\nA-1,2026-03-01\nA-2,"
        yield from (b"x" * 2**16 for _ in range(600))
        yield b"\nA-3,2026-03-01\n"

    tracemalloc.start()
    found = list(IMPORTERS["claims"].read(io.BufferedReader(Generated(content())), FileContext(NOW)))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [type(entry) for entry in found] == [Row, Rejected, Row]
    assert most < 10_000_000
