import pytest

from server.integrations.conversations.adapter.protocol import Turn
from server.integrations.conversations.live.models import PathMessage
from server.integrations.conversations.live.turns import (
    bound_tokens,
    digest_turns,
    estimate_tokens,
    make_title,
    make_turns,
    round_up,
)
from server.integrations.conversations.models import Attachment, Role


def test_hidden_characters_do_not_reach_a_model() -> None:
    attached = (Attachment(id="a"), Attachment(id="b"))
    path = [PathMessage(id="1", role=Role.user, text="Hi\u200b \U000e0041there", attachments=attached)]
    assert make_turns(path, {"a": "data:image/png;base64,AA"}) == (
        Turn(role="user", text="Hi there", images=("data:image/png;base64,AA",)),
    )


def test_tool_speaks_as_the_assistant() -> None:
    assert make_turns([PathMessage(id="1", role=Role.tool, text="42")], {})[0].role == "assistant"


def test_estimate_is_not_too_low() -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 100  # ten tokens each, as GPT's tokenizers count
    assert 1000 <= estimate_tokens([Turn(role="user", text=text)], "", "gpt-5") <= 2000
    assert estimate_tokens([Turn(role="user", text="", images=("data:,",))], "", "gpt-5") > 1000
    assert estimate_tokens([Turn(role="user", text="好" * 100)], "", "gpt-5") >= 100


def test_bound_holds_for_text_that_is_all_short_tokens() -> None:
    """GPT's tokenizers make a token of each digit and comma of such a table."""
    assert bound_tokens([Turn(role="user", text="1,2," * 1_000)], "7,", "gpt-5") >= 4_002


@pytest.mark.parametrize(("number", "rounded"), [(0, 1), (1, 1), (3, 5), (6, 10), (101, 200), (1000, 1000), (5001, 10000)])
def test_figures_are_rounded_up(number, rounded) -> None:
    assert round_up(number) == rounded


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Hello", "Hello"),
        ("  # A heading\n\nand more", "A heading and more"),
        ("word " * 30, "word word word word word word word word word word word word…"),
        ("x" * 100, "x" * 60 + "…"),
        ("", ""),
        ("\u200b", ""),
    ],
)
def test_title_is_the_beginning_of_the_first_message(text, title) -> None:
    assert make_title(text) == title


def test_digests_are_those_of_each_beginning() -> None:
    turns = [Turn(role="user", text="a"), Turn(role="assistant", text="b"), Turn(role="user", text="c")]
    digests = digest_turns(turns)
    assert digest_turns(turns[:2]) == digests[:2]
    assert digest_turns([Turn(role="assistant", text="a"), *turns[1:]])[1] != digests[1]
    assert digest_turns([Turn(role="user", text="a", images=("x",))]) != digests[:1]
