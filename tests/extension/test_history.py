"""The real extension imports the person's history into an archive."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.integrations.queue.extension.channel import CloseCode, Closed
from server.integrations.queue.extension.messages import ImportProgress
from server.integrations.queue.extension.session import Session
from server.sdk.history_import import HistoryImport
from tests.extension.conftest import Stage

SLOW = 60  # seconds between two conversations after the first 200


class Archive:
    """Stands in for the archive, which has its own tests with the same Protocol."""

    def __init__(self) -> None:
        self.conversations: list[dict[str, Any]] = []
        self.is_complete = False

    async def take(self, conversations: list[dict[str, Any]], *, last: bool) -> None:
        self.conversations += conversations
        self.is_complete = self.is_complete or last


@pytest.fixture(scope="module")
def archive(stage: Stage) -> Iterator[Archive]:
    archive = Archive()
    with stage.bridge.state.context.offers.offer(HistoryImport, archive):
        yield archive


async def begin(stage: Stage, since: datetime) -> None:
    (session,) = stage.bridge.extensions.hub
    await stage.bridge.extensions.start_import(session.worker.id, since, None)


async def read_import(stage: Stage) -> dict[str, Any]:
    script = "async () => (await chrome.storage.local.get('history')).history"
    return dict(await stage.worker.evaluate(script) or {})


def add_chats(stage: Stage, later: int, *titles: str) -> datetime:
    """Add chats that were changed after all others, and answer a time before them."""
    start = time.time() + later
    for number, title in enumerate(titles):
        stage.fake.account.add_chat(title, [("user", title), ("assistant", "Yes.")], created=start + 10 * number)
    return datetime.fromtimestamp(start, UTC) - timedelta(seconds=1)


async def test_conversations_arrive_in_the_form_of_the_export(ready, archive):
    since = add_chats(ready, 100_000, "Oldest", "Newest")
    await begin(ready, since)

    async def is_done() -> bool:  # which it notes when the archive has told that it has the last one
        return bool((await read_import(ready)).get("done"))

    await ready.wait(is_done)
    assert archive.is_complete
    assert [conversation["title"] for conversation in archive.conversations] == ["Newest", "Oldest"]
    assert {"mapping", "current_node", "create_time", "conversation_id"} <= archive.conversations[0].keys()
    state = await read_import(ready)
    assert (state["count"], state["skipped"]) == (2, [])


async def test_import_goes_on_where_it_was_when_the_page_asks_for_a_pause(ready, archive):
    since = add_chats(ready, 200_000, "One", "Two", "Three")
    archive.conversations.clear()
    ready.fake.behave(history_calls=ready.fake.site.history_calls + 1)
    await begin(ready, since)

    async def is_paused() -> bool:
        return bool((await read_import(ready)).get("problem"))

    await ready.wait(is_paused)
    state = await read_import(ready)
    assert state["resumes_at"] / 1000 - time.time() > 50, "the page had asked for a minute"
    assert len(archive.conversations) == 1
    ready.fake.behave(history_calls=0)
    await ready.worker.evaluate(
        "async () => {const {history} = await chrome.storage.local.get('history');"
        " history.resumes_at = 0; await chrome.storage.local.set({history})}"
    )
    archive.is_complete = False
    await begin(ready, since)
    await ready.wait(lambda: archive.is_complete)
    assert sorted(conversation["title"] for conversation in archive.conversations) == ["One", "Three", "Two"]


async def test_import_becomes_slow_after_the_first_two_hundred(ready, archive):
    since = add_chats(ready, 300_000, "Number 200", "Number 201")
    archive.conversations.clear()
    state = {"since": since.isoformat(), "offset": 0, "queue": [], "sent": [], "count": 198, "skipped": [], "total": None}
    state |= {"last": False, "done": False, "resumes_at": 0}
    await ready.worker.evaluate("(history) => chrome.storage.local.set({history})", state)
    await begin(ready, since)

    async def is_slow() -> bool:
        return (await read_import(ready))["resumes_at"] / 1000 - time.time() > SLOW - 10

    await ready.wait(is_slow)
    assert [conversation["title"] for conversation in archive.conversations] == ["Number 201", "Number 200"], "both came quickly"


def find_session(stage: Stage) -> Session:
    (session,) = stage.bridge.extensions.hub
    return session


def read_progress(stage: Stage) -> ImportProgress | None:
    """Read how far the import is, as Deskhand knows it."""
    sessions = list(stage.bridge.extensions.hub)
    return sessions[0].worker.history if sessions else None


async def wait_for_progress(stage: Stage, **wanted: Any) -> ImportProgress:
    """Wait for a report with these values."""

    def find() -> ImportProgress | None:
        progress = read_progress(stage)
        return progress if progress and vars(progress).items() >= wanted.items() else None

    return ImportProgress.model_validate(await stage.wait(find))


async def go_on(stage: Stage) -> int:
    """Reconnect the extension, which resumes an import unless it is paused, and count the conversations."""
    find_session(stage).channel.close(Closed(CloseCode.going_away, "test", "The connection is lost."))
    await stage.wait(lambda: not read_progress(stage))
    await stage.wait(lambda: read_progress(stage))
    await stage.act("selfTest")  # comes after what it has begun
    return int((await read_import(stage))["count"])


async def test_import_shows_its_progress_and_is_paused_resumed_and_stopped(ready, archive):
    since = add_chats(ready, 400_000, *(f"Part {number}" for number in range(8)))
    await begin(ready, since)
    progress = await wait_for_progress(ready, count=1)
    assert (progress.total, progress.done, progress.seconds_left) == (8, False, 14)
    await ready.bridge.extensions.control_import(find_session(ready).worker.id, "pause")
    await wait_for_progress(ready, paused=True)
    count = await go_on(ready)
    assert await go_on(ready) == count, "it went on although it was paused"
    popup = await ready.open_popup()
    await popup.get_by_text(f"Import paused: {count} of 8 conversations.").wait_for()
    await popup.get_by_role("button", name="Resume import").click()
    await wait_for_progress(ready, paused=False, count=count + 1)
    await popup.get_by_text("About 1 min left.").wait_for()
    await popup.get_by_role("button", name="Stop import").click()
    await ready.wait(lambda: not read_progress(ready))
    await popup.get_by_role("button", name="Stop import").wait_for(state="hidden")
    assert await read_import(ready) == {}
    await popup.close()


async def test_import_ends_when_deskhand_does_not_take_it_any_more(ready, archive):
    since = add_chats(ready, 500_000, *(f"Late {number}" for number in range(8)))
    await begin(ready, since)
    await wait_for_progress(ready, count=1)
    await ready.bridge.extensions.history.end(find_session(ready).worker.id)
    await ready.wait(lambda: not read_progress(ready))

    async def is_forgotten() -> bool:
        return not await read_import(ready)

    await ready.wait(is_forgotten)
