import pytest

from server.tunnel.ngrok_errors import MEANINGS, explain, find_code

SAID = r"authentication failed: The authtoken is properly formed, but it is invalid.\nYour authtoken: 2abcSECRET\nERR_NGROK_{}\n"


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_a_known_code_is_a_sentence_and_what_to_do(code: int) -> None:
    trouble = explain(SAID.format(code))
    assert trouble.detail.endswith(".") and "ERR_" not in trouble.detail
    assert trouble.advice and "SECRET" not in trouble.detail + trouble.advice


def test_an_unknown_code_leads_to_ngroks_own_page() -> None:
    trouble = explain(SAID.format(4711))
    assert "ERR_NGROK_4711" in trouble.detail
    assert "https://ngrok.com/docs/errors/err_ngrok_4711" in (trouble.advice or "")
    assert not trouble.transient


@pytest.mark.parametrize(
    ("said", "words", "transient"),
    [
        ("failed to dial ngrok server: dial tcp: lookup connect.ngrok-agent.com: no such host", "could not be reached", True),
        ("read EOF from remote peer", "could not be reached", True),
        ("failed to parse config: unknown field web_allow", "too old", False),
        ("", "without a reason", True),
    ],
)
def test_what_comes_without_a_code_is_told_too(said: str, words: str, transient: bool) -> None:
    trouble = explain(said)
    assert words in trouble.detail
    assert trouble.transient is transient


def test_the_last_code_counts() -> None:
    assert find_code("ERR_NGROK_8012 then ERR_NGROK_334") == 334
    assert find_code("nothing") is None
