import json
import zlib

import pytest

from server.integrations.conversations.history.build import build
from server.integrations.conversations.history.decode import Unreadable, decode
from server.integrations.conversations.history.records import AssetRecord
from tests.history_exports import link, message, node, picture, text, thread
from tests.server.integrations.conversations.history.reading import no_file, texts


def make(item, find=no_file):
    data = json.dumps(item).encode()
    record, asides = build(decode(data), data, find)
    return record, asides


def test_citations_add_no_more_than_twice_the_conversation():
    mark = "\ue200x\ue201"
    references = [{"matched_text": mark, "items": [{"title": f"t{number}"} for number in range(100)]}]
    item = thread("c", ("assistant", text(mark)), ("assistant", text(mark * 200)))
    for each in item["mapping"].values():
        if each["message"]:
            each["message"]["metadata"] = {"content_references": references}
    record, _ = make(item)
    assert [len(each.text) for each in record.messages] == [sum(len(f"[^{number}]") for number in range(1, 101)), 600]


def branched():
    """A question with two answers, of which the old one was continued, under hidden nodes."""
    hidden = {"is_visually_hidden_from_conversation": True}
    mapping = {
        "root": node("root", None, None),
        "s": node("s", "root", message("s", "system", None, text("secret"), metadata=hidden)),
        "u": node("u", "s", message("u", "user", 1.0, text("what", "is it?"))),
        "t": node("t", "u", message("t", "tool", 2.0, text("hidden"), name="web.run")),
        "a1": node("a1", "t", message("a1", "assistant", 3.0, text("old answer"), metadata={"model_slug": "gpt-4o"})),
        "u2": node("u2", "a1", message("u2", "user", 4.0, text("more"))),
        "a2": node("a2", "t", message("a2", "assistant", 50.0, text("new answer"))),
    }
    link(mapping)
    return {**thread("c"), "mapping": mapping, "current_node": "a2", "gizmo_id": "g-p-abc", "default_model_slug": "gpt-5"}


def test_all_branches_and_parts_are_kept():
    """chatgpt-to-sqlite keeps the current branch and each message's first part only."""
    record, _ = make(branched())
    assert [(each.id, each.parent, each.text) for each in record.messages] == [
        ("u", "", "what\n\nis it?"),
        ("a1", "u", "old answer"),
        ("u2", "a1", "more"),
        ("a2", "u", "new answer"),
    ]
    assert record.current == "a2"


def test_model_is_that_of_the_message_or_of_the_conversation():
    record, _ = make(branched())
    assert [each.model for each in record.messages] == ["", "gpt-4o", "", "gpt-5"]


@pytest.mark.parametrize(
    ("fields", "project", "gpt"),
    [
        ({"gizmo_id": "g-p-abc"}, "g-p-abc", ""),
        ({"gizmo_id": None, "conversation_template_id": "g-p-abc"}, "g-p-abc", ""),
        ({"gizmo_id": "g-xyz"}, "", "g-xyz"),
        ({"gizmo_id": 5}, "", ""),
    ],
)
def test_projects_and_custom_gpts_are_distinguished(fields, project, gpt):
    record, _ = make(branched() | fields)
    assert (record.project, record.gpt) == (project, gpt)


def test_original_is_what_was_exported():
    item = branched()
    record, _ = make(item)
    assert json.loads(zlib.decompress(record.original)) == item


def test_digest_is_that_of_the_content_not_of_its_form():
    item = branched()
    first, second = make(item)[0], build(decode(json.dumps(item, indent=2).encode()), b"", no_file)[0]
    assert first.digest == second.digest
    item["mapping"]["a2"]["message"]["content"]["parts"] = ["changed"]
    assert make(item)[0].digest != first.digest


def test_digest_is_the_same_without_the_files():
    with_files = make(picture("p"), lambda asset_id, _: AssetRecord(asset_id, "a.png", "image/png", 5, "0" * 64))[0]
    assert with_files.assets[0].sha256
    assert make(picture("p"))[0].digest == with_files.digest


def test_digest_is_that_of_earlier_versions():
    """Of another digest the next import would write all that is stored anew."""
    assert make(thread("c", ("user", text("验证"))))[0].digest == "69b08b81eb66e19034a55d3ece71a4d1"


def test_form_for_the_index_is_there_where_it_is_not_the_text():
    record, _ = make(thread("c", ("user", text("plain")), ("assistant", text("验证码"))))
    assert record.indexed == {1: (" 验证 证码 ", "码 证 验")}


def test_message_without_an_author_is_whose_turn_it_is():
    item = thread("c", ("user", text("a")), ("assistant", text("b")), ("user", text("c")))
    for each in item["mapping"].values():
        if each["message"]:
            del each["message"]["author"]
    assert [each[0] for each in texts(make(item)[0].messages)] == ["user", "assistant", "user"]


def test_attachment_of_two_places_is_one():
    item = picture("p")
    item["mapping"]["p-0"]["message"]["metadata"] = {"attachments": [{"id": "file-Picture1234567890", "name": "beach.png"}]}
    record, _ = make(item)
    assert json.loads(record.messages[0].details) == {"attachments": [{"id": "file-Picture1234567890", "name": "beach.png"}]}
    assert [asset.id for asset in record.assets] == ["file-Picture1234567890", "file-Drawing1234567890"]


def test_conversation_without_a_shown_message_is_none():
    content = {"content_type": "user_editable_context", "user_profile": "me"}
    record, asides = make(thread("c", ("user", content)))
    assert record is None
    assert [aside.text for aside in asides] == ["me"]


def test_conversation_without_an_id_is_refused():
    """ChatBETO's importer makes one by hash(), which is another in each process."""
    with pytest.raises(Unreadable, match="no id"):
        make({**thread("c", ("user", text("x"))), "id": None, "conversation_id": 5})


@pytest.mark.parametrize("chat_id", ["a/b", "../../etc/passwd", "..", "."])
def test_conversation_whose_id_fits_no_address_is_refused(chat_id):
    with pytest.raises(Unreadable, match="nobody could open it"):
        make(thread(chat_id, ("user", text("x"))))


def test_report_in_several_states_is_shown_once():
    state = {"chatgpt_sdk": {"widget_state": {"report_message": {"content": {"parts": ["findings"]}}}}}
    item = thread("c", ("user", text("x")), ("tool", text("")), ("tool", text("")))
    for name in ("c-1", "c-2"):
        item["mapping"][name]["message"]["metadata"] = state
    assert texts(make(item)[0].messages) == [("user", "text", "x"), ("assistant", "report", "findings")]
