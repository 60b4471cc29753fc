"""Examines what a program needs besides its database: settings, the clock and plugins."""

import datetime as dt
import os
import stat
from collections.abc import Generator, Iterator
from pathlib import Path

from sellerhealth.checks.metric_checks import EmptyTables, checker
from sellerhealth.database_url import has_password, read_database_url
from sellerhealth.doctor.finding import Finding, ok, problem, warning
from sellerhealth.errors import PluginError
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.plugins.plugin import PluginState
from sellerhealth.settings import FILE, PREFIX, Settings
from sellerhealth.store.sqlite_file import file_of

_RELEASED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)  # before the first release: a clock before it is wrong
_SKEW = dt.timedelta(hours=1)  # file servers have clocks of their own


def examine_settings(settings: Settings) -> Iterator[Finding]:
    """Where settings come from, and whether others can read a password among them."""
    variables = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and os.environ[name])
    file = Path(FILE)
    sources = [*([FILE] if file.exists() else []), *variables]
    url = read_database_url(settings.database)
    if has_password(url) and file.exists() and os.name == "posix" and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warning(
            "settings",
            f"The database has a password, and other users of this machine can read or write {FILE}.",
            f"Run `chmod 600 {FILE}`.",
        )
    else:
        yield ok("settings", f"Set by {', '.join(sources)}." if sources else "Every setting has its default.")


def examine_clock(settings: Settings) -> Iterator[Finding]:
    """Whether the clock of the machine can be right, and whether it is used."""
    now, written = dt.datetime.now(dt.UTC), _last_written(settings)
    if now < _RELEASED or (written is not None and now < written - _SKEW):
        than = _RELEASED if written is None or now < _RELEASED else written
        yield problem(
            "clock",
            f"The clock of this machine says {now:%Y-%m-%d %H:%M} UTC, which cannot be right: it is before {than:%Y-%m-%d %H:%M}.",
            "Set the clock, and let a time service keep it right. Imports of files that are newer than the clock are refused.",
        )
    elif settings.clock is not None:
        yield warning(
            "clock",
            f"The setting `clock` is used as the present: {settings.clock.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC. Today is {now:%Y-%m-%d}.",
            f"Remove it, for example the variable {PREFIX}CLOCK, unless this is a demo or a test.",
        )
    else:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M} UTC.")


def examine_plugins(settings: Settings) -> Generator[Finding, None, Loaded | None]:
    """Plugins that are not used although they are installed, and what is probably wrong with others. Returns them if they can be loaded."""
    try:
        loaded = load_plugins(settings.model_copy(update={"strict": False}), check_metric=checker(EmptyTables()))
    except PluginError as error:
        yield problem("plugins", str(error))
        return None
    plugins = loaded.plugins
    active = [plugin for plugin in plugins if plugin.state is PluginState.ACTIVE]
    for plugin in plugins:
        if plugin.state is PluginState.QUARANTINED:
            yield problem(
                "plugins", f"The plugin {plugin} is not used: {plugin.reason}", "Correct or update it, or list it in `disabled_plugins`."
            )
        elif plugin.warning is not None:
            yield warning("plugins", f"The plugin {plugin} is used, but: {plugin.warning}", "Update it, or tell its author.")
    yield ok("plugins", f"{len(active)} are active, with {sum(len(plugin.metrics) for plugin in active)} metrics.")
    return loaded


def _last_written(settings: Settings) -> dt.datetime | None:
    """When the file of the database was last written."""
    file = file_of(read_database_url(settings.database))
    try:
        return None if file is None else dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC)
    except OSError:  # what is wrong with the file is a finding of its own
        return None
