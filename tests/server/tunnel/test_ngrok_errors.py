import pytest

from server.tunnel.ngrok_errors import MEANINGS, explain, find_code

SAID = r"authentication failed: The authtoken is properly formed, but it is invalid.\nYour authtoken: 2abcSECRET\nERR_NGROK_{}\n"


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_known_code_has_a_sentence_and_advice(code: int) -> None:
    error = explain(SAID.format(code))
    assert error.detail.endswith(".") and "ERR_" not in error.detail
    assert error.advice and "SECRET" not in error.detail + error.advice


def test_unknown_code_refers_to_the_page_of_ngrok() -> None:
    error = explain(SAID.format(4711))
    assert "ERR_NGROK_4711" in error.detail
    assert "https://ngrok.com/docs/errors/err_ngrok_4711" in (error.advice or "")
    assert not error.transient


@pytest.mark.parametrize(
    ("output", "words", "transient"),
    [
        ("failed to dial ngrok server: dial tcp: lookup connect.ngrok-agent.com: no such host", "could not be reached", True),
        ("read EOF from remote peer", "could not be reached", True),
        ("failed to parse config: unknown field web_allow", "too old", False),
        ("", "without a reason", True),
    ],
)
def test_output_without_a_code_is_explained(output: str, words: str, transient: bool) -> None:
    error = explain(output)
    assert words in error.detail
    assert error.transient is transient


def test_last_code_is_used() -> None:
    assert find_code("ERR_NGROK_8012 then ERR_NGROK_334") == 334
    assert find_code("nothing") is None
