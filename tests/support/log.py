"""The log of tests: tracebacks are plain. Structlog would draw each with all variables, which takes longer than what failed."""

import pytest
import structlog


def configure() -> None:
    structlog.reset_defaults()
    *processors, _ = structlog.get_config()["processors"]
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*processors, renderer])


def pytest_configure(config: pytest.Config) -> None:
    configure()
