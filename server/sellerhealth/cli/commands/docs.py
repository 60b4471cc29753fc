"""`docs`: shows the manual in the terminal."""

from typing import Annotated

import typer

from sellerhealth.cli.output import print_note, print_page, print_table


def docs(
    page: Annotated[
        str | None,
        typer.Argument(metavar="[PAGE]", help="A page, or one section of it: import, or import#all-orders. Default: list the pages."),
    ] = None,
) -> None:
    """Show a page of the manual, or list its pages."""
    from sellerhealth import manual

    if page is not None:
        print_page(manual.find(page))
        return
    print_table(("page", "title"), [(name, manual.title(text)) for name, text in manual.pages().items()])
    print_note("\n`sellerhealth docs PAGE` shows a page, `sellerhealth docs PAGE#SECTION` one section of it.")
