"""Host names and addresses as settings and requests write them."""

import pytest

from sellerhealth.hosts import is_loopback_host, is_secure_url, read_host, read_host_header


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("localhost", "localhost"),
        ("LocalHost", "localhost"),
        ("health.shop.example", "health.shop.example"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("", None),
        ("http://shop.example", None),
        ("shop.example:80", None),
        ("user@shop.example", None),
        ("*", None),
        ("shop..example", None),
        ("bücher.example", None),
        ("a" * 254, None),
    ],
)
def test_a_host_has_one_form(text, host):
    assert read_host(text) == host


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("localhost", "localhost"),
        ("localhost:8000", "localhost"),
        ("localhost:", "localhost"),
        ("[::1]:8000", "::1"),
        ("127.0.0.1:8000", "127.0.0.1"),
        ("::1", None),
        ("localhost:80:80", None),
        ("localhost:http", None),
        ("localhost@evil.example", None),
        ("localhost/", None),
        ("localhost, evil.example", None),
        ("[::1", None),
        ("[localhost]x", None),
        ("", None),
        (":8000", None),
    ],
)
def test_a_host_header_names_a_host_and_perhaps_a_port(header, host):
    assert read_host_header(header) == host


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("::ffff:0.0.0.0", False),
        ("192.168.0.1", False),
        ("localhost.shop.example", False),
        ("127.1", False),
        ("2130706433", False),
        ("shop", False),
        ("", False),
    ],
)
def test_loopback_is_localhost_and_what_is_an_address_of_it(host, is_loopback):
    assert is_loopback_host(host) is is_loopback


@pytest.mark.parametrize(
    ("url", "is_secure"),
    [
        ("https://issuer.example/realm", True),
        ("https://127.0.0.1:8443", True),
        ("http://127.0.0.1:8080/realm", True),
        ("http://[::1]:8080", True),
        ("http://localhost", True),
        ("http://issuer.example", False),
        ("http://localhost.example", False),
        ("http://127.0.0.1@issuer.example", False),
        ("file:///etc/passwd", False),
        ("https://", False),
        ("https:issuer.example", False),
        ("//issuer.example", False),
        ("issuer.example", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_a_url_is_secure_with_https_or_on_this_machine(url, is_secure):
    assert is_secure_url(url) is is_secure
