import pytest
from pydantic import ValidationError

from server.core.errors import InvalidInput
from server.outbound.fetch import Fetch
from server.outbound.previews import FetchNotPermitted, previewing
from server.outbound.trusted_hosts import DownloadSettings

TRUSTED = DownloadSettings().trusted_hosts


@pytest.mark.parametrize("url", ["https://files.oaiusercontent.com/a", "https://A.b.OAIUSERCONTENT.com/?sig=x"])
def test_openai_files_are_trusted(url):
    assert Fetch(trusted_hosts=lambda: TRUSTED).is_trusted(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://oaiusercontent.com/",
        "https://evil-oaiusercontent.com/",
        "https://oaiusercontent.com.evil.example/",
        "https://files.oaiusercontent.com.evil.example/",
        "https://files.oaiusercontent.co/",
        "https://evil.example/files.oaiusercontent.com",
        "https://evil.example/?.oaiusercontent.com",
        "https://evil.example#.oaiusercontent.com",
        "https://files.o\u0430iusercontent.com/",
        "https://[::1]/.oaiusercontent.com",
    ],
)
def test_lookalike_of_a_trusted_host_is_not_trusted(url):
    fetch = Fetch(trusted_hosts=lambda: TRUSTED)
    assert not fetch.is_trusted(url)
    with previewing(), pytest.raises(FetchNotPermitted):
        fetch.require_permitted(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://files.oaiusercontent.com/",
        "https://files.oaiusercontent.com:8443/",
        "https://files.oaiusercontent.com@evil.example/",
        "https://u:p@files.oaiusercontent.com/",
        "https://files.oaiusercontent.com./",
        "https://evil.example\\.oaiusercontent.com/",
        "https://.oaiusercontent.com/",
    ],
)
def test_trusted_host_is_reached_in_no_other_way(url):
    with previewing(), pytest.raises(InvalidInput):
        Fetch(trusted_hosts=lambda: TRUSTED).require_permitted(url)


def test_address_of_this_computer_is_never_trusted():
    fetch = Fetch(allowed=[("localhost", 80)], trusted_hosts=lambda: ["localhost"])
    assert not fetch.is_trusted("http://localhost/")


@pytest.mark.parametrize(
    "pattern", ["*", "*.com", "com", "*.*.com", "https://a.example", "a.example:80", "a.*", "", "a.example/"]
)
def test_trusted_host_must_be_named(pattern):
    with pytest.raises(ValidationError):
        DownloadSettings(trusted_hosts=[pattern])
