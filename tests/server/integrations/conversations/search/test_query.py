from datetime import datetime

import pytest

from server.integrations.conversations.models import Role, Source
from server.integrations.conversations.search.query import parse_search, read_range
from server.storage.text_query import Term


def local(*day: int) -> float:
    return datetime(*day).astimezone().timestamp()


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", (2024, 1, 1), (2025, 1, 1)),
        ("2024-02", (2024, 2, 1), (2024, 3, 1)),
        ("2024-12", (2024, 12, 1), (2025, 1, 1)),
        ("2024/2/29", (2024, 2, 29), (2024, 3, 1)),
        ("2024.12.31", (2024, 12, 31), (2025, 1, 1)),
    ],
)
def test_year_month_and_day_are_ranges_in_local_time(text: str, start: tuple[int, ...], end: tuple[int, ...]) -> None:
    assert read_range(text) == (local(*start), local(*end))


@pytest.mark.parametrize("text", ["", "24", "2024-13", "2023-02-29", "0000", "9999-12-31", "yesterday", "2024-02-01x"])
def test_other_dates_are_none(text: str) -> None:
    assert read_range(text) is None


def test_operators_are_read() -> None:
    chats = parse_search("role:Me -role:tool source:openai project:x date:2024..2025-02 word", 1.0).chats
    assert (chats.roles, chats.without_roles, chats.sources, chats.projects) == (
        (Role.user,),
        (Role.tool,),
        (Source.openai,),
        ("x",),
    )
    assert (chats.request.after, chats.request.before) == (local(2024, 1, 1), local(2025, 3, 1))
    assert chats.request.terms == (Term("word"),)


def test_times_of_several_operators_meet() -> None:
    request = parse_search("after:2020 after:2022 before:2025 before:2024", 1.0).request
    assert (request.after, request.before) == (local(2022, 1, 1), local(2024, 1, 1))


@pytest.mark.parametrize("text", ["role:nobody", "source:mail", "date:soon", "-date:2024", "before:x", "date:2024..x"])
def test_operator_with_another_value_is_words(text: str) -> None:
    (term,) = parse_search(text, 1.0).request.terms
    assert term.text == text.lstrip("-")


def test_transcripts_are_left_out_of_searches_that_they_cannot_fit() -> None:
    assert parse_search("word", 1.0).in_transcripts
    assert not parse_search("word role:user", 1.0).in_transcripts
    assert not parse_search("word project:x", 1.0).in_transcripts
    assert not parse_search("word -source:omi", 1.0).in_transcripts
    only = parse_search("word source:omi", 1.0)
    assert (only.in_chats, only.in_transcripts) == (False, True)
    assert not parse_search("word source:chatgpt", 1.0).in_transcripts
    for query in ("word source:omi source:chatgpt", "word source:chatgpt source:omi"):
        both = parse_search(query, 1.0)
        assert (both.in_chats, both.in_transcripts, both.chats.sources) == (True, True, (Source.chatgpt,))
    assert not parse_search("word source:omi role:user", 1.0).in_transcripts


def test_query_that_asks_for_nothing_is_empty() -> None:
    assert parse_search(" +- ", 1.0).is_empty
    assert not parse_search("role:user", 1.0).is_empty
