"""Fixtures for all tests are in tests/support."""

pytest_plugins = [
    "tests.support.signals",
    "tests.support.memory",
    "tests.support.forgetting",
    "tests.support.log",
    "tests.support.scheduling",
    "tests.support.every_statement",
    "tests.support.stores",
    "tests.support.sent_statements",
    "tests.support.api",
    "tests.support.own_server",
    "tests.support.imports",
    "tests.support.example",
]
