import pytest
from pydantic import ValidationError

from server.integrations.tools.models import Block, BlockKind, Connection, ToolResult, UpstreamConfig


def test_text_of_a_result_is_all_of_its_texts() -> None:
    blocks = (
        Block(kind=BlockKind.text, text="a"),
        Block(kind=BlockKind.image, data="aQ=="),
        Block(kind=BlockKind.text, text="b"),
    )
    assert ToolResult(blocks=blocks).text == "a\nb"


def test_connection_does_not_show_its_secrets() -> None:
    connection = Connection(
        id="a", title="A", transport="stdio", command=("x",), environment={"A": "hush"}, headers={"B": "hush"}
    )
    assert "hush" not in repr(connection)


@pytest.mark.parametrize("identity", ["", "a__b", "CRM", "crm:sign-in", "../crm", "a.b", "crm\n", "\u0441rm", "a" * 65])
def test_id_of_a_server_stands_for_no_other(identity: str) -> None:
    assert UpstreamConfig(id="crm-2", title="CRM", transport="stdio")
    with pytest.raises(ValidationError):
        UpstreamConfig(id=identity, title="CRM", transport="stdio")
