import pytest

from server.core.errors import Unavailable
from server.integrations.tools import record as module
from server.integrations.tools.models import Catalog, Tool
from server.integrations.tools.names import ToolKey, identify
from server.integrations.tools.record import Records, ServerRecord
from server.integrations.tools.stored import fingerprint_tool

TOOL = Tool(name="a", description="Reads.", input_schema={"type": "object", "properties": {"x": {"type": "string"}}})
CHANGED = TOOL.model_copy(update={"description": "Sends."})
CATALOG = Catalog(tools=(TOOL,))


def test_tool_is_known_as_it_was_listed_first() -> None:
    record = ServerRecord().observe("crm", [TOOL], CATALOG).observe("crm", [CHANGED], Catalog())
    text = record.find("crm", CHANGED)
    assert (text.description, text.fingerprint) == ("Reads.", fingerprint_tool(TOOL))
    assert text.parameters["properties"] == {"x": {"type": "string"}}
    assert record.accept("crm", [CHANGED]).find("crm", TOOL).description == "Sends."


def test_tool_that_vanishes_for_a_while_is_known_as_it_was() -> None:
    record = ServerRecord().observe("crm", [TOOL], CATALOG).observe("crm", [], Catalog()).observe("crm", [CHANGED], Catalog())
    assert record.find("crm", TOOL).description == "Reads."


def test_tools_without_end_do_not_make_others_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KNOWN", 3)
    tools = [Tool(name=f"t{number}") for number in range(5)]
    record = ServerRecord().observe("crm", tools, Catalog())
    assert [record.find("crm", tool) is not None for tool in tools] == [True, True, True, False, False]
    assert record.accept("crm", tools[4:]).find("crm", tools[4]), "the person may accept it"


def test_record_is_read_as_it_was_written(tmp_path) -> None:
    records, record = Records(tmp_path), ServerRecord(fingerprint="f").observe("crm", [TOOL], CATALOG)
    records.write("crm", record)
    assert records.read("crm", "f") == record
    assert (tmp_path / "tools" / "crm.json").stat().st_mode & 0o077 == 0
    assert records.read("crm", "of another command") == ServerRecord(fingerprint="of another command")
    records.delete("crm")
    assert records.read("crm", "f") == ServerRecord(fingerprint="f")


@pytest.mark.parametrize("content", [b"", b"{broken", b"[]", b'{"known": 1}'])
def test_record_that_cannot_be_read_makes_nothing_known(tmp_path, content) -> None:
    records = Records(tmp_path)
    records.write("crm", ServerRecord(fingerprint="f"))
    (tmp_path / "tools" / "crm.json").write_bytes(content)
    assert records.read("crm", "f") == ServerRecord(fingerprint="f")


def test_record_that_cannot_be_written_is_unavailable(tmp_path) -> None:
    (tmp_path / "tools").write_text("a file")
    with pytest.raises(Unavailable):
        Records(tmp_path).write("crm", ServerRecord())


def test_id_of_a_server_leads_to_no_other_folder(tmp_path) -> None:
    Records(tmp_path).write("../../x", ServerRecord())
    assert [path.name for path in (tmp_path / "tools").iterdir()] == ["______x.json"]


def test_tools_of_one_identity_are_one_tool() -> None:
    other = Tool(name=identify(ToolKey("crm", "a b")).removeprefix("crm__"))
    assert identify(ToolKey("crm", other.name)) == identify(ToolKey("crm", "a b"))
    record = ServerRecord().observe("crm", [Tool(name="a b")], Catalog()).observe("crm", [other], Catalog())
    assert record.find("crm", other).fingerprint != fingerprint_tool(other), "it is the other one, changed"
