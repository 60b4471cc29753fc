"""Recognises a file that is not a report, such as an error response, a web page or a spreadsheet, by its start, without guessing."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

_AGAIN = "request the report again"
_CONTAINERS = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "a workbook of a spreadsheet program: save the sheet with the report as CSV first",
    b"%PDF": "a PDF: download the report as text",
    b"PAR1": "a Parquet file: save it as CSV first",
    b"SQLite format 3\0": "a database: save the table as CSV first",
    b"BZh": "compressed with bzip2: unpack it first",
    b"\xfd7zXZ\0": "compressed with xz: unpack it first",
    b"7z\xbc\xaf\x27\x1c": "an archive of 7-Zip: unpack it first",
    b"Rar!": "an archive of RAR: unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed with Zstandard: unpack it first",
    b"\x89PNG": "an image: download the report as text",
    b"\xff\xd8\xff": "an image: download the report as text",
}
_NOTHING = re.compile(
    r"\bno (data|orders?|records?|results?|rows|feedback) (was |were )?(found|available|exists?|to (report|display))\b|\bno data\b", re.I
)
_FAILURE = re.compile(
    r"\b(error|exception|exceeded|throttled|too many requests|expired|access denied|unauthori[sz]ed|forbidden|not found|timed? ?out)\b",
    re.I,
)
_LONGEST_NOTICE = 500  # characters of a message that was sent instead of a report


def describe_content(start: bytes) -> str | None:
    """A description of a file, with what to do, as the rest of a sentence after "is". None if it is not recognised."""
    for magic, what in _CONTAINERS.items():
        if start.startswith(magic):
            return what
    text = start.decode("utf-8-sig", "replace").strip()
    if not text:
        return "empty"
    if text.startswith("TemplateType="):
        return "a feed of another kind than confirmations of shipment, which alone are read"
    kinds: dict[str, Callable[[str], str | None]] = {"<": _markup, "{": _json, "[": _json}
    return kinds.get(text[0], _notice)(text)


def _markup(text: str) -> str | None:
    if re.match(r"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype html|html|head|body)\b", text, re.I | re.S):
        return f"a web page, such as the one to sign in: sign in and {_AGAIN}"
    if re.search(r"<(\w+:)?(Error|ErrorResponse|Fault)\b", text[:2_000]):
        code = re.search(r"<Code>\s*(\w+)\s*</Code>", text[:10_000])
        return f"an error response{f' ({code[1]})' if code else ''} in place of a report: its link may have expired; {_AGAIN}"
    return "XML of no known format"


def _json(text: str) -> str | None:
    try:
        content: Any = json.loads(text.partition("\n")[0] if _is_whole_line(text) else text)
    except (ValueError, RecursionError):  # larger than the sample, or cut off
        return None
    for thing in content if isinstance(content, list) else [content]:
        if isinstance(thing, dict) and (what := _json_object(thing)):
            return what
    return None


def _is_whole_line(text: str) -> bool:
    line = text.partition("\n")[0].rstrip()
    return "\n" in text and line[-1:] in "}]" and len(line) > 2


def _json_object(content: dict[str, Any]) -> str | None:
    codes = sorted(set(_error_codes(content)))
    if content.get("errors") or content.keys() & {"errorDetails", "error", "error_description"}:
        known = f" ({', '.join(codes)})" if codes else ""
        return f"an error response{known} of Amazon in place of a report: {_AGAIN}"
    if "reportDocumentId" in content and "orders" not in content:
        return "the description of a report document, not the document: download what its `url` names"
    if "reportId" in content or "reports" in content:
        return "the state of a requested report, not the report: get its document once it is DONE"
    if (kind := content.get("NotificationType") or content.get("notificationType")) is not None:
        named = f" ({kind})" if isinstance(kind, str) and re.fullmatch(r"\w{1,60}", kind) else ""
        return f"a notification of another type{named} than ORDER_CHANGE, which alone is read"
    if "$schema" in content:
        return "a JSON schema, which describes data but has none"
    if content.keys() <= {"message", "Message", "code", "type", "__type", "requestId"}:
        return f"an error response of Amazon in place of a report: {_AGAIN}"
    return None


def _error_codes(content: dict[str, Any]) -> Iterator[str]:
    errors = content.get("errors")
    for error in errors if isinstance(errors, list) else []:
        code = error.get("code") if isinstance(error, dict) else None
        if isinstance(code, str) and re.fullmatch(r"\w{1,60}", code):
            yield code


def _notice(text: str) -> str | None:
    """A few lines without a delimiter that say why there is no report."""
    if len(text) > _LONGEST_NOTICE or "\t" in text or text.count("\n") > 5:
        return None
    first = text.splitlines()[0][:80]
    if _NOTHING.search(text):
        return f"a message that there was nothing to report ({first!r}), not a report: there is nothing to import"
    if _FAILURE.search(text):
        return f"an error message ({first!r}) in place of a report: {_AGAIN}"
    return None
