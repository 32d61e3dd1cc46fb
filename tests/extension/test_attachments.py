"""The real extension attaches the files of prompts, and sends nothing if the page does not take them."""

import secrets

from server.integrations.queue.fake.account import Upload
from server.integrations.queue.models import PromptFile
from server.integrations.queue.states import State

REPORT = PromptFile("übersicht final.pdf", "application/pdf", secrets.token_bytes(1_000_000))  # in three pieces
TABLE = PromptFile("table.csv", "text/csv", b"a,b\n1,2\n")


async def fail(stage, message, *files, chat_id=None):
    """Submit a prompt that fails and is not sent, and return it."""
    await stage.bridge.change_settings(most_attempts=1)
    done = await stage.finish(await stage.submit(message, attachments=files, chat_id=chat_id))
    await stage.bridge.change_settings(most_attempts=3)
    assert (done.state, stage.count_sent(message)) == (State.failed, 0)
    return done


def add_chat(stage):
    return stage.fake.account.add_chat("Earlier", [("user", "Earlier"), ("assistant", "Yes.")]).chat_id


async def test_files_are_attached_whole_before_the_message_is_sent(ready):
    ready.fake.behave(upload_ms=8_000)  # longer than the button to send is waited for
    done = await ready.finish(await ready.submit("Read both", attachments=(REPORT, TABLE)))
    assert done.state is State.done
    (sent,) = [sent for sent in ready.fake.account.sent if sent.message == "Read both"]
    assert sorted(sent.attachments) == [TABLE.name, REPORT.name], "it was sent before they were there"
    uploads = {upload.name: upload for upload in ready.fake.account.uploads}
    assert uploads == {file.name: Upload(file.name, file.content_type, file.data) for file in (REPORT, TABLE)}
    next_one = await ready.finish(await ready.submit("Without a file", chat_id=done.chat.chat_id))
    assert (next_one.state, ready.fake.account.sent[-1].attachments) == (State.done, ())


async def test_file_that_the_page_refuses_is_named_and_nothing_is_sent(ready):
    ready.fake.behave(upload_refused=True)
    done = await fail(ready, "Read the refused one", TABLE)
    assert (done.error_name, done.error_message) == ("attachments_refused", "Unable to upload the file.")


async def test_page_without_a_place_for_files_is_named_and_nothing_is_sent(ready):
    ready.fake.behave(missing=("upload",))
    assert (await fail(ready, "Where do I attach", TABLE)).error_name == "attachments_unavailable"


async def test_files_that_were_attached_and_not_sent_do_not_go_with_the_next_message(ready):
    chat_id = add_chat(ready)
    ready.fake.behave(paste_limit=5)
    assert (await fail(ready, "Attached, but cut", TABLE, chat_id=chat_id)).error_name == "text_mismatch"
    ready.fake.behave(paste_limit=0)
    done = await ready.finish(await ready.submit("The next one", chat_id=chat_id))
    assert (done.state, ready.fake.account.sent[-1].attachments) == (State.done, ())


async def test_files_of_the_person_in_the_editor_are_not_sent(ready):
    done = await ready.finish(await ready.submit("Begin", chat_id=add_chat(ready)))
    own = {"name": "own.txt", "mimeType": "text/plain", "buffer": b"mine"}
    await ready.find_page().locator("input[type=file]").set_input_files(own)
    failed = await fail(ready, "Go on", chat_id=done.chat.chat_id)
    assert failed.error_name == "attachments_changed"
    assert State.executing not in {entry.state for entry in failed.history}, "it was typed beside them"
    await ready.find_page().reload()


async def test_message_is_not_sent_without_a_file_that_was_removed_meanwhile(ready):
    remove = "event.target.textContent.includes('Remove it') && document.querySelector('form [role=group]')?.remove()"
    await ready.context.add_init_script(f"addEventListener('input', (event) => {remove}, true)")
    assert (await fail(ready, "Remove it", TABLE)).error_name == "attachments_changed"
