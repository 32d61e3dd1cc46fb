import pytest

from server.integrations.conversations.imports import browser_history
from server.integrations.conversations.imports.browser_history import FILE, BrowserHistory
from server.integrations.conversations.imports.imports import Imports
from tests.history_exports import text, thread
from tests.server.integrations.conversations.import_setup import CHATS, count, finish


@pytest.fixture
def imports(shelf):
    return Imports(shelf.context)


async def finish_all(imports):
    return [await finish(imports, current) for current in await imports.list_all()]


async def test_conversations_are_imported_together_at_the_end(imports, shelf):
    history = BrowserHistory(imports)
    for conversation in CHATS:
        await history.take([conversation], last=False)
    assert await imports.list_all() == []
    await history.take([], last=True)
    (run,) = await finish_all(imports)
    assert (run.name, run.report.imported, run.error) == ("History of the browser", 2, None)
    assert await shelf.find("first question") == ["a/a-0"]
    assert not (shelf.context.folders.data / FILE).exists()


async def test_enough_conversations_are_imported_at_once(imports, shelf, monkeypatch):
    monkeypatch.setattr(browser_history, "BATCH", 2)
    history = BrowserHistory(imports)
    for number in range(5):
        await history.take([thread(f"c{number}", ("user", text(f"question {number}")))], last=False)
    await finish_all(imports)
    assert (len(await imports.list_all()), await count(shelf.context)) == (2, 4)
    await history.take([], last=True)
    await finish_all(imports)
    assert await count(shelf.context) == 5


async def test_conversations_survive_a_restart(imports, shelf):
    await BrowserHistory(imports).take([CHATS[0]], last=False)
    await BrowserHistory(imports).take([CHATS[1]], last=True)
    await finish_all(imports)
    assert await count(shelf.context) == 2


async def test_end_without_conversations_is_no_import(imports):
    await BrowserHistory(imports).take([], last=True)
    assert await imports.list_all() == []
