import pytest

from server.integrations.conversations.history.records import SkippedRecord
from server.integrations.conversations.store import import_runs
from server.integrations.conversations.store.search_index import MESSAGES
from tests.history_exports import START, picture, text, thread
from tests.server.integrations.conversations.exports import begin, dump, find_words, frames, record

OLD = thread("c", ("user", text("ancient question")), ("assistant", text("answer")))
NEW = thread(
    "c", ("user", text("modern question")), ("assistant", text("answer")), ("user", text("thanks")), update_time=START + 99
)
OTHER = thread("d", ("user", text("elsewhere")))
SHA = "a" * 64


@pytest.fixture
def archive(shelf):
    """Run functions in transactions of the archive."""
    return shelf.context.archive.write


async def store(archive, *items, run=None, files=None):
    """Store conversations in a run; return its id and the counts of its report."""
    run = await archive(begin) if run is None else run
    await archive(import_runs.store_batch, run, frames(*(record(item, files=files) for item in items)))
    return run, await counts(archive, run)


async def counts(archive, run):
    report = await archive(import_runs.report, run)
    return report["imported"], report["updated"], report["unchanged"]


async def undo(archive, run):
    while await archive(import_runs.undo_some, run):
        pass


async def titles(archive):
    return await archive(
        lambda connection: [row.text for row in connection.exec_driver_sql("SELECT text FROM chat_message ORDER BY key")]
    )


async def test_second_import_changes_nothing(archive):
    _, first = await store(archive, OLD, OTHER, picture("p"))
    before = await archive(dump)
    _, second = await store(archive, OLD, OTHER, picture("p"))
    assert (first, second) == ((3, 0, 0), (0, 0, 3))
    assert await archive(dump) == before


async def test_conversations_of_a_later_batch_come_after_those_that_are_there(archive):
    for item in (OLD, OTHER):
        await store(archive, item)
    assert [(row["key"], row["id"]) for row in (await archive(dump))["chat_conversation"]] == [(1, "c"), (2, "d")]


async def test_words_without_spaces_are_found(archive):
    await store(archive, thread("c", ("user", text("plain")), ("assistant", text("验证码"))))
    assert [await archive(find_words, words) for words in ("plain", "验证", "singles: 码")] == [1, 1, 1]


async def test_messages_are_indexed_in_the_order_of_their_keys(archive):
    """FTS5 writes out what it holds at each step back."""
    await store(archive, OLD, OTHER)
    query = "SELECT count(DISTINCT segid) FROM chat_message_index_idx"
    assert await archive(lambda connection: connection.exec_driver_sql(query).scalar_one()) == 1


async def test_update_arrives_with_its_index(archive):
    """ChatBETO's importer skips a conversation that it knows."""
    await store(archive, OLD)
    _, second = await store(archive, NEW)
    assert second == (0, 1, 0)
    assert await titles(archive) == ["modern question", "answer", "thanks"]
    assert [await archive(find_words, word) for word in ("ancient", "modern")] == [0, 1]


async def test_older_export_changes_nothing(archive):
    await store(archive, NEW)
    before = await archive(dump)
    assert (await store(archive, OLD))[1] == (0, 0, 1)
    assert await archive(dump) == before


@pytest.mark.parametrize("order", [(OLD, NEW), (NEW, OLD)])
async def test_both_layouts_are_united_by_the_newest(archive, order):
    run, first = await store(archive, order[0])
    _, both = await store(archive, order[1], run=run)
    assert (first, both) == ((1, 0, 0), (1, 0, 0))
    assert len(await titles(archive)) == 3


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_richer_one_wins_at_the_same_time(archive, order):
    poor, rich = OLD, NEW | {"update_time": OLD["update_time"]}
    pair = (poor, rich)
    await store(archive, pair[order[0]], pair[order[1]])
    assert len(await titles(archive)) == 3


async def test_second_of_the_same_export_does_not_win_if_it_differs_in_form_only(archive):
    await store(archive, OLD, OLD | {"title": "Same time"}, OTHER)
    before = await archive(dump)
    _, again = await store(archive, OLD, OLD | {"title": "Same time"}, OTHER)
    assert again == (0, 0, 2)
    assert await archive(dump) == before


async def test_change_that_leaves_the_time_arrives_with_a_later_export(archive):
    await store(archive, OLD)
    assert (await store(archive, OLD | {"is_starred": True, "title": "Renamed"}))[1] == (0, 1, 0)


async def test_files_that_were_missing_are_added(archive):
    digests = {"file-Picture1234567890": SHA}
    await store(archive, picture("p"))
    _, second = await store(archive, picture("p"), files=digests)
    assert second == (0, 1, 0)
    _, third = await store(archive, picture("p"))  # an export without them takes nothing away
    assert third == (0, 0, 1)
    rows = await archive(
        lambda connection: connection.exec_driver_sql("SELECT sha256 FROM chat_asset ORDER BY id").scalars().all()
    )
    assert rows == ["", SHA]


async def test_update_without_files_keeps_them(archive):
    await store(archive, picture("p"), files={"file-Picture1234567890": SHA})
    _, second = await store(archive, picture("p") | {"update_time": START + 99, "title": "Renamed"})
    assert second == (0, 1, 0)
    rows = await archive(
        lambda connection: connection.exec_driver_sql("SELECT sha256 FROM chat_asset ORDER BY id").scalars().all()
    )
    assert rows == ["", SHA]


async def test_undo_restores_what_an_import_updated(archive):
    await store(archive, OLD, picture("p"))
    before = await archive(dump)
    run, _ = await store(archive, NEW, OTHER, picture("p"), files={"file-Picture1234567890": SHA})
    await undo(archive, run)
    assert await archive(dump) == before
    assert [await archive(find_words, word) for word in ("ancient", "modern", "elsewhere")] == [1, 0, 0]


async def test_undo_of_everything_leaves_nothing(archive):
    run, _ = await store(archive, OLD, OTHER, thread("p", ("user", text("x")), gizmo_id="g-p-00001234"))
    await undo(archive, run)
    assert not any((await archive(dump)).values())


async def test_undo_takes_other_keys_if_the_old_ones_are_in_use(archive):
    await store(archive, OLD)
    run, _ = await store(archive, NEW)
    await store(archive, *(thread(f"x{number}", ("user", text("busy")), ("assistant", text("busy"))) for number in range(70)))
    await undo(archive, run)
    assert (await archive(find_words, "ancient")) == 1


async def test_temporary_chat_is_stored_but_not_indexed(archive):
    await store(archive, OLD | {"is_temporary_chat": True})
    assert len(await titles(archive)) == 2
    assert await archive(find_words, "ancient") == 0
    await store(archive, NEW)
    assert await archive(find_words, "modern") == 1
    await archive(
        lambda connection: connection.exec_driver_sql(f"INSERT INTO {MESSAGES.name}({MESSAGES.name}) VALUES ('integrity-check')")
    )


async def test_position_and_rows_are_stored_together(archive):
    run = await archive(begin)
    await archive(import_runs.store_batch, run, frames(record(OLD, 4), SkippedRecord("no messages", 5)))
    row = await archive(import_runs.read, run)
    assert (row["position"], row["skipped"]) == (5, 1)
