import sqlite3
import sys
import unicodedata
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, NullPool, create_engine

from server.storage.text_index import LETTERS, IndexEntry, TextIndex, fold, is_folded, to_indexed

INDEX, HOLDING = TextIndex("one"), TextIndex("two", holds_text=True)


@pytest.fixture
def connection() -> Iterator[Connection]:
    with create_engine("sqlite://", poolclass=NullPool).begin() as connection:
        for statement in (*INDEX.ddl, *HOLDING.ddl):
            connection.exec_driver_sql(statement)
        yield connection


def find(connection: Connection, match: str, index: TextIndex = INDEX) -> list[int]:
    return list(connection.exec_driver_sql(f"SELECT rowid FROM {index.name} WHERE {index.name} MATCH ?", (match,)).scalars())


@pytest.mark.parametrize(
    ("text", "words", "singles"),
    [
        ("Plain text", "Plain text", ""),
        ("Café — naïve “Йод” 😀", "Café — naïve “Йод” 😀", ""),
        ("“Ёлка”, Łódź", "“елка”, lódź", ""),
        ("Straße 用", "strasse  用 ", "用"),
        ("用itgc做", " 用 itgc 做 ", "做 用"),
        ("验证码", " 验证 证码 ", "码 证 验"),
        ("ﬁn", "fin", ""),
        ("soft\u00adhyphen ∞", "softhyphen ∞", ""),
    ],
)
def test_words_and_single_characters_of_a_text(text: str, words: str, singles: str) -> None:
    assert to_indexed(text) == (words, singles)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Straße", "STRASSE"),
        ("ｶﾅ", "カナ"),
        ("e\u0301", "é"),
        ("كِتَاب", "كتاب"),
        ("ΑΘΉΝΑ", "αθηνα"),
        ("ﾊﾟ", "パ"),
        ("한", "\u1112\u1161\u11ab"),
        ("\u0435\u0308", "ё"),
        ("أحمد إلى", "احمد الى"),
        ("\ufe84", "أ"),
    ],
)
def test_spellings_of_the_same_are_equal(text: str, other: str) -> None:
    assert fold(text) == fold(other)


@pytest.mark.parametrize("letter", LETTERS)
def test_letters_for_which_others_are_written_are_replaced(letter: str) -> None:
    assert not is_folded(letter)
    assert to_indexed(f"x{letter}") == (f"x{LETTERS[letter]}", "")
    assert fold(f"x{letter}验") == f"x{LETTERS[letter]}验"


@pytest.mark.parametrize("letter", "йїґșüåñςğ")
def test_other_letters_stay(letter: str) -> None:
    assert letter not in LETTERS


def list_letters(text: str) -> str:
    """List the letters and digits that the tokenizer keeps."""
    return "".join(character for character in unicodedata.normalize("NFD", text.lower()) if character.isalnum())


def test_characters_that_are_left_as_they_are_fold_to_themselves() -> None:
    """Otherwise a word is indexed in one of two ways, by what else is in its text, and a query finds one of them."""
    left = [chr(code) for code in range(sys.maxunicode + 1) if is_folded(chr(code))]
    assert [character for character in left if list_letters(character) != list_letters(fold(character))] == []


@pytest.mark.parametrize("marks", ["\u0301\u0316", "\u0f73", "\u0344\u0316\u302a", "\uff9e\u0334"])
def test_many_marks_of_one_character_are_ordered_as_ever(marks: str) -> None:
    text = "a" + marks * 100 + "b\u0316\u0301 \u2014" + "\u2500" * 100 + "e\u0301"
    assert fold(text) == unicodedata.normalize("NFKC", text).casefold()


def test_marks_are_in_order_before_a_text_is_normalized(monkeypatch: pytest.MonkeyPatch) -> None:
    """Normalizing orders them in quadratic time: a million would take an hour."""
    given: list[str] = []
    original = unicodedata.normalize
    monkeypatch.setattr(unicodedata, "normalize", lambda form, text: original(form, given.append(text) or text))
    fold("a" + "\u0301\u0316" * 100)
    classes = [unicodedata.combining(character) for character in given[-1]]
    assert classes == sorted(classes)


def test_indexed_text_is_found_until_it_is_removed(connection: Connection) -> None:
    entries = [IndexEntry(1, "Café 验证", "red"), IndexEntry(2, "cafe", "blue")]
    INDEX.insert(connection, entries)
    assert find(connection, '{words}:"cafe"') == [1, 2]
    assert find(connection, '{words}:"cafe" AND {tags}:"red"') == [1]
    assert find(connection, '{singles}:"证"') == [1]
    INDEX.delete(connection, entries[:1])
    assert find(connection, '{words}:"cafe"') == [2]
    connection.exec_driver_sql("INSERT INTO one(one) VALUES ('integrity-check')")


def test_tags_are_not_found_as_words(connection: Connection) -> None:
    INDEX.insert(connection, [IndexEntry(1, "text", "red")])
    assert find(connection, '{words}:"red"') == []


def test_index_with_texts_removes_by_key(connection: Connection) -> None:
    HOLDING.insert(connection, [IndexEntry(1, "one"), IndexEntry(2, "two")])
    connection.exec_driver_sql("DELETE FROM two WHERE rowid = 1")
    assert (find(connection, "one", HOLDING), find(connection, "two", HOLDING)) == ([], [2])


def count_parts(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT count(DISTINCT segid) FROM one_idx").scalar_one())


def insert_apart(connection: Connection, number: int) -> None:
    for key in range(1, number + 1):
        INDEX.insert(connection, [IndexEntry(key, f"same word{key}")])
        connection.exec_driver_sql("SAVEPOINT written")
        connection.exec_driver_sql("RELEASE written")


def test_deferred_parts_lie_apart_until_they_are_merged(connection: Connection) -> None:
    INDEX.defer_merging(connection, deferred=True)
    insert_apart(connection, 40)
    assert count_parts(connection) == 40
    assert find(connection, "same") == list(range(1, 41))
    while INDEX.merge(connection):
        pass
    assert count_parts(connection) < 4
    assert find(connection, "same") == list(range(1, 41))
    connection.exec_driver_sql("INSERT INTO one(one) VALUES ('integrity-check')")
    assert not INDEX.merge(connection)


def test_parts_are_merged_as_ever_after_the_deferral(connection: Connection) -> None:
    for deferred in (True, False):
        INDEX.defer_merging(connection, deferred=deferred)
    insert_apart(connection, 40)
    assert count_parts(connection) < 16


def test_nothing_to_index_changes_nothing(connection: Connection) -> None:
    INDEX.insert(connection, [])
    INDEX.delete(connection, [])
    assert connection.exec_driver_sql("SELECT count(*) FROM one_docsize").scalar_one() == 0


def test_sqlite_has_what_the_index_needs() -> None:
    assert sqlite3.sqlite_version_info >= (3, 40)
