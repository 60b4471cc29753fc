"""What the sender says of a stream: its size and its checksum, before it is unpacked."""

import gzip
import hashlib
import io

import pytest

from sellerhealth.access import OWNER
from sellerhealth.errors import BadInput, ContentMismatch
from sellerhealth.facts import Claim
from sellerhealth.intake import import_reports
from sellerhealth.model.records import ImportBatch
from tests.support.importers import NOW
from tests.support.imports import stored
from tests.support.streams import pipe

CLAIMS = b"order_id,opened_at\nA-1,2026-03-01\nA-2,2026-03-02\n"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def import_bytes(database, loaded, account):
    def import_bytes(content, **expected):
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        return list(import_reports(database, loaded, OWNER, account, stream, "claims.csv", observed_at=NOW, **expected))

    return import_bytes


@pytest.mark.parametrize("content", [CLAIMS, gzip.compress(CLAIMS, mtime=0)], ids=["plain", "compressed"])
def test_a_stream_that_is_as_it_was_sent_is_imported(import_bytes, content):
    expected = {"expect_size": len(content), "expect_sha256": sha256(content).upper()}
    assert [summary.new for summary in import_bytes(content, **expected)] == [2]
    with pipe(content) as stream:
        assert [summary.unchanged for summary in import_bytes(stream, **expected)] == [2]


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"expect_size": len(CLAIMS)}, "claims.csv has 34 bytes instead of 49: it was cut off. Nothing of it was imported: get it again."),
        ({"expect_size": 3}, "claims.csv has 34 bytes instead of 3: it is another file"),
        ({"expect_sha256": sha256(CLAIMS)}, f"instead of {sha256(CLAIMS)}: it was damaged or is another file"),
        ({"expect_size": 34, "expect_sha256": sha256(CLAIMS)}, "SHA-256"),
    ],
)
def test_a_stream_that_differs_is_refused_and_nothing_is_imported(database, import_bytes, expected, message):
    cut_off = CLAIMS[: CLAIMS.index(b"A-2")]  # a report of its own: no row of it shows that there were more
    with pytest.raises(ContentMismatch) as refused:
        import_bytes(cut_off, **expected)
    assert message in str(refused.value)
    assert refused.value.code == "CONTENT_MISMATCH"
    assert stored(database, Claim) == stored(database, ImportBatch) == []


@pytest.mark.parametrize("checksum", ["", "abc", "g" * 64, sha256(CLAIMS)[:-1], f" {sha256(CLAIMS)}"])
def test_a_checksum_that_is_none_is_refused(import_bytes, checksum):
    with pytest.raises(BadInput, match="has 64 hexadecimal digits, as `sha256sum` prints it"):
        import_bytes(CLAIMS, expect_sha256=checksum)
