"""Records of delimited text against the slow reader, over short texts that are full of quotes, delimiters and line ends."""

import io

from hypothesis import example, given
from hypothesis import strategies as st

from sellerhealth.sources.line_blocks import LineBlocks
from sellerhealth.sources.records import RecordReader
from tests.fuzz import fuzzing
from tests.fuzz.slow_reader import Record, lines_of, records_of

texts = st.text(st.sampled_from('A1x"" \t,;\n\n\r'), max_size=60)


def is_record(cells):
    return len(cells) > 1 and cells[0] == "A" and cells[1] == "1"


class Trickling(io.BytesIO):
    """A stream that hands over few bytes at a time, so that lines and line ends are torn."""

    def __init__(self, content, most):
        super().__init__(content)
        self._most = most

    def read(self, size=-1):
        return super().read(self._most)


def read(text, delimiter, width, *, joins=True, most=1_000):
    blocks = LineBlocks(Trickling(text.encode("latin-1"), most))
    reader = RecordReader(blocks, delimiter, width, joins=joins)
    reader.is_record = is_record
    return [(number, None if error else cells) for number, cells, _, error in reader]


@fuzzing(short=400)
@given(texts, st.sampled_from("\t,;"), st.integers(1, 5), st.booleans(), st.integers(1, 9))
@example('x\t"\nA\t1\nx"\t1', "\t", 2, True, 9)
def test_records_are_those_of_the_slow_reader_and_no_line_is_lost(text, delimiter, width, joins, most):
    text = f"head\n{text}"
    slow = records_of(text, delimiter, width, is_record, joins=joins)
    assert read(text, delimiter, width, joins=joins, most=most) == [(number, cells) for number, _, cells in slow]
    assert sum(record.lines for record in slow) >= len(lines_of(text)) - 1


@fuzzing(short=60)
@given(st.lists(st.text(st.sampled_from('A1"x\t'), max_size=20), max_size=10), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_the_line_end_makes_no_difference(lines, end, is_terminated):
    text = end.join(["head", *lines]) + end * is_terminated
    plain = "\n".join(["head", *lines]) + "\n" * is_terminated
    assert [cells for _, cells in read(text, "\t", 3)] == [cells for _, cells in read(plain, "\t", 3)]


def test_a_joined_record_takes_its_lines_and_no_more():
    assert records_of('h\nA\t"x\ny"\t1\nA\t1\t2\n', "\t", 3, is_record) == [
        Record(2, 2, ["A", "x\ny", "1"]),
        Record(4, 1, ["A", "1", "2"]),
    ]
