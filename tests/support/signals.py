"""Ctrl-C reaches the servers and commands that tests start, also where the test run itself ignores it, as in the background of a shell."""

import signal


def pytest_configure() -> None:
    """A signal that this process ignores is ignored by every program that it starts; one that it handles is not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
