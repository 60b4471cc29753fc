"""`reported`: shows the figures that Amazon itself reports."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from sellerhealth.cli.options import AsOf
from sellerhealth.cli.output import print_note, print_table

if TYPE_CHECKING:
    from sellerhealth.store.reported_figures import ReportedFigure


def reported(
    account: Annotated[str, typer.Option("--account", metavar="KEY", help="The account.")],
    as_of: AsOf = None,
) -> None:
    """Show Amazon's own figures from the last performance report of each marketplace."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import find_account_id, open_database, owner_session
    from sellerhealth.store.reported_figures import last_figures

    settings = read_settings()
    day = as_of or (settings.clock or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).date()
    with open_database(settings) as database:
        account_id = find_account_id(database, account)
        with owner_session(database) as session:
            figures = last_figures(session, [account_id], day).get(account_id, ())
    if not figures:
        print_note(f"No performance report that was taken by {day} was ever imported. docs/import.md says where to get one.")
        return
    columns = ("marketplace", "figure", "channel", "value", "of", "status", "target", "from", "to", "report of")
    print_table(columns, map(_cells, figures))


def _cells(figure: "ReportedFigure") -> list[object]:
    from sellerhealth.marketplaces import MARKETPLACES
    from sellerhealth.store.reported_figures import display

    market = MARKETPLACES.get(figure.marketplace)
    counts = [f"{each:,}" for each in (figure.numerator, figure.denominator) if each is not None]
    target = "" if figure.target is None else f"{figure.target_condition or ''} {display(figure.target, figure.unit)}".strip()
    return [
        figure.marketplace if market is None else market.name,
        figure.figure,
        figure.channel,
        figure.display,
        " of ".join(counts),
        figure.status,
        target,
        figure.first_on,
        figure.last_on,
        figure.taken_on,
    ]
