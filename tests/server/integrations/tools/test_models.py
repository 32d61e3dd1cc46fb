from server.integrations.tools.models import Block, BlockKind, Connection, ToolResult


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
