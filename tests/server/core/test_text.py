import json
from datetime import UTC, datetime

import pytest

from server.access.activity.entry import Outcome
from server.core.text import PAST, fill, make_visible, tell, tell_moment, to_do, to_past
from server.integrations import discover
from server.runtime.integrations import Runtime


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("send mail to ann@example.com", "sent mail to ann@example.com"),
        ("archive the mail 'Lunch'", "archived the mail 'Lunch'"),
        ("Stop Notepad", "stopped Notepad"),
        ("reply", "replied"),
        ("play", "played"),
    ],
)
def test_imperative_sentence_becomes_past_tense(before, after):
    assert to_past(before) == after


def test_sentence_of_a_call_follows_its_outcome():
    sentences = {outcome: tell("send {mail} to ann", outcome) for outcome in Outcome}
    assert sentences[Outcome.done] == "sent {mail} to ann"
    assert sentences[Outcome.refused] == "wanted to send {mail} to ann"
    assert all("send {mail} to ann" in sentence for outcome, sentence in sentences.items() if outcome is not Outcome.done)


def test_local_time_is_formatted():
    here = datetime(2026, 6, 17, 8, 41, 5, tzinfo=UTC).astimezone()
    assert tell_moment("2026-06-17T08:41:05+00:00") == f"{here:%Y-%m-%d %H:%M}"
    assert [tell_moment(text) for text in ("", "yesterday")] == ["", "yesterday"]


def test_summary_template_is_filled_with_arguments():
    phrases = ("search mail for “{query}”", "list mails")
    assert fill(phrases, {"query": "from:ann"}) == "search mail for “from:ann”"
    assert fill(phrases, {"query": None}) == "list mails"
    assert fill(phrases, {"query": "a\nb " + "x" * 200}).endswith("xxx…”")
    assert "\n" not in fill(phrases, {"query": "a\nb"})


async def test_every_operation_has_a_short_summary_template():
    runtime = Runtime()
    runtime.describe(discover)
    await runtime.wait()
    for operation in runtime.operations().values():
        assert operation.summary_templates, operation.name
        for phrase in operation.summary_templates:
            verb = phrase.split()[0]
            assert verb.islower(), phrase
            assert len(phrase) < 60, phrase
            assert not phrase.endswith("."), phrase
            assert verb in PAST or to_past(verb).endswith("ed")


@pytest.mark.parametrize(("past", "verb"), [("sent", "send"), ("started", "start"), ("archived", "archive")])
def test_past_tense_sentence_becomes_imperative(past, verb):
    assert verb in to_do(past)
    assert to_do("mail") == []


def test_control_characters_are_escaped_and_letters_of_every_script_stay():
    assert make_visible("a\x1b]0;x\x07\x7f\x9b\u202eb\u2066\u200f\u061c") == "a␛]0;x␇\\u007f\\u009b\\u202eb\\u2066\\u200f\\u061c"
    assert make_visible("a\nb\tc") == "a␊b␉c"
    assert make_visible("a\nb\tc\r", lines=True) == "a\nb\tc␍"
    for unchanged in ("שלום עולם", "مرحبا", "naïve 👩\u200d💻 “x”"):
        assert make_visible(unchanged) == unchanged


def test_json_is_the_same_json_when_it_is_made_visible():
    hostile = "".join(map(chr, range(0x2100)))
    assert json.loads(make_visible(json.dumps(hostile, ensure_ascii=False))) == hostile


def test_hostile_arguments_are_escaped_in_a_sentence():
    assert fill(("search mail for “{query}”",), {"query": "x\x1b[2J\u202e"}) == "search mail for “x␛[2J\\u202e”"
    assert tell("send mail to \u202eann", "done") == "sent mail to \\u202eann"
