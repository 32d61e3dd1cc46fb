import copy

import pytest

from server.access.activity.entry import Outcome
from server.core.sentences import Sentence, describe_outcome, fill, from_text, quote_unless_name, to_text
from server.integrations import discover
from server.runtime.integrations import Runtime
from tests.server.core.wording import check_wording

SEND = Sentence(
    "send an email to {to}", "is sending an email to {to}", "sent an email to {to}", "could not send an email to {to}"
)
LIST = Sentence("list emails")


def test_sentence_follows_the_outcome_of_its_call():
    sentence = SEND.fill(to="ann")
    assert {outcome: describe_outcome(sentence, outcome) for outcome in Outcome} == {
        Outcome.waiting: "wants to send an email to ann",
        Outcome.running: "is sending an email to ann",
        Outcome.done: "sent an email to ann",
        Outcome.failed: "could not send an email to ann",
        Outcome.refused: "was denied: send an email to ann",
        Outcome.repeated: "repeated a request to send an email to ann",
        Outcome.uncertain: "started to send an email to ann",
    }


def test_sentence_of_an_earlier_version_is_described_without_its_forms():
    assert describe_outcome(from_text("send mail to ann"), "done") == "asked to send mail to ann"
    assert describe_outcome("send mail to ann", "failed") == "could not send mail to ann"


def test_stored_sentence_keeps_its_forms():
    sentence = SEND.fill(to="ann\nbob")
    restored = from_text(to_text(copy.deepcopy(sentence)))
    assert isinstance(restored, Sentence)
    assert restored.forms == sentence.forms
    assert restored.done == "sent an email to ann bob"
    assert type(to_text(LIST)) is str


def test_first_sentence_with_all_values_is_filled():
    sentences = (SEND, LIST)
    assert fill(sentences, {"to": "ann", "other": 1}).done == "sent an email to ann"
    assert fill(sentences, {"to": None}) == "list emails"
    assert fill(sentences, {"to": "a\nb " + "x" * 200}).endswith("xxx…")
    assert "\n" not in fill(sentences, {"to": "a\nb"})
    assert fill((SEND,), {"to": "{to} {done}"}) == "send an email to {to} {done}"


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Groceries” for at most $0.00, then nothing else. “", "Groceries' for at most $0.00, then nothing else. '"),
        ('"A" \u201eB\u201f \u2033C\u301e \uff02D\u275e', "'A' 'B' 'C' 'D'"),
        ("Ann\u2019\u2019 now ''“”'x \u2018\u2019", "Ann' now 'x '"),
        ("Don\u2019t «stop» the \u2018one'", "Don\u2019t «stop» the \u2018one'"),
    ],
)
def test_text_from_elsewhere_does_not_end_its_quotation(title, shown):
    rename = Sentence("rename “{title}” to {name}", "is renaming “{title}”", "renamed “{title}”", "could not rename “{title}”")
    assert rename.fill(title=title, name="“B”").forms[0] == f"rename “{shown}” to “B”"
    assert rename.fill(title=title, name="B").done == f"renamed “{shown}”"
    assert quote_unless_name(title) == f"“{shown}”"


def test_plain_name_is_not_quoted():
    assert [quote_unless_name(name) for name in ("gpt-5.1", "ft:gpt-4o:org/x", "gpt 5", "")] == [
        "gpt-5.1",
        "ft:gpt-4o:org/x",
        "“gpt 5”",
        "“”",
    ]


async def list_operations():
    runtime = Runtime()
    runtime.describe(discover)
    await runtime.wait()
    return list(runtime.operations().values())


async def test_every_operation_has_texts_for_people_apart_from_those_for_models():
    for operation in await list_operations():
        check_wording(operation.wording)
        assert operation.wording.description != operation.summary, operation.name


@pytest.mark.parametrize("text", ["", "a\nb", "a\nb\nc\nd\ne"])
def test_any_stored_text_is_read(text):
    assert from_text(text) == text


def test_hostile_values_are_escaped():
    assert SEND.fill(to="x\x1b[2J\u202e").done == "sent an email to x␛[2J\\u202e"
    assert describe_outcome("send mail to \u202eann", "failed") == "could not send mail to \\u202eann"
