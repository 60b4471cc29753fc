"""Reads the settings, with the options of the command first, and configures the log."""

import json
import logging
import sys
from collections.abc import Callable, Container
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict

from sellerhealth.settings import Settings


def _to_json(event: EventDict, default: Callable[[Any], Any]) -> str:
    # It takes a twentieth of the time of `json`, which writes what it does not: half a pair of surrogates, or a number of more than 64 bits.
    try:
        return orjson.dumps(event, default, orjson.OPT_PASSTHROUGH_DATACLASS).decode()
    except TypeError:
        return json.dumps(event, default=default)


# With the traceback of a logged exception, which the JSON renderer alone would leave out.
_JSON = (structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_to_json))

# Without the local variables of a traceback, which it would show by default.
_CONSOLE = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)


def read_settings(*, quiet: bool = True, hidden_events: Container[str] = (), **options: Any) -> Settings:
    """The settings. An option that is not None overrides every other source.

    `quiet`: log nothing below a warning. `hidden_events`: events to leave out of the log, because the command prints them itself.
    """
    settings = Settings(**{name: value for name, value in options.items() if value is not None})
    configure_log(settings, quiet=quiet, hidden_events=hidden_events)
    return settings


def configure_log(settings: Settings, *, quiet: bool, hidden_events: Container[str] = ()) -> None:
    """Configures the log of this process as `read_settings` does."""

    def drop_hidden(logger: object, level: str, event: EventDict) -> EventDict:
        if event["event"] in hidden_events:
            raise structlog.DropEvent
        return event

    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(max(level, logging.WARNING) if quiet else level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),  # standard output is for results
        processors=[
            drop_hidden,
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([_CONSOLE] if sys.stderr.isatty() else _JSON),
        ],
        cache_logger_on_first_use=False,
    )
