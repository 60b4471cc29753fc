"""The socket of a server: what counts as loopback is the address that was bound, not its name. And how a server is stopped."""

import signal
import socket

import pytest

from sellerhealth.cli.server import exit_on_sigterm, open_socket
from sellerhealth.errors import BadSettings
from sellerhealth.settings import Settings


def test_localhost_that_leads_elsewhere_is_refused(monkeypatch):
    create = socket.create_server
    monkeypatch.setattr(socket, "create_server", lambda address, family: create(("0.0.0.0", address[1]), family=family))
    with pytest.raises(BadSettings, match=r"localhost stands for 0\.0\.0\.0 here, which others can reach"):
        open_socket(Settings(host="localhost", port=0))
    open_socket(Settings(host="0.0.0.0", port=0)).close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_loopback_is_bound_as_it_is(host):
    with open_socket(Settings(host=host, port=0)) as listener:
        assert listener.getsockname()[0] in ("127.0.0.1", "::1")


def test_a_program_that_is_terminated_ends_as_by_ctrl_c_and_blames_no_importer():
    before = signal.getsignal(signal.SIGTERM)
    try:
        exit_on_sigterm()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
