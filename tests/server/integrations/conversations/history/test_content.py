import json

import pytest

from server.integrations.conversations.history.citations import References
from server.integrations.conversations.history.content import read_message
from server.integrations.conversations.history.decode import Message, convert_message
from tests.history_exports import message, text


def make(role: str, content, **more) -> Message:
    return convert_message(message("m", role, 1.0, content, **more))


def read(role: str, content, **more):
    return read_message(make(role, content, **more), References(1_000))


@pytest.mark.parametrize(
    "hidden",
    [
        make("user", text("x"), weight=0),
        make("user", text("x"), metadata={"is_visually_hidden_from_conversation": True}),
        make("system", text("x")),
        make("system", text("x"), metadata={"is_user_system_message": True}),
        make("user", {"content_type": "user_editable_context", "user_profile": "private", "parts": ["private"]}),
        make("assistant", {"content_type": "model_editable_context", "model_set_context": "private"}),
        make("assistant", {"content_type": "reasoning_recap", "content": "Thought for 3 s"}),
        make("tool", {"content_type": "tether_browsing_display", "result": "x", "summary": "y"}),
        make("tool", {"content_type": "sonic_webpage", "text": "x"}),
        make("tool", {"content_type": "system_error", "text": "x"}),
        make("assistant", text("search(x)"), recipient="browser"),
        make("assistant", text("to memory"), recipient="bio"),
        make("assistant", {"content_type": "code", "language": "unknown", "text": "search(x)"}),
        make("tool", text("Model set context updated."), name="bio"),
        make("tool", text("result"), name="web.run"),
        make("tool", text("result"), name="browser"),
        make("tool", text("DALL-E displayed 1 image"), name="dalle.text2im"),
        make("user", text("")),
        make("user", {"content_type": "multimodal_text", "parts": [None, {"content_type": "new"}]}),
        make("user", None),
        make("user", 5),
        make("user", {"content_type": "text", "parts": 5}),
    ],
)
def test_message_is_hidden(hidden):
    assert read_message(hidden, References(1_000)) is None


def test_text_of_several_parts_is_joined():
    shown = read("user", text("one", None, {"x": 1}, "two"))
    assert (shown.kind, shown.role, shown.text) == ("text", "user", "one\n\ntwo")


def test_objects_in_parts_do_not_become_text():
    """As ChatBETO's importer wrote them: ' '.join(str(part))."""
    picture = {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_01"}
    assert read("user", {"content_type": "multimodal_text", "parts": [picture, "what is it?"]}).text == "what is it?"


@pytest.mark.parametrize(
    "content",
    [
        "plain",
        ["plain"],
        {"text": "plain"},
        {"content_type": "unheard_of", "parts": ["plain"]},
        {"content_type": [], "text": "plain"},
    ],
)
def test_content_of_an_unknown_form_is_read(content):
    assert read("assistant", content).text == "plain"


def test_author_of_a_wrong_form_is_unknown():
    shown = read([], text("plain"), name={})
    assert (shown.text, shown.role, shown.name) == ("plain", "", "")


def test_picture_alone_is_a_message():
    shown = read("user", {"content_type": "multimodal_text", "parts": [{"asset_pointer": "file-service://file-A", "width": 1}]})
    assert [file.pointer for file in shown.files] == ["file-service://file-A"]


def test_picture_of_a_hidden_tool_is_shown():
    content = {"content_type": "multimodal_text", "parts": [{"asset_pointer": "file-service://file-A"}]}
    assert read("tool", content, name="dalle.text2im").files


def test_thoughts_are_shown_even_if_they_are_marked_as_hidden():
    thoughts = [
        {"summary": "Plan", "content": "first", "chunks": [], "finished": True},
        {"content": None, "chunks": ["sec", "ond"]},
    ]
    hidden = {"is_visually_hidden_from_conversation": True}
    shown = read("assistant", {"content_type": "thoughts", "thoughts": thoughts}, metadata=hidden)
    assert (shown.kind, shown.text) == ("thoughts", "**Plan**\n\nfirst\n\nsecond")


def test_transcript_and_recordings_of_a_voice_chat_are_read():
    sound = {"content_type": "audio_asset_pointer", "asset_pointer": "sediment://file_0a"}
    parts = [
        {"content_type": "audio_transcription", "text": "hello", "direction": "in"},
        {
            "content_type": "real_time_user_audio_video_asset_pointer",
            "audio_asset_pointer": sound,
            "frames_asset_pointers": ["x://f"],
        },
    ]
    shown = read("user", {"content_type": "multimodal_text", "parts": parts})
    assert (shown.kind, shown.text) == ("voice", "hello")
    assert [file.pointer for file in shown.files] == ["sediment://file_0a", "x://f"]


def test_program_and_its_output_are_shown():
    code = read("assistant", {"content_type": "code", "language": "python", "text": "print(1)"}, recipient="python")
    assert (code.kind, code.language, code.text) == ("code", "python", "print(1)")
    pictures = {"aggregate_result": {"messages": [{"message_type": "image", "image_url": "file-service://file-P"}, 5]}}
    output = read("tool", {"content_type": "execution_output", "text": "1"}, name="python", metadata=pictures)
    assert (output.kind, output.text, output.files[0].pointer) == ("output", "1", "file-service://file-P")


def test_quotation_of_a_browser_is_shown_with_its_source():
    content = {
        "content_type": "tether_quote",
        "url": "https://example.org/a",
        "domain": "example.org",
        "title": "",
        "text": "so\nit is",
    }
    shown = read("tool", content, name="browser")
    assert shown.text == "> so\n> it is [^1]"
    assert shown.sources == [("example.org", "https://example.org/a")]


def test_document_of_the_canvas_is_shown_with_its_name():
    document = json.dumps({"name": "Plan", "type": "code/python", "content": "x = '```'"})
    shown = read("assistant", text(document), recipient="canmore.create_textdoc")
    assert (shown.kind, shown.language) == ("canvas", "python")
    assert shown.text == "## Plan\n\n````python\nx = '```'\n````"


def test_changes_of_the_canvas_are_shown():
    changes = json.dumps({"updates": [{"pattern": ".*", "multiple": False, "replacement": "new text"}]})
    assert read("assistant", text(changes), recipient="canmore.update_textdoc").text == "new text"
    assert read("assistant", text("{no json"), recipient="canmore.update_textdoc").text == "{no json"


def test_link_into_the_sandbox_becomes_its_text():
    assert read("assistant", text("Get [the file](sandbox:/mnt/data/a.csv) now")).text == "Get the file now"


def test_link_in_brackets_is_found_without_looking_far():
    """From each bracket on, 500 characters would be looked at."""
    brackets = "[" * 1_000_000
    assert read("assistant", text(f"{brackets}a](sandbox:/b) c")).text == f"{brackets[1:]}a c"


def test_attachments_are_listed_with_their_names():
    shown = read("user", text("see"), metadata={"attachments": [{"id": "file-A", "name": "a.pdf"}, "x", {"name": "no id"}]})
    assert [(file.pointer, file.name) for file in shown.files] == [("file-A", "a.pdf")]


def test_result_of_an_asynchronous_task_is_a_report():
    assert read("assistant", text("# Findings"), metadata={"is_async_task_result_message": True}).kind == "report"
