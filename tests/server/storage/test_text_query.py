import sqlite3
from contextlib import closing

import pytest

from server.storage.text_index import TextIndex
from server.storage.text_query import LONGEST_TERM, MOST_TERMS, Term, express, last_word, list_words, parse


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("two words", [Term("two"), Term("words")]),
        ('"a phrase" “another one”', [Term("a phrase"), Term("another one")]),
        ('"open quote', [Term("open quote")]),
        ('begin* -not -"no phrase"', [Term("begin", prefix=True), Term("not", excluded=True), Term("no phrase", excluded=True)]),
        (
            'title:name title:"two words" -title:x',
            [Term("name", title=True), Term("two words", title=True), Term("x", title=True, excluded=True)],
        ),
        ("--verbose well-known", [Term("--verbose"), Term("well-known")]),
        ("std::vector https://a.b", [Term("std::vector"), Term("https://a.b")]),
        ("+ - * ! 😀", []),
    ],
)
def test_words_phrases_beginnings_and_exclusions(text: str, terms: list[Term]) -> None:
    assert list(parse(text).terms) == terms


def test_operators_are_those_that_are_named() -> None:
    query = parse('role:user role:"a b" -role:tool other:x', ["role"])
    assert query.operators == (Term("user", name="role"), Term("a b", name="role"), Term("tool", name="role", excluded=True))
    assert query.terms == (Term("other:x"),)


def test_long_queries_are_cut() -> None:
    query = parse(" ".join(["word"] * 500) + " " + "x" * 5_000)
    assert len(query.terms) == MOST_TERMS
    assert len(parse("x" * 5_000).terms[0].text) == LONGEST_TERM


@pytest.mark.parametrize(
    ("term", "match"),
    [
        (Term("AT&T"), '{words}:"at&t"'),
        (Term('say "x"'), '{words}:"say  x "'),
        (Term("begin", prefix=True), '{words}:"begin" *'),
        (Term("验证码"), '{words}:" 验证 证码 "'),
        (Term("验证", prefix=True), '{words}:" 验证 "'),
        (Term("验"), '{singles}:"验"'),
        (Term("第3章"), '{words}:"3" AND {singles}:"第" AND {singles}:"章"'),
    ],
)
def test_term_in_the_language_of_fts5(term: Term, match: str) -> None:
    assert express(term) == match


@pytest.mark.parametrize("text", ['"', 'a"b', "x NEAR(y)", "{words}:a", "a AND", "(", "^a", "a*b", "\ud800x", "a\u0300"])
def test_every_term_can_be_run(text: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(TextIndex("t").ddl[0])
        for term in (Term(text), Term(text, prefix=True), *parse(text).terms):
            if match := express(term):
                connection.execute("SELECT rowid FROM t WHERE t MATCH ?", (match.encode("utf-8", "replace").decode(),)).fetchall()


def test_words_are_counted_apart_and_the_beginning_is_none() -> None:
    assert list_words(Term("one two-three")) == ['{words}:"one"', '{words}:"two"', '{words}:"three"']
    assert list_words(Term("one tw", prefix=True)) == ['{words}:"one"']
    assert list_words(Term("हिन्दी में")) == ['{words}:"हिन्दी"', '{words}:"में"']
    assert last_word(Term("the Café", prefix=True)) == "cafe"
