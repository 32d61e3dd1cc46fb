"""Text is laid out in lines, with links and marks."""

import pytest

from server.integrations.gmail.mime.html_writer import LONGEST_LINK, Writer


def write(*steps: tuple[str, str]) -> str:
    writer = Writer()
    for method, argument in steps:
        getattr(writer, method)(argument)
    return "".join(writer.out)


def test_blocks_are_lines_and_cells_are_spaced():
    assert write(("begin", "td"), ("write", "a"), ("end", "td"), ("begin", "td"), ("write", "b")) == "a b"
    assert write(("begin", "p"), ("write", "a"), ("end", "p"), ("write", "b")) == "a\n\nb"


def test_quotations_are_marked():
    assert write(("begin", "blockquote"), ("write", "a"), ("end", "blockquote"), ("write", "b")) == "> a\n\nb"


def test_link_without_text_stands_as_its_address():
    assert write(("begin", "a"), ("begin_link", "https://a.example"), ("end", "a")) == "https://a.example"


def test_long_address_is_cut_and_says_so():
    writer = Writer()
    assert not writer.begin_link("https://a.example/" + "x" * LONGEST_LINK)
    writer.end("a")
    assert "".join(writer.out).endswith("x…")


def test_script_is_no_address():
    writer = Writer()
    assert writer.begin_link(" java\nscript:alert(1)")
    assert writer.link is None


@pytest.mark.parametrize("hidden", ["\v", "\x1c", "\x85", "\u2028", "\u2029", "\u200b"])
def test_hidden_character_is_no_space(hidden):
    assert write(("write", f"pay {hidden}now{hidden}")) == f"pay {hidden}now{hidden}"
    assert (
        write(("begin", "pre"), ("write", f"pay{hidden}now{hidden}\r\nor\n\nnever\n")) == f"pay{hidden}now{hidden}\nor\n\nnever"
    )
