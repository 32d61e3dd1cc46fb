from datetime import UTC, datetime

from server.integrations.queue.models import Chat, ClientRef, Prompt, ResponseType, ThinkingTime
from server.integrations.queue.monitor_views import write_details, write_time
from server.integrations.queue.states import State

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHAT = Chat(1, None, None, NOW, NOW)


def test_time_is_written_in_utc_from_seconds_too() -> None:
    assert write_time(NOW) == write_time(NOW.timestamp()) == "2026-03-01T12:00:00.000+00:00"
    assert write_time(None) is None


def test_prompt_without_an_answer_has_no_length_and_a_new_chat_no_address() -> None:
    prompt = Prompt(
        "p", 7, ClientRef("c"), State.executing, "x" * 500, ResponseType.auto, ThinkingTime.standard, CHAT, NOW, partial="So far"
    )
    shown = write_details(prompt, None)
    assert (shown.client, shown.chat, shown.chat_title, shown.chat_url) == ("c", 1, None, None)
    assert (len(shown.message), shown.message_length, shown.response_length, len(shown.text)) == (200, 500, None, 500)
    assert (shown.partial, shown.position, shown.state) == ("So far", None, "executing")


def test_files_of_a_prompt_are_named() -> None:
    files = ({"name": "taxes.pdf", "content_type": "application/pdf", "size": 3},)
    prompt = Prompt(
        "p", 7, ClientRef("c"), State.idle, "x", ResponseType.auto, ThinkingTime.standard, CHAT, NOW, attachments=files
    )
    assert write_details(prompt, None).attachments == ["taxes.pdf"]
