import asyncio
import gzip
from collections.abc import Awaitable, Callable
from time import monotonic

import pytest

from server.core.errors import InvalidInput, TooLarge, UpstreamFailed, UpstreamTimedOut
from server.http.server import run
from server.outbound.fetch import Fetch, Fetched, choose_name, read_media_type
from server.outbound.previews import FetchNotPermitted, previewing
from tests.server.outbound.web import LINK, PUBLIC, Papers, Web, Wire, answer, make_papers


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return make_papers(tmp_path_factory.mktemp("papers"))


def test_file_is_fetched_with_its_type_and_name(papers):
    web = Web([answer(b"%PDF", "Content-Type: Application/PDF; x=y", 'Content-Disposition: attachment; filename="a b.pdf"')])
    assert web.fetch(papers) == Fetched(b"%PDF", "application/pdf", "a b.pdf")
    assert web.requested_hosts == ["files.example"] and web.wire.dialled == [(PUBLIC, 443)]
    request = web.requests[0].lower()
    assert request.startswith(b"get /folder/report.pdf?sig=1 http/1.1\r\n") and b"host: files.example\r\n" in request
    assert b"accept-encoding: identity\r\n" in request


def test_unnamed_file_is_named_after_its_address(papers):
    assert Web([answer(b"")]).fetch(papers) == Fetched(b"", "application/octet-stream", "report.pdf")


def test_certificate_must_match_the_name(papers):
    web = Web([answer(b"x")])
    with pytest.raises(UpstreamFailed):
        web.fetch(papers, "https://other.example/")
    assert web.wire.dialled and not web.requests


@pytest.mark.parametrize(
    "url",
    [
        "http://files.example/",
        "https://files.example:8443/",
        "https://files.example:0/",
        "https://files.example:22/",
        "https://user@files.example/",
        "https://user:password@files.example/",
        "https://files.example\\@evil.example/",
        "https://",
        "https:///x",
        "https://files.example./",
        "https://%66iles.example/",
        "https://files example/",
        "https://[fe80::1%25eth0]/",
        "https://fi\r\nles.example/",
        "https://files.example/\r\nx: y",
        "https://①②⑦.0.0.1/",
        "https://[::1/",
        "file:///etc/passwd",
        "ftp://files.example/",
        "gopher://files.example/",
        "//files.example/",
        "files.example",
        "",
        "https://files.example/" + "x" * 100_000,
    ],
)
def test_other_kinds_of_addresses_are_refused_without_a_request(papers, url):
    web = Web([answer(b"x")])
    with pytest.raises(InvalidInput, match="https://"):
        web.fetch(papers, url)
    assert web.requested_hosts == [] and web.wire.dialled == []


NOT_PUBLIC = (
    "127.0.0.1 127.1 0x7f.1 2130706433 0 0.0.0.0 [::1] [::] [::ffff:127.0.0.1] [::127.0.0.1] localhost 169.254.169.254 "
    "10.0.0.1 192.168.0.1 100.64.0.1 [fd00::1] [fe80::1] [64:ff9b::7f00:1] [2002:7f00:1::] [fec0::1] 192.0.0.1 192.88.99.1 "
    "224.0.0.1"
)


@pytest.mark.parametrize("host", NOT_PUBLIC.split())
def test_address_outside_the_internet_is_refused_in_every_spelling(papers, host):
    async def main() -> None:
        wire = Wire(1)
        with pytest.raises(InvalidInput, match="not a public one"):
            await Fetch(dialer=wire, trust=papers.client).get(f"https://{host}/", largest=1)
        assert wire.dialled == []

    run(main)


@pytest.mark.parametrize("names", [[["127.0.0.1"]], [[PUBLIC, "127.0.0.1"]], [["10.0.0.1", PUBLIC]], [[]]])
def test_name_that_resolves_to_a_private_address_is_refused(papers, names):
    web = Web([answer(b"x")], names=names)
    with pytest.raises(InvalidInput, match="not a public one"):
        web.fetch(papers)
    assert web.wire.dialled == []


def test_dns_rebinding_has_no_effect(papers):
    web = Web([answer(b"x")], names=[[PUBLIC], ["127.0.0.1"]])
    assert web.fetch(papers).content == b"x"
    assert web.requested_hosts == ["files.example"] and web.wire.dialled == [(PUBLIC, 443)]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_redirect_is_not_followed(papers, status):
    web = Web([answer(b"", "Location: http://127.0.0.1/", status=status)])
    with pytest.raises(UpstreamFailed, match="does not follow"):
        web.fetch(papers)
    assert len(web.requests) == len(web.requested_hosts) == 1


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "206 Partial Content", "204 No Content"])
def test_other_status_is_a_failure(papers, status):
    with pytest.raises(UpstreamFailed, match=status[:3]):
        Web([answer(b"", status=status)]).fetch(papers)


def test_size_limit_is_exact(papers):
    assert len(Web([answer(b"x" * 1000)]).fetch(papers, largest=1000).content) == 1000
    with pytest.raises(TooLarge, match=r"0\.001 MB"):
        Web([answer(b"x" * 1001)]).fetch(papers, largest=1000)


def test_endless_file_is_not_read_to_its_end(papers):
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    web = Web([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[chunk] * 100_000])
    with pytest.raises(TooLarge):
        web.fetch(papers, largest=100_000)


@pytest.mark.parametrize("coding", ["gzip", "GZip", "deflate", "br", "identity, gzip"])
def test_compressed_file_is_refused(papers, coding):
    with pytest.raises(UpstreamFailed, match="compressed"):
        Web([answer(gzip.compress(bytes(10_000_000)), f"Content-Encoding: {coding}")]).fetch(papers, largest=100_000)


SLOW = {
    "silence": Web([], hang=True),
    "head in drops": Web([b"H", b"T", b"T", b"P"] * 1000, pause=0.05),
    "body in drops": Web([b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", *[b"x"] * 1000], pause=0.05),
    "promises": Web([b"HTTP/1.1 100 Continue\r\n\r\n"] * 1000, pause=0.05),
}


@pytest.mark.parametrize("web", SLOW.values(), ids=SLOW)
def test_time_limit_covers_the_whole_download(papers, web):
    started = monotonic()
    with pytest.raises(UpstreamTimedOut):
        web.fetch(papers, largest=100_000, seconds=0.4)
    assert monotonic() - started < 20  # without the limit: 50


def test_time_limit_covers_name_resolution(papers):
    async def never(_host: str, _port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    with pytest.raises(UpstreamTimedOut):
        run(lambda: Fetch(resolve=never, trust=papers.client).get(LINK, largest=1, seconds=0.2))


BROKEN = {
    "nothing": [],
    "garbage": [b"\0" * 100],
    "another protocol": [b"SSH-2.0-OpenSSH\r\n"],
    "an endless head": [b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200_000],
    "half a file": [answer(b"xxxx")[:-2]],
    "two lengths": [b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"],
}


@pytest.mark.parametrize("pieces", BROKEN.values(), ids=BROKEN)
def test_broken_response_is_a_failure(papers, pieces):
    with pytest.raises(UpstreamFailed):
        Web(pieces).fetch(papers)


def test_tampered_response_is_a_failure(papers):
    with pytest.raises(UpstreamFailed):
        Web([answer(b"xxxx")[:-2]], corrupt=True, hang=True).fetch(papers)


def beside(web: Web, test: Callable[[Web], Awaitable[None]]) -> None:
    """Run a test's coroutine beside a server without TLS."""

    async def main() -> None:
        async with web.serving(None):
            await test(web)

    run(main)


def test_allowed_loopback_address_is_fetched_without_tls():
    async def test(web: Web) -> None:
        allowed: set[tuple[str, int]] = set()
        for fetch in (Fetch(allowed), Fetch(allowed, only_allowed=True)):
            allowed.clear()
            url = f"http://127.0.0.1:{web.port}/a.txt"
            with pytest.raises(InvalidInput):
                await fetch.get(url, largest=10)
            allowed.add(("127.0.0.1", web.port))
            assert (await fetch.get(url, largest=10)).content == b"hello"
            for other in (url.replace("127.0.0.1", "localhost"), url.replace("http:", "https:"), "http://127.0.0.1:9/"):
                with pytest.raises(InvalidInput):
                    await fetch.get(other, largest=10)

    beside(Web([answer(b"hello")]), test)


def test_redirect_from_an_allowed_address_is_not_followed():
    async def test(web: Web) -> None:
        with pytest.raises(UpstreamFailed):
            await Fetch([("127.0.0.1", web.port)]).get(f"http://127.0.0.1:{web.port}/", largest=10)

    beside(Web([answer(b"", "Location: /elsewhere", status="302 Found")]), test)


def test_allow_list_excludes_all_other_hosts(papers):
    web = Web([])
    with pytest.raises(InvalidInput, match="demo mode"):
        run(lambda: Fetch(only_allowed=True, resolve=web.resolve, trust=papers.client).get(LINK, largest=1))
    assert web.requested_hosts == []


NAMES = {
    'attachment; filename="report.pdf"': "report.pdf",
    "attachment; filename*=UTF-8''na%C3%AFve%20file.txt": "naïve file.txt",
    'attachment; filename="../../etc/passwd"': "passwd",
    r'attachment; filename="C:\\Windows\\evil.exe"': "evil.exe",
    "attachment; filename*=utf-8''%2e%2e%2fx": "x",
    'attachment; filename="a\r\n\0\x1b\u202e\u200b.txt"': "a.txt",
    'attachment; filename="a<b>c:d|e?f*g.txt"': "a_b_c_d_e_f_g.txt",
    'attachment; filename=".ssh"': "ssh",
    'attachment; filename="con.txt"': "_con.txt",
    'attachment; filename="a.txt. . "': "a.txt",
    'attachment; filename="' + "x" * 500 + '.pdf"': "x" * 116 + ".pdf",
    'attachment; filename="' + "漢" * 100 + '.txt"': "漢" * 38 + ".txt",
    'attachment; filename="a.' + "x" * 500 + '"': "a." + "x" * 118,
    'attachment; filename="..."': "from address.txt",
    "attachment; filename*=nonsense": "nonsense",
    "attachment; filename*" + "9" * 5000 + '="x"': "from address.txt",
    "inline": "from address.txt",
    "": "from address.txt",
}


@pytest.mark.parametrize(("disposition", "name"), NAMES.items())
def test_file_name_is_safe_on_every_system(disposition, name):
    assert choose_name(disposition, "/folder/from%20address.txt") == name


def test_file_without_any_name_has_a_default_name():
    assert choose_name("", "/") == choose_name("", "/%2F/%00..") == "file"


def test_invalid_media_type_is_octet_stream():
    assert read_media_type("Text/Plain; charset=utf-8") == "text/plain"
    for header in ("", "text", "text/plain\x00", "a/b/c", "../etc"):
        assert read_media_type(header) == "application/octet-stream"


def test_preview_fetches_nothing_that_was_not_approved(papers):
    web = Web([answer(b"x")])
    with previewing(["https://files.example/other"]), pytest.raises(FetchNotPermitted) as refusal:
        web.fetch(papers)
    assert [(link.given, link.address, link.host) for link in refusal.value.links] == [(LINK, LINK, "files.example")]
    assert (web.requested_hosts, web.wire.dialled) == ([], [])
    with previewing([LINK]):
        assert web.fetch(papers).content == b"x"


def test_all_links_are_refused_at_once_and_shown_as_they_would_be_requested():
    links = ("https://b\u00fccher.example/\u202ea?q=\u00e9", LINK, LINK)
    with previewing([]), pytest.raises(FetchNotPermitted) as refusal:
        Fetch().require_permitted(*links)
    first, second = refusal.value.links
    assert (first.given, first.host) == (links[0], "xn--bcher-kva.example")
    assert first.address == "https://xn--bcher-kva.example/%E2%80%AEa?q=%C3%A9"
    assert second.given == LINK
    Fetch().require_permitted(*links)


@pytest.mark.parametrize("pattern", ["*.example", "files.example"])
def test_preview_fetches_from_a_trusted_host(papers, pattern):
    with previewing():
        assert Web([answer(b"x")]).fetch(papers, trusted=pattern).content == b"x"


def test_trusted_host_leads_a_preview_nowhere_else(papers):
    web = Web([answer(b"", "Location: https://evil.example/?q=secret", status="302 Found")])
    with previewing(), pytest.raises(UpstreamFailed, match="another address"):
        web.fetch(papers, trusted="files.example")
    assert web.requested_hosts == ["files.example"]
    private = Web([answer(b"x")], names=[["127.0.0.1"]])
    with previewing(), pytest.raises(InvalidInput, match="not a public one"):
        private.fetch(papers, trusted="files.example")
    assert private.wire.dialled == []
