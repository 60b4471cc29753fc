"""The option that names plugin files, for all commands that load plugins."""

from typing import TYPE_CHECKING, Annotated

import typer

from sellerhealth.cli.terminal import complain

if TYPE_CHECKING:
    from sellerhealth.plugins.load import Loaded

PluginFiles = Annotated[
    list[str] | None,
    typer.Option("--plugin", metavar="FILE", help="A plugin without packaging: FILE.py, or FILE.py:NAME. May be given more than once."),
]


def tell_of_refused(files: list[str] | None, loaded: "Loaded") -> None:
    """Says why a file that was named on the command line takes no part: whoever names one waits for it."""
    for plugin in loaded.plugins:
        if plugin.reason is not None and plugin.distribution in (files or ()):
            complain(f"The plugin {plugin} takes no part: {plugin.reason}")
