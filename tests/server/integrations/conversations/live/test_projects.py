import pytest

from server.core.errors import Conflict, InvalidInput, NotFound

pytestmark = pytest.mark.anyio


async def test_default_project_is_there_and_new_ones_get_the_next_number(live) -> None:
    projects = live.service.projects
    assert [project.name for project in await projects.list()] == ["Default"]
    created = [await projects.create(name) for name in ("Work", " Home ")]
    assert [(project.id, project.name) for project in created] == [("2", "Work"), ("3", "Home")]


async def test_instructions_and_model_are_used_for_its_conversations(live) -> None:
    project = await live.service.projects.create("Poems", instructions="Answer in rhymes.", model="gpt-5.6-sol")
    chat, posted = await live.chats.create(project.id, text="Hello")
    await live.end(chat, posted)
    request = live.fake.requests.find("/v1/responses")[-1].body
    assert (request["instructions"], request["model"]) == ("Answer in rhymes.", "gpt-5.6-sol")


async def test_removed_project_leaves_its_conversations_in_the_default_one(live) -> None:
    project = await live.service.projects.create("Short")
    chat, _ = await live.chats.create(project.id, "Stays")
    await live.service.projects.remove(project.id)
    assert (await live.chats.find(chat.id)).project == "1"
    with pytest.raises(NotFound):
        await live.service.projects.find(project.id)


async def test_default_project_cannot_be_removed_and_a_name_is_needed(live) -> None:
    projects = live.service.projects
    with pytest.raises(Conflict):
        await projects.remove("1")
    for call in (projects.create(" "), projects.change("1", name="")):
        with pytest.raises(InvalidInput):
            await call
    changed = await projects.change("1", name="Everything", retention_days=30)
    assert (changed.name, changed.retention_days) == ("Everything", 30)


async def test_number_of_a_removed_project_with_a_cost_is_not_given_again(live) -> None:
    project = await live.service.projects.create("Costly")
    chat, posted = await live.chats.create(project.id, text="Hello")
    await live.end(chat, posted)
    await live.service.projects.remove(project.id)
    assert (await live.service.projects.create("New")).id == "3"
