import json
from typing import Any

from mcp import Client

from server.integrations.tools.fake.crm import FAILED, create_server


async def call(name: str, **arguments: Any) -> Any:
    async with Client(create_server()) as client:
        return await client.call_tool(name, arguments)


async def test_tools_answer_with_text_and_records() -> None:
    result = await call("get_leads", status="qualified", limit=1)
    assert json.loads(result.content[0].text) == result.structured_content["records"]
    assert result.structured_content["records"][0]["company"] == "Hollis & Sons Roofing"
    assert (await call("get_contacts", search="leeds")).structured_content["records"][0]["name"] == "Peter Hollis"
    assert len((await call("search_entities", query="tidewater", entity_types=["contact"])).structured_content["records"]) == 1


async def test_answer_has_the_wanted_form() -> None:
    forms = {
        form: (await call("natural_query", query="new leads", response_format=form)).content[0].text
        for form in ("natural", "table")
    }
    assert forms["natural"].startswith("2 new leads: ")
    assert len(json.loads(forms["table"])) == 2
    assert (await call("natural_query", query="unicorns")).content[0].text == "Nothing was found for “unicorns”."


async def test_failure_is_reported_as_success() -> None:
    result = await call("natural_query", query="  ")
    assert not result.is_error
    assert result.content[0].text.startswith(FAILED)
