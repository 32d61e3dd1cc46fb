import pytest

from server.core.errors import InvalidInput, TooLarge
from server.integrations.tools.config.document import LARGEST, read_document


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "// no comment", "b": "/* nor this */", "c": ",}"}',
        '{"a": "// no comment", // one\n "b": "/* nor this */", /* ,} */ "c": ",}", }',
        '{"a": "// no comment", "b": "/* nor this */", "c": ",}" // end\n}',
    ],
)
def test_comments_and_trailing_commas_are_read(text: str) -> None:
    assert read_document(text)[0] == {"a": "// no comment", "b": "/* nor this */", "c": ",}"}


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "5", "{", '{"a": NaN}', '{"a": "\\ud800"}', '{"a": "\ud800"}', "[a]\nb", "\0", '{"a": 1e999}'),
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"a":' * 30 + "1" + "}" * 30,
        "/*" * 100_000,
        '{"a": ' + "/* */" * 50_000,
        '{"' + "\\" * 100_001,
    ],
)
def test_hostile_document_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(InvalidInput, match="neither JSON nor TOML"):
        read_document(text)


@pytest.mark.parametrize("text", ["x" * (LARGEST + 1), "ä" * (LARGEST // 2 + 1)])
def test_large_document_is_refused(text: str) -> None:
    with pytest.raises(TooLarge):
        read_document(text)
