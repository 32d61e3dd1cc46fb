import re

from server.projections.help import list_arguments


def test_help_page_names_every_operation_and_loads_nothing_external(demo) -> None:
    page = demo.call("GET", "/docs", key="")
    names = {
        operation["operationId"]
        for item in demo.call("GET", "/openapi.json", key="").json()["paths"].values()
        for operation in item.values()
    }
    assert names
    assert all(name in page.text for name in names)
    assert not re.search(r"(?:src|href)=\"(?!/)", page.text)
    assert "<script" not in page.text
    assert demo.call("GET", "/docs/style.css", key="").headers["content-type"].startswith("text/css")


def test_fields_of_a_schema_that_has_no_model_are_listed() -> None:
    schema = {"type": "object", "properties": {"a": {"description": "The first."}, "b": {}}}
    operation = {"requestBody": {"content": {"application/json": {"schema": schema}}}}
    assert list_arguments({"components": {"schemas": {}}}, operation) == [("a", "The first."), ("b", "")]
