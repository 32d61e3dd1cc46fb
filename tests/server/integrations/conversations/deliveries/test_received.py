import pytest

from server.core.errors import Conflict, InvalidInput
from server.integrations.conversations.live.operation_models import ManualOrder
from tests.server.integrations.conversations.library_setup import Said
from tests.server.integrations.conversations.library_setup import store as store_chat

pytestmark = pytest.mark.anyio
CONVERSATION = {"id": "c1", "title": "Delivered", "create_time": 1, "update_time": 2, "project_id": 7}


async def store(live, kind: str, **data):
    return await live.service.received.store_manually(ManualOrder(type=kind, data=data))


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
        ("conversation", CONVERSATION | {"openai_thread_id": "imported"}),
        ("conversation", CONVERSATION | {"id": "c2", "openai_thread_id": "thread_1"}),
        ("message", message | {"conversation_id": "imported"}),
    ):
        with pytest.raises(Conflict):
            await store(live, kind, **{kind: data})
    assert (await live.service.library.read_chat("imported")).chat.title == "Old"
    await store(live, "message", message=message | {"conversation_id": "c1"})
    await store(live, "conversation", conversation=CONVERSATION | {"openai_thread_id": "thread_1", "update_time": 3})
