"""Compares a stream with what its sender says of it: a download that was cut off or damaged is refused."""

import hashlib
import re
from typing import BinaryIO

from sellerhealth.errors import BadInput, ContentMismatch
from sellerhealth.intake.rewindable import size_of

_SHA256 = re.compile("[0-9a-fA-F]{64}")


def check_size(content: BinaryIO, name: str, expected: int | None) -> None:
    """Raises ContentMismatch if a stream has another number of bytes. It is then at its start again."""
    if expected is not None and (size := size_of(content)) != expected:
        what = "it was cut off" if size < expected else "it is another file"
        raise ContentMismatch(f"{name} has {size:,} bytes instead of {expected:,}: {what}. Nothing of it was imported: get it again.")


def check_sha256(content: BinaryIO, name: str, expected: str | None) -> None:
    """Raises ContentMismatch if a stream has another checksum. It is then at its start again."""
    if expected is None:
        return
    if _SHA256.fullmatch(expected) is None:
        raise BadInput("A SHA-256 checksum has 64 hexadecimal digits, as `sha256sum` prints it.", argument="expect_sha256")
    found = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]  # its protocol is private
    content.seek(0)
    if found != expected.lower():
        raise ContentMismatch(
            f"{name} has the SHA-256 checksum {found} instead of {expected.lower()}: it was damaged or is another file. "
            "Nothing of it was imported: get it again."
        )
