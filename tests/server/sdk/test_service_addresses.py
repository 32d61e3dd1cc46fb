"""Addresses of services that the person chose."""

import pytest

from server.core.errors import InvalidInput
from server.http.addresses import Address
from server.sdk.service_addresses import check_resolved_service, check_service

ADDRESS = Address(public_port=8000, local_port=8001, public_url="https://desk.example.org")
pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "2852039166", "0xa9fea9fe", "169.254.43518", "169.254.1.2."],
)
def test_link_local_address_is_refused_in_every_spelling(host):
    with pytest.raises(InvalidInput, match="link-local"):
        check_service(f"http://{host}:11434/v1")


@pytest.mark.parametrize(
    "origin",
    [
        "http://127.0.0.1:8000",
        "http://localhost:8001",
        "http://[::1]:8000",
        "http://0.0.0.0:8000",
        "http://127.0.0.2:8001",
        "http://[::ffff:127.0.0.1]:8000",
        "https://desk.example.org",
        "https://DESK.example.org.:443",
    ],
)
def test_own_address_is_refused(origin):
    with pytest.raises(InvalidInput, match="Deskhand's own address"):
        check_service(f"{origin}/v1", ADDRESS)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:11434/v1",
        "http://192.168.1.7:8000/v1",
        "http://nas:8000/v1",
        "https://api.example.com/v1",
        "http://[fd00::7]:8000/v1",
        "https://desk.example.org:8443/v1",
    ],
)
def test_other_services_are_allowed(url):
    check_service(url, ADDRESS)


@pytest.mark.parametrize(
    ("resolved", "reason"), [("169.254.169.254", "link-local"), ("fe80::1%lo", "link-local"), ("127.0.0.1", "Deskhand's own")]
)
async def test_name_is_refused_for_what_it_resolves_to(resolved, reason):
    async def resolve(*_):
        return ["192.168.1.7", resolved]

    with pytest.raises(InvalidInput, match=reason):
        await check_resolved_service("http://somewhere.lan:8000/v1", ADDRESS, resolve)


async def test_name_without_an_address_is_left_to_the_request():
    async def resolve(*_):
        return []

    await check_resolved_service("http://somewhere.lan:8000/v1", ADDRESS, resolve)
