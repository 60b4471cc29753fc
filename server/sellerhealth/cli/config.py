"""Reads the settings, with the options of the command first, and configures the log."""

import datetime as dt
import json
import logging
import sys
from collections.abc import Container
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict

from sellerhealth.request_record import with_request_id
from sellerhealth.settings import Settings

_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_UTC_Z


def _json_line(logger: object, level: str, event: EventDict) -> str:
    """A line in JSON with everything that `_CONSOLE` says, in one step: a step for each takes three times as long, and each request has a line."""
    event = with_request_id(logger, level, event)
    event["level"], event["timestamp"] = level, dt.datetime.now(dt.UTC)
    if "exc_info" in event:
        event = structlog.processors.format_exc_info(logger, level, event)
    # orjson takes a twentieth of the time of `json`, which writes what it does not: half a pair of surrogates, or a number of more than 64 bits.
    try:
        return orjson.dumps(event, repr, _OPTIONS).decode()
    except TypeError:
        return json.dumps({**event, "timestamp": f"{event['timestamp'].isoformat()[:-6]}Z"}, default=repr)


_CONSOLE = (
    with_request_id,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    # Without the local variables of a traceback, which it would show by default.
    structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
)


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
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),  # standard output is for results
        processors=[
            *((drop_hidden,) if hidden_events else ()),
            *(_CONSOLE if sys.stderr.isatty() else (_json_line,)),
        ],
        cache_logger_on_first_use=False,
    )
