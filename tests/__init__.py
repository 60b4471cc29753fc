"""The tests. A package, so that test modules import `tests.support` and nothing shadows a library."""
