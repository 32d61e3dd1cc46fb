from datetime import UTC, datetime

import pytest

from server.access.oauth.models import OAuthSettings
from server.access.oauth.request_context import RequestContext, list_bases
from server.http.addresses import Address

ADDRESS = Address(public_port=8000, public_url="https://desk.example.org")
TERMS = RequestContext(ADDRESS.public, list_bases(ADDRESS), datetime(2026, 1, 1, tzinfo=UTC), OAuthSettings(), frozenset())


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("https://desk.example.org", ""),
        ("https://DESK.example.org:443/", ""),
        ("https://desk.example.org/mcp", "/mcp"),
        ("http://127.0.0.1:8000/mcp/", "/mcp"),
        ("http://localhost:8000", ""),
        ("http://desk.example.org/mcp", None),
        ("http://127.0.0.1:8001/mcp", None),
        ("https://desk.example.org/mcp/x", None),
        ("https://desk.example.org/mcp?x", None),
        ("https://a@desk.example.org/mcp", None),
        ("ftp://desk.example.org", None),
        ("http://[", None),
        ("https://desk.example.org:x", None),
        ("", None),
    ],
)
def test_resource_is_one_of_ours_or_none(wanted, expected):
    assert TERMS.find_resource(wanted) == expected


def test_times_are_comparable_text():
    assert TERMS.after(60) == "2026-01-01T00:01:00+00:00"
    assert TERMS.after(0.5) > TERMS.after(0)
