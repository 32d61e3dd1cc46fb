"""Branches of conversations that were delivered and imported: what a model gets of them, and where its answer is shown."""

from typing import Any

import pytest

from server.integrations.conversations.export.models import ExportFormat, FileOrder
from server.integrations.conversations.live.images import NewImage
from server.integrations.conversations.live.operation_models import ManualOrder, MessageOrder
from server.integrations.conversations.models import Attachment, Details, Role
from server.integrations.conversations.store import images
from tests.server.integrations.conversations.library_setup import START, Said, store
from tests.server.integrations.conversations.live_setup import Live
from tests.server.integrations.conversations.stored import PICTURE, store_file

pytestmark = pytest.mark.anyio
LATER = START + 500.0
QUESTION, ANSWER = Said("First question", id="a"), Said("First answer", "assistant", id="b")


async def deliver(live: Live, *said: Said) -> None:
    """Deliver messages of conversation x."""
    for item in said:
        time = START if item.at is None else item.at
        data = {"id": item.id, "conversation_id": "x", "role": item.role, "content": item.text, "create_time": time}
        data |= {} if item.parent is None else {"parent": item.parent}
        await live.service.received.store_manually(ManualOrder(type="message", data=data), "sender")


async def import_it(live: Live, *said: Said, **values: object) -> int:
    """Store conversation x as an import does."""
    about = {"source": "chatgpt", "title": "Imported", "created_at": START, "updated_at": START}
    return await live.context.archive.write(store, "x", list(said), about | values)


async def ask(live: Live, text: str, **order: Any) -> list[str]:
    """Send a message, and return what OpenAI got of the conversation."""
    chat, posted = await live.ask(text, await live.chats.find("x"), **order)
    assert (await live.end(chat, posted)).state == "done"
    return [item["content"] for item in live.fake.requests.find("/v1/responses")[-1].body["input"]]


async def read_tree(live: Live) -> dict[str, str]:
    """Read the merged conversation: the text of each message, and that of the one which it follows."""
    messages = (await live.service.library.read_chat("x")).messages
    texts = {message.id: message.text for message in messages}
    return {message.text: texts.get(message.parent_id, "") for message in messages}


async def test_model_gets_imported_history_and_what_was_delivered_later(live) -> None:
    await deliver(live, QUESTION, Said("Later", id="c", at=LATER))
    await import_it(live, Said("Rules", "system", id="s"), QUESTION, ANSWER)
    assert (await read_tree(live))["Later"] == "First question"
    assert await ask(live, "And now?") == ["Rules", "First question", "Later", "And now?"]
    assert (await ask(live, "And then?"))[:4] == ["Rules", "First question", "Later", "And now?"]
    assert (await read_tree(live))["And now?"] == "Later"


async def test_message_follows_the_imported_answer_that_is_shown_last(live) -> None:
    await deliver(live, QUESTION, Said("Draft", id="z"))
    await import_it(live, QUESTION, ANSWER, updated_at=LATER)
    assert await ask(live, "And now?") == ["First question", "First answer", "And now?"]
    assert (await read_tree(live))["And now?"] == "First answer"
    chat = await live.chats.find("x")
    assert (await live.texts(chat))[:3] == ["First question", "Draft", "And now?"]  # as it is when the import is undone


async def test_message_follows_the_newest_one_even_if_an_older_one_is_delivered_last(live) -> None:
    await deliver(live, QUESTION, Said("Later", id="c", at=LATER), Said("Draft", id="z", parent="a", at=START + 1))
    await import_it(live, QUESTION, ANSWER)
    assert await ask(live, "And now?") == ["First question", "Later", "And now?"]


async def test_repeated_text_is_another_message(live) -> None:
    await deliver(live, QUESTION)
    await import_it(live, QUESTION, ANSWER, updated_at=LATER)
    assert await ask(live, QUESTION.text) == ["First question", "First answer", "First question"]


async def test_message_after_a_failed_answer_follows_its_question(live) -> None:
    await deliver(live, QUESTION)
    await import_it(live, QUESTION, ANSWER)
    live.fake.fail_next(400, path="/v1/responses", message="No.")
    chat, posted = await live.ask("Refused", await live.chats.find("x"))
    assert (await live.end(chat, posted)).state == "failed"
    shown = (await live.service.library.read_chat("x")).messages[-1]
    assert (shown.id, shown.parent_id, shown.state) == (posted.answer_id, posted.id, "failed")
    assert await ask(live, "Again") == ["First question", "First answer", "Refused", "Again"]


async def test_thoughts_stay_here_and_imported_pictures_are_sent(live) -> None:
    file = store_file(live.context, PICTURE)
    picture = {"details": Details(attachments=(Attachment(id="p"),)).model_dump_json()}
    await deliver(live, QUESTION)
    key = await import_it(
        live,
        Said(QUESTION.text, id="a", values=picture),
        Said("Hm", "assistant", values={"kind": "thoughts"}),
        ANSWER,
    )
    row = {"id": "p", "name": "p.png", "content_type": "image/png", "size": file.size, "sha256": file.sha256}
    await live.context.archive.write(images.add, key, [row])
    first, *others = await ask(live, "And now?")
    assert [part["type"] for part in first] == ["input_text", "input_image"]
    assert others == ["First answer", "And now?"]


async def test_thread_that_lacks_imported_history_is_not_continued(live) -> None:
    await deliver(live, QUESTION)
    await ask(live, "Before the import")
    await import_it(live, QUESTION, ANSWER)
    assert (await ask(live, "After it"))[:2] == ["First question", "Before the import"]


async def test_preview_names_the_imported_messages(live) -> None:
    await deliver(live, QUESTION)
    order = MessageOrder(message="And now?")
    assert dict((await live.service.operations.preview_send("x", order)).fields)["Sent with it"] == "1 earlier message"
    await import_it(live, QUESTION, Said("long " * 5_000, "assistant", id="b"))
    fields = dict((await live.service.operations.preview_send("x", order)).fields)
    assert fields["Sent with it"] == "2 earlier messages, imported ones among them"
    assert fields["Tokens at most"].startswith("10,000 in")


async def test_note_follows_what_is_shown(live) -> None:
    await deliver(live, QUESTION)
    await import_it(live, QUESTION, ANSWER)
    await live.chats.send("x", "A note", role=Role.assistant)
    assert (await read_tree(live))["A note"] == "First answer"


async def test_picture_that_was_sent_here_is_shown_and_exported(live, tmp_path) -> None:
    await deliver(live, QUESTION)
    await import_it(live, QUESTION, ANSWER)
    await ask(live, "What is this?", images=(NewImage(name="p.png", data=PICTURE),))
    page = await live.service.library.read_chat("x")
    shown = next(message for message in page.messages if message.attachments)
    assert [(item.name, item.available) for item in shown.attachments] == [("p.png", True)]
    for form in ExportFormat:
        path = tmp_path / f"{form}.zip"
        report = await live.service.exports.write(FileOrder(path=str(path), format=form))
        assert (report.files, report.missing) == (1, 0)
