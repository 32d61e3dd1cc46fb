import pytest

from server.core.errors import Forbidden, InvalidInput, UpstreamFailed
from server.integrations.tools.sign_in.pending import Answer, Pending, is_page, read_answer


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://auth.example/authorize?state=x", True),
        ("http://127.0.0.1:8000/authorize", True),
        ("http://[::1]:8000/authorize", True),
        ("http://localhost/authorize", True),
        ("http://auth.example/authorize", False),
        ("http://localhost.example/authorize", False),
        ("http://192.168.1.1/authorize", False),
        ("file:///etc/passwd", False),
        ("javascript:alert(1)", False),
        ("https://user@auth.example/", False),
        ("https://auth.example:0/", False),
        ("https://auth.example/ calc", False),
        ("https://auth.example/\r\nx", False),
        ("https://\u0430uth.example/", False),
        ("https://[::1", False),
        ("https:///authorize", False),
        (f"https://auth.example/{'x' * 20_000}", False),
    ],
)
def test_page_is_https_or_on_this_computer(address, expected):
    assert is_page(address) is expected


@pytest.mark.parametrize("address", ["http://auth.example/?state=x", "https://auth.example/#?state=x", "https://auth.example/"])
async def test_page_that_is_none_is_not_offered(address):
    pending = Pending("Notes", "http://127.0.0.1/callback")
    with pytest.raises(UpstreamFailed):
        await pending.open(address)
    assert not pending.page.done()


async def test_query_of_the_authorization_endpoint_is_retained():
    pending = Pending("Notes", "http://127.0.0.1/callback")
    await pending.open("https://auth.example/authorize?tenant=a&state=other?response_type=code&state=own")
    assert pending.page.result() == "https://auth.example/authorize?tenant=a&state=other&response_type=code&state=own"
    assert pending.state == "own"


async def test_denied_sign_in_is_refused():
    pending = Pending("Notes", "http://127.0.0.1/callback")
    pending.answer.set_result(Answer("state", error="access_denied"))
    with pytest.raises(Forbidden):
        await pending.wait()


def test_answer_is_read():
    answer = read_answer([("state", "s"), ("code", "c"), ("iss", "https://a.example"), ("other", "x"), ("other", "y")])
    assert answer == Answer("s", "c", "https://a.example")
    assert read_answer([]) == Answer("")


@pytest.mark.parametrize("name", ["state", "code", "iss", "error"])
def test_answer_with_a_parameter_twice_is_refused(name):
    with pytest.raises(InvalidInput):
        read_answer([(name, "a"), (name, "b")])
