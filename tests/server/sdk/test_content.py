import json

import pytest

from server.core.clock import Clock
from server.sdk.assets import LARGEST, Assets
from server.sdk.content import LONGEST_TEXTS, Block, Content, cut, show

LONGEST_ANSWER = 90_000


def write(content):
    shown = show(content, Assets(Clock()), "https://example.com")
    return shown, shown.model_dump_json(by_alias=True, exclude_defaults=True)


def test_parts_are_shown_with_links():
    assets = Assets(Clock())
    blocks = [
        Block("text", "Hello"),
        Block("audio", data=b"sound", mime_type="audio/wav"),
        Block("resource_link", uri="file:///a", name="A", mime_type="text/plain"),
    ]
    shown = show(Content(blocks, {"a": 1}), assets, "https://example.com")
    assert (shown.result, shown.structured_content) == ({"a": 1}, {"a": 1})
    text, audio, link = shown.content
    assert (text.text, audio.type, link.uri, link.name) == ("Hello", "audio", "file:///a", "A")
    assert assets.find(audio.url.removeprefix("https://example.com/assets/")).data == b"sound"


def test_result_without_structured_content_is_the_text():
    assert write(Content([Block("text", "a"), Block("text", "b")]))[0].result == "a\nb"


@pytest.mark.parametrize("text", ["a", "漢", '"', "\n", "\x00"])
@pytest.mark.parametrize("structured", [None, {"a": "b" * 20_000}, {"a": "b" * 100_000}])
def test_answer_is_never_too_long(text, structured):
    shown, body = write(Content([Block("text", text * 60_000)] * 3, structured))
    assert LONGEST_TEXTS / 4 < len(body) <= LONGEST_ANSWER
    assert "left out" in shown.content[-1].text


def test_many_small_parts_are_never_too_long():
    assert len(write(Content([Block("text", "a")] * 100_000))[1]) <= LONGEST_ANSWER
    assert len(write(Content([Block("resource_link", uri="a" * 50_000)] * 10))[1]) <= LONGEST_ANSWER


def test_picture_that_is_too_large_is_said_in_words():
    (block,) = write(Content([Block("image", data=bytes(LARGEST + 1), mime_type="image/png")]))[0].content
    assert (block.type, block.text) == ("text", "(This image is too large to be shown.)")


def test_content_without_a_form_in_json_is_replaced():
    _, body = write(Content([Block("text", "\ud800")], {"a": [float("nan"), "\udfff"], "\ud800": 1}))
    assert json.loads(body)["structuredContent"] == {"a": [None, "?"], "?": 1}
    assert json.loads(body)["content"][0]["text"] == "?"


@pytest.mark.parametrize(("body", "expected"), [('{"a":1}', {"a": 1}), ("", None), ("no JSON", "no JSON")])
def test_body_is_kept_as_json(body, expected):
    assert json.loads(cut(body)) == expected


def test_body_that_is_too_long_is_cut():
    body = cut(json.dumps(["a" * 100_000]))
    assert len(body) <= LONGEST_TEXTS + 100
    assert json.loads(body)["truncated"] is True
    assert len(cut("漢" * 100_000)) <= LONGEST_TEXTS + 100
