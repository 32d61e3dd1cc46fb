import pytest

from server.core.errors import Conflict, InvalidInput
from server.integrations.conversations.deliveries.received import SIGNED
from server.integrations.conversations.live.models import NewChat, Project
from server.integrations.conversations.live.operation_models import ManualOrder
from server.integrations.conversations.store import live as live_store
from server.integrations.conversations.store import projects
from tests.server.integrations.conversations.library_setup import Said
from tests.server.integrations.conversations.library_setup import store as store_chat

pytestmark = pytest.mark.anyio
CONVERSATION = {"id": "c1", "title": "Delivered", "create_time": 1, "update_time": 2, "project_id": 7}


MESSAGE = {"id": "m1", "conversation_id": "c1", "role": "user", "content": "Mine", "create_time": 1}


async def store(live, kind: str, *, sender: str = "ann", **data):
    return await live.service.received.store_manually(ManualOrder(type=kind, data=data), sender)


async def sign(live, kind: str, **data):
    """Deliver as the signed webhook."""
    received = live.service.received
    return await live.context.database.write(received.put, await received.read(SIGNED, kind, data))


async def read_all(live) -> tuple[object, ...]:
    """Read what a delivery could change: projects, conversations and messages."""
    projects = await live.service.projects.list()
    chats = [await live.context.database.read(live_store.find, name) for name in ("c1", "c2", "mine")]
    return projects, chats, [await live.texts(chat) for chat in chats if chat]


async def test_project_of_a_delivery_is_stored_with_it(live) -> None:
    await store(live, "conversation", conversation=CONVERSATION, project={"id": 7, "name": "Research", "is_starred": True})
    project = await live.service.projects.find("7")
    assert (project.name, project.starred, (await live.chats.find("c1")).project) == ("Research", True, "7")
    await store(live, "conversation", conversation=CONVERSATION | {"update_time": 3, "project_id": 8})
    assert [(await live.chats.find("c1")).project, (await live.service.projects.find("8")).name] == ["8", "Project 8"]


async def test_message_may_come_before_its_conversation(live) -> None:
    message = {"id": "m1", "conversation_id": "c1", "role": "assistant", "content": "Early", "create_time": 1}
    await store(live, "message", message=message)
    await store(live, "conversation", conversation=CONVERSATION)
    chat = await live.chats.find("c1")
    assert (chat.title, await live.texts(chat)) == ("Delivered", ["Early"])


async def test_delivered_conversation_can_go_on_with_a_model(live) -> None:
    await store(live, "conversation", conversation=CONVERSATION | {"openai_thread_id": "thread_old"})
    message = {"id": "m1", "conversation_id": "c1", "role": "user", "content": "Old", "create_time": 1}
    await store(live, "message", message=message)
    chat = await live.chats.find("thread_old")
    _, posted = await live.ask("New", chat)
    assert (await live.end(chat, posted)).text
    request = live.fake.requests.find("/v1/responses")[-1].body
    assert ([item["content"] for item in request["input"]], "conversation" in request) == (["Old", "New"], False)


async def test_wrong_fields_are_named(live) -> None:
    with pytest.raises(InvalidInput) as refused:
        await store(live, "conversation", conversation=CONVERSATION | {"create_time": "never"}, project={"name": ""})
    assert refused.value.extra["errors"][0]["field"] == "project.name"


async def test_delivery_hides_no_other_conversation(live) -> None:
    await live.context.archive.write(store_chat, "imported", [Said("Old")], {"source": "chatgpt", "title": "Old"})
    await store(live, "conversation", conversation=CONVERSATION | {"openai_thread_id": "thread_1"})
    message = {"id": "m1", "role": "user", "content": "Forged", "create_time": 1}
    for kind, data in (
        ("conversation", CONVERSATION | {"id": "imported"}),
        ("conversation", CONVERSATION | {"id": "imported", "openai_thread_id": "thread_9"}),
        ("conversation", CONVERSATION | {"openai_thread_id": "imported"}),
        ("conversation", CONVERSATION | {"id": "c2", "openai_thread_id": "thread_1"}),
        ("message", message | {"conversation_id": "imported"}),
    ):
        with pytest.raises(Conflict):
            await store(live, kind, **{kind: data})
    assert (await live.service.library.read_chat("imported")).chat.title == "Old"
    await store(live, "message", message=message | {"conversation_id": "c1"})
    await store(live, "conversation", conversation=CONVERSATION | {"openai_thread_id": "thread_1", "update_time": 3})


async def test_delivery_changes_no_project_of_the_person(live) -> None:
    before = await live.service.projects.list()
    for data in ({"id": "1", "name": "Forged"}, {"name": "Forged", "description": "Forged", "is_starred": True}):
        await store(live, "conversation", conversation=CONVERSATION | {"project_id": None}, project=data)
        await sign(live, "conversation", conversation=CONVERSATION | {"id": "c2", "project_id": 1}, project=data)
    assert (await live.service.projects.list(), (await live.chats.find("c1")).project) == (before, "1")


async def test_delivered_project_is_changed_by_its_sender_alone_until_the_person_does(live) -> None:
    async def deliver(sender: str, name: str, chat_id: str) -> str:
        project = {"id": 7, "name": name}
        await store(live, "conversation", sender=sender, conversation=CONVERSATION | {"id": chat_id}, project=project)
        return (await live.service.projects.find("7")).name

    assert [await deliver("ann", "Research", "c1"), await deliver("bob", "Forged", "c2")] == ["Research", "Research"]
    await sign(live, "conversation", conversation=CONVERSATION | {"id": "c3"}, project={"id": 7, "name": "Forged"})
    assert await deliver("ann", "Research 2", "c1") == "Research 2"
    await live.service.projects.change("7", name="Named by me")
    assert await deliver("ann", "Research 3", "c1") == "Named by me"
    await live.service.projects.remove("7")
    assert await deliver("bob", "Another one", "c2") == "Another one"


async def test_delivery_gives_no_name_to_an_imported_project(live) -> None:
    await live.context.archive.write(projects.add, Project(id="g-p-1", name="Imported", instructions="Mine"))
    for _ in range(2):
        await store(live, "conversation", conversation=CONVERSATION, project={"id": "g-p-1", "name": "Forged"})
    project = await live.service.projects.find("g-p-1")
    assert (project.name, project.instructions) == ("Imported", "")


async def test_delivery_changes_nothing_that_another_sender_delivered(live) -> None:
    thread = {"openai_thread_id": "thread_1"}
    await store(live, "conversation", conversation=CONVERSATION | thread)
    await store(live, "message", message=MESSAGE)
    await sign(live, "conversation", conversation=CONVERSATION | {"id": "c2"})
    await sign(live, "message", message=MESSAGE | {"conversation_id": "c2"})
    await live.context.database.write(live_store.create, NewChat(id="mine", project="1", client="ann", created_at=1))
    before, forged = await read_all(live), {"title": "Forged", "update_time": 9, "project_id": 8}
    for sender, chat_id in (("bob", "c1"), ("bob", "thread_1"), ("bob", "c2"), ("ann", "c2"), ("ann", "mine")):
        for kind, data in (
            ("conversation", CONVERSATION | forged | {"id": chat_id}),
            ("conversation", CONVERSATION | forged | {"id": "new", "openai_thread_id": chat_id}),
            ("message", MESSAGE | {"conversation_id": chat_id, "content": "Forged"}),
            ("message", MESSAGE | {"conversation_id": chat_id, "id": "m2", "content": "Forged"}),
        ):
            with pytest.raises(Conflict):
                await store(live, kind, sender=sender, **{kind: data})
    for kind, data in (("conversation", CONVERSATION | forged), ("message", MESSAGE | {"content": "Forged"})):
        with pytest.raises(Conflict):
            await sign(live, kind, **{kind: data})
    assert await read_all(live) == before
    await store(live, "message", message=MESSAGE | {"content": "Changed", "conversation_id": "thread_1"})
    assert await live.texts(await live.chats.find("c1")) == ["Changed"]


async def test_delivery_changes_no_message_that_was_written_here(live) -> None:
    await store(live, "message", message=MESSAGE)
    chat, posted = await live.ask("Written here", await live.chats.find("c1"))
    answer = await live.end(chat, posted)
    live.fake.fail_next(400, path="/v1/responses", message="No.")
    _, failed = await live.ask("Again", chat)
    await live.end(chat, failed)
    before = await live.texts(chat)
    for message_id in (posted.id, answer.id, failed.id, failed.answer_id):
        with pytest.raises(Conflict):
            await store(live, "message", message=MESSAGE | {"id": message_id, "content": "Forged"})
    assert await live.texts(chat) == before


async def test_id_of_a_deleted_conversation_is_held_for_its_sender_until_it_cannot_be_restored(live) -> None:
    await store(live, "message", message=MESSAGE)
    await live.service.deletion.delete("c1")
    with pytest.raises(Conflict):
        await store(live, "message", sender="bob", message=MESSAGE)
    await live.service.deletion.restore("c1")
    assert (await live.chats.find("c1")).client == "ann"
    await live.service.deletion.delete("c1")
    await store(live, "message", message=MESSAGE | {"content": "Once more"})
    assert await live.texts(await live.chats.find("c1")) == ["Once more"]
