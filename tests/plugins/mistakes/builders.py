"""Builds the source of a plugin with one mistake, and says what is expected of its reason or warning."""

from dataclasses import dataclass, field

IMPORTS = """import datetime as dt
import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy import func
from sellerhealth import *
from sellerhealth.facts import *
from sellerhealth.sources import Importer
"""
HOOK = "@hookimpl\ndef register_metrics({}):\n    {}"


@dataclass(frozen=True)
class Mistake:
    """`source` is that of the module `acme`, `expected` are parts of the reason, `line` is a part of the line that it names."""

    source: str
    expected: tuple[str, ...]
    line: str | None = None
    value: str = "acme:acme"
    settings: dict[str, object] = field(default_factory=dict)
    only_warns: bool = False


def metric(late: str = "Order.late_by > 0", before: str = "", on: str = "Order.placed_on", **fields: str | None) -> str:
    """The source of a module with a metric. `fields` replace those of the metric; None leaves one out."""
    declared: dict[str, str | None] = {
        "key": "'acme_rate'",
        "title": "'Acme'",
        "description": "'Late orders.'",
        "section": "'acme'",
        "windows": "(Window(30),)",
        "measures": "{'orders': orders, 'late': late}",
        "value": "late / orders",
    }
    lines = [f"    {name}={text},\n" for name, text in {**declared, **fields}.items() if text is not None]
    return (
        f"{IMPORTS}{before}\norders = count(on={on}, where=Order.accepted, description='Orders.')\n"
        f"late = orders.where({late}, 'Late ones.')\nacme = Metric(\n{''.join(lines)})\n"
    )


def condition(late: str, *expected: str, line: str | None = "late = ", before: str = "") -> Mistake:
    """A mistake in a condition."""
    return Mistake(metric(late, before), expected, line)


def warning(late: str, *expected: str) -> Mistake:
    """A condition that is probably a mistake."""
    return Mistake(metric(late), expected, "late = ", only_warns=True)


def declaration(*expected: str, line: str | None = "acme = ", **fields: str | None) -> Mistake:
    """A mistake in a field of a metric."""
    return Mistake(metric(**fields), expected, line)


def module(body: str, *expected: str, line: str | None = None, value: str = "acme", **settings: object) -> Mistake:
    """A mistake in a module without that metric."""
    return Mistake(IMPORTS + body, expected, line, value, settings)


def own_class(body: str, *expected: str, line: str | None = None, **fields: str) -> Mistake:
    """A mistake in a value or target that the plugin itself defines."""
    return Mistake(metric(before=body, **fields), expected, line)
