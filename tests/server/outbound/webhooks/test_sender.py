import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from server.core.errors import InvalidInput
from server.http.server import run
from server.outbound.webhooks.models import Attempt
from server.outbound.webhooks.receivers import Receivers
from server.outbound.webhooks.sender import Limits, Sender, read_retry_after
from tests.server.outbound.web import PUBLIC, Papers, Web, answer, make_papers
from tests.server.outbound.webhooks import receiver as behaviours
from tests.server.outbound.webhooks.receiver import Receiver, raw, status

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SHORT = Limits(0.5)


def send_to(receiver: Receiver, path: str = "/hook", limits: Limits = SHORT, receivers: Receivers | None = None) -> Attempt:
    """Send one webhook to a receiver that is listed."""

    async def main() -> Attempt:
        async with receiver.serving():
            sender = Sender(receivers or Receivers(lambda: [receiver.listed]))
            return await sender.send(receiver.url(path), {"webhook-id": "msg_1"}, "{}", NOW, limits)

    return run(main)


def test_webhook_is_a_post_with_its_headers_and_body():
    receiver = Receiver()
    attempt = send_to(receiver, "/hook?a=1")
    [received] = receiver.requests
    assert (received.path, received.id, received.body) == ("/hook?a=1", "msg_1", b"{}")
    assert (received.headers["host"], attempt.status, attempt.error) == (receiver.listed, 200, "")


@pytest.mark.parametrize("code", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent", "304 Not Modified", "300 Choices"])
def test_redirect_is_not_followed(code):
    receiver = Receiver()
    receiver.behave("/hook", status(code, "Location: /other"))
    attempt = send_to(receiver)
    assert [received.path for received in receiver.requests] == ["/hook"]
    assert attempt.status == int(code[:3]) and "does not follow" in attempt.error


BAD = {
    "hang": "within 0.5 seconds",
    "dripping_headers": "within 0.5 seconds",
    "dripping_body": "within 0.5 seconds",
    "informational": "within 0.5 seconds",
    "bomb": "larger than 64 KB",
    "headers_without_end": "no valid HTTP",
    "short": "broke off",
    "reset": "broke off",
    "nonsense": "no valid HTTP",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_answer_is_bounded_and_a_failure(name):
    receiver = Receiver()
    receiver.behave("/hook", getattr(behaviours, name))
    attempt = send_to(receiver)
    assert BAD[name] in attempt.error
    assert attempt.duration_ms < 9_000, "it took many times as long as the limit"


def test_answer_of_exactly_the_limit_is_read():
    receiver = Receiver()
    receiver.behave("/hook", status("200 OK", body=bytes(65_536)))
    assert send_to(receiver).error == ""
    receiver.behave("/hook", status("200 OK", body=bytes(65_537)))
    assert "larger" in send_to(receiver).error


def test_compressed_answer_is_not_decompressed():
    receiver = Receiver()
    receiver.behave("/hook", status("200 OK", "Content-Encoding: gzip", body=b"\x1f\x8b"))
    attempt = send_to(receiver)
    assert (attempt.error, attempt.answer) == ("", "")


def test_answer_is_logged_without_secrets_and_hidden_characters():
    receiver = Receiver()
    receiver.behave("/hook", status("500 Oops", body=f"\x1b[31mkey dh_{'a' * 40} {'x' * 1000}".encode()))
    attempt = send_to(receiver)
    assert "dh_aaaa" not in attempt.answer and "\x1b" not in attempt.answer and len(attempt.answer) < 600
    assert (attempt.status, attempt.error) == (500, "The receiver answered 500.")


def test_switching_protocols_is_a_failure():
    receiver = Receiver()
    receiver.behave("/hook", raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"))
    assert send_to(receiver).error


def test_receiver_that_does_not_listen_is_a_failure():
    receiver = Receiver()
    url = "http://127.0.0.1:9/hook"

    async def main() -> Attempt:
        return await Sender(Receivers(lambda: ["127.0.0.1:9"])).send(url, {}, "{}", NOW)

    assert "could not be reached" in run(main).error and not receiver.requests


def test_receiver_that_is_not_listed_any_more_gets_nothing():
    receiver = Receiver()
    attempt = send_to(receiver, receivers=Receivers())
    assert "Local receivers" in attempt.error and not receiver.requests


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return make_papers(tmp_path_factory.mktemp("papers"))


def send_over(web: Web, papers: Papers, url: str) -> Attempt:
    """Send to a server as if it were on the internet."""

    async def main() -> Attempt:
        async with web.serving(papers):
            sender = Sender(Receivers(), web.resolve, web.wire, papers.client)
            return await sender.send(url, {}, "{}", NOW, Limits(5))

    return run(main)


def test_connection_goes_to_the_checked_address(papers):
    web = Web([answer(b"")])
    assert send_over(web, papers, "https://files.example/hook").status == 200
    assert web.wire.dialled == [(PUBLIC, 443)] and web.requested_hosts == ["files.example"]


def test_certificate_must_match_the_name(papers):
    web = Web([answer(b"")])
    assert "certificate" in send_over(web, papers, "https://other.example/hook").error and not web.requests


@pytest.mark.parametrize(
    "addresses", ["127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1", f"{PUBLIC} 127.0.0.1", "169.254.169.254"]
)
def test_name_of_another_network_is_refused(papers, addresses):
    web = Web([answer(b"")], names=[addresses.split()])
    assert "not a public one" in send_over(web, papers, "https://files.example/hook").error
    assert web.wire.dialled == []


def test_name_that_changes_its_address_is_refused_at_the_next_attempt(papers):
    web = Web([answer(b"")], names=[[PUBLIC], ["127.0.0.1"]])

    async def main() -> list[Attempt]:
        async with web.serving(papers):
            sender = Sender(Receivers(), web.resolve, web.wire, papers.client)
            await sender.check("https://files.example/hook")
            return [await sender.send("https://files.example/hook", {}, "{}", NOW, Limits(5))]

    assert "not a public one" in run(main)[0].error and web.wire.dialled == []


def test_name_that_does_not_exist_is_a_failure(papers):
    web = Web([answer(b"")], names=[[]])
    assert "could not be resolved" in send_over(web, papers, "https://files.example/hook").error


def test_name_of_a_private_address_is_refused_when_it_is_saved():
    async def resolve(_host: str, _port: int) -> list[str]:
        return ["192.168.1.1"]

    with pytest.raises(InvalidInput, match="not a public one"):
        asyncio.run(Sender(Receivers(), resolve).check("https://router.example/"))


def test_name_that_does_not_exist_can_be_saved():
    async def resolve(_host: str, _port: int) -> list[str]:
        return []

    asyncio.run(Sender(Receivers(), resolve).check("https://later.example/"))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("9" * 500, 9_999_999_999),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        (f"Mon, 01 Jan {'9' * 5_000} 00:00:00 GMT", None),
        ("Thu, 01 Jan 2026 00:01:00 +99999999999999999999", None),
        ("Fri, 01 Jan 0001 00:00:00 +2359", 0),
        ("\x00, 32 Jan 2026 99:99:99", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("", None),
    ],
)
def test_retry_after_is_read(header, seconds):
    assert read_retry_after(header, NOW) == seconds


def test_duration_is_measured():
    receiver = Receiver()
    receiver.behave("/hook", behaviours.slow(0.2))
    attempt = send_to(receiver, limits=Limits(5))
    assert timedelta(seconds=0.19) < timedelta(milliseconds=attempt.duration_ms) < timedelta(seconds=60)
