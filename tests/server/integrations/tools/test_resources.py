import pytest

from server.core.errors import InvalidInput
from server.integrations.tools.models import Block, BlockKind, Catalog, Prompt, Resource, Tool
from server.integrations.tools.resources import GET_PROMPT, READ_RESOURCE, list_built_in, use_built_in
from server.integrations.tools.stored import fingerprint_tool

BOOKS = Resource(uri="library://books", name="Books", description="All.")
REVIEW = Prompt(name="review", arguments=("book",))
CATALOG = Catalog(resources=(BOOKS,), templates=(Resource(uri="library://books/{number}", name="Book"),), prompts=(REVIEW,))


class Library:
    async def read_resource(self, uri):
        return (Block(kind=BlockKind.text, text=uri),)

    async def get_prompt(self, name, arguments):
        return (Block(kind=BlockKind.text, text=f"{name} {arguments}"),)


def test_resources_and_prompts_are_tools_that_name_what_there_is():
    resources, prompts = list_built_in(CATALOG, "Library")
    assert (resources.name, prompts.name) == (READ_RESOURCE, GET_PROMPT)
    assert "Books (library://books), Book (library://books/{number})." in resources.description
    assert "review(book)" in prompts.description
    assert prompts.input_schema["properties"]["name"]["enum"] == ["review"]


def test_server_without_resources_and_prompts_has_no_such_tools():
    assert list_built_in(Catalog(), "Library") == ()
    assert [tool.name for tool in list_built_in(Catalog(prompts=(REVIEW,)), "Library")] == [GET_PROMPT]


def test_own_tool_of_the_server_goes_first():
    catalog = CATALOG.model_copy(update={"tools": (Tool(name=READ_RESOURCE),)})
    assert [tool.name for tool in list_built_in(catalog, "Library")] == [GET_PROMPT]


def test_description_is_short_whatever_the_server_lists():
    many = tuple(Resource(uri=f"library://{number}{'x' * 90}", name="n" * 500) for number in range(500))
    prompts = tuple(Prompt(name=f"p{number}", arguments=("a" * 300,)) for number in range(500))
    for tool in list_built_in(Catalog(resources=many, prompts=prompts), "L" * 200):
        assert len(tool.description) <= 300
        assert "all 500" in tool.description
        for part in tool.input_schema["properties"].values():
            assert len(part["description"]) <= 700


def test_names_with_hidden_characters_are_left_out():
    hidden = Catalog(resources=(Resource(uri="library://\u202eb"),), prompts=(Prompt(name="a\nb"),))
    assert list_built_in(hidden, "Library") == ()


def test_list_that_changes_needs_no_new_consent_and_another_tool_of_the_name_does():
    before, after = (list_built_in(catalog, "Library")[0] for catalog in (CATALOG, Catalog(resources=(BOOKS,))))
    assert before.description != after.description
    assert fingerprint_tool(before) == fingerprint_tool(after)
    own = Tool(**before.model_dump())
    assert fingerprint_tool(own) != fingerprint_tool(before)


async def test_tools_list_and_read():
    listed = await use_built_in(Library(), CATALOG, READ_RESOURCE, {})
    assert listed.structured["templates"][0]["uri"] == "library://books/{number}"
    assert (await use_built_in(Library(), CATALOG, READ_RESOURCE, {"uri": "library://books"})).text == "library://books"
    assert (await use_built_in(Library(), CATALOG, GET_PROMPT, {})).structured["prompts"][0]["arguments"] == ["book"]
    order = {"name": "review", "arguments": {"book": "Momo"}}
    assert (await use_built_in(Library(), CATALOG, GET_PROMPT, order)).text == "review {'book': 'Momo'}"
    with pytest.raises(InvalidInput):
        await use_built_in(Library(), CATALOG, READ_RESOURCE, {"uri": "library://a\r\nb"})
