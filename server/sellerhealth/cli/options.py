"""Options that several commands share."""

import datetime as dt
from typing import Annotated

import typer

MetricKey = Annotated[str, typer.Argument(help="The key of the metric, for example late_shipment_rate.")]
AccountKey = Annotated[str, typer.Option("--account", metavar="KEY", help="The account.")]
PluginFiles = Annotated[
    list[str] | None,
    typer.Option("--plugin", metavar="FILE", help="A plugin without packaging: FILE.py, or FILE.py:NAME. Can be repeated."),
]
Port = Annotated[int | None, typer.Option("--port", metavar="N", min=0, max=65535, help="The port. Default: 8000; 0: any free port.")]


def _parse_day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day: write it as year, month and day, for example 2026-03-31") from None


Days = Annotated[
    int | None,
    typer.Option(
        "--days",
        metavar="N",
        help="The length of the window in days; 0: the lifetime. Default: the first window of the metric.",
    ),
]
AsOf = Annotated[
    dt.date | None, typer.Option("--as-of", metavar="DAY", parser=_parse_day, help="The day as of which to look. Default: today in UTC.")
]
