"""Who is calling and how securely, as far as the connection and its trusted proxies say."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from strongroom.config import Settings
from strongroom.http.request import from_scope

BEHIND = Settings(Path(), trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("127.0.0.0/8")))
ALONE = Settings(Path())


def seen(settings, peer, **headers):
    scope = {
        "method": "GET",
        "path": "/v1/x",
        "query_string": b"",
        "scheme": "http",
        "client": (peer, 1),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    request = from_scope(scope, settings)
    return request.client_ip, request.is_secure


@pytest.mark.parametrize(
    ("settings", "peer", "headers", "expected"),
    [
        (ALONE, "203.0.113.5", {}, ("203.0.113.5", False)),
        (ALONE, "127.0.0.1", {}, ("127.0.0.1", True)),
        (
            ALONE,
            "203.0.113.5",
            {"x_forwarded_for": "1.2.3.4", "x_forwarded_proto": "https"},
            ("203.0.113.5", False),
        ),
        (
            BEHIND,
            "10.1.1.1",
            {"x_forwarded_for": "198.51.100.7", "x_forwarded_proto": "https"},
            ("198.51.100.7", True),
        ),
        (
            BEHIND,
            "10.1.1.1",
            {"x_forwarded_for": "198.51.100.7", "x_forwarded_proto": "http"},
            ("198.51.100.7", False),
        ),
        (BEHIND, "127.0.0.1", {"x_forwarded_proto": "http"}, ("127.0.0.1", False)),
        (BEHIND, "10.1.1.1", {"x_forwarded_for": "6.6.6.6, 198.51.100.7, 10.9.9.9"}, ("198.51.100.7", False)),
        (BEHIND, "10.1.1.1", {"x_forwarded_for": "<script>4242424242424242"}, ("10.1.1.1", False)),
        (BEHIND, "203.0.113.5", {"x_forwarded_for": "1.2.3.4"}, ("203.0.113.5", False)),
    ],
)
def test_only_a_trusted_proxy_is_believed(settings, peer, headers, expected):
    assert seen(settings, peer, **headers) == expected
