"""Options that several commands share."""

from typing import Annotated

import typer

PluginFiles = Annotated[
    list[str] | None,
    typer.Option("--plugin", metavar="FILE", help="A plugin without packaging: FILE.py, or FILE.py:NAME. Can be repeated."),
]
Port = Annotated[int | None, typer.Option("--port", metavar="N", min=0, max=65535, help="The port. Default: 8000; 0: any free port.")]
