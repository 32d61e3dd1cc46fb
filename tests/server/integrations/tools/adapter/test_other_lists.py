from tests.server.integrations.tools.upstreams import open_hostile


async def test_list_that_fails_or_never_ends_leaves_the_other_lists_and_the_tools():
    async with open_hostile("lists") as session:
        catalog = await session.list_all()
    assert len(catalog.resources) == 1_000
    assert (catalog.templates, catalog.prompts) == ((), ())
    assert [tool.name for tool in catalog.tools][:2] == ["echo", "wait"]
    assert catalog.notes[-2:] == (
        "It lists more than 1000 resources, or without end; 1000 are offered.",
        "Its resource templates cannot be read.",
    ), "a server need not know of prompts"
