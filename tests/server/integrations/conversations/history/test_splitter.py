import io
import json

import pytest

from server.integrations.conversations.history.decode import is_conversation
from server.integrations.conversations.history.splitter import CHUNK, Splitter, measure


def make(number: int, inside: str = "") -> bytes:
    return f'{{"title": "t{number}", "create_time": 1, "mapping": {{{inside}}}}}'.encode()


def split(data: bytes, **options: int) -> list[tuple[str, str]]:
    """Split; return the title of each piece and its problem."""
    pieces = Splitter(io.BytesIO(data).read, is_conversation, **options)
    return [(piece.data[11:13].decode(errors="replace"), piece.problem) for piece in pieces]


ALL = [("t1", ""), ("t2", ""), ("t3", "")]


@pytest.mark.parametrize(
    "data",
    [
        b"[%s, %s, %s]",
        b"\xef\xbb\xbf[%s,%s,\n%s]\n",
        b'{"conversations": [%s, %s, %s], "more": {"title": "x"}}',
        b'{"version": 1, "about": {"a": ["]"]}, "chats": [%s,%s,%s]}',
        b"%s\n%s\n%s",
        b"[[%s], [%s, %s]]",
    ],
)
def test_conversations_are_split_in_every_layout(data):
    assert split(data % (make(1), make(2), make(3))) == ALL


def test_single_conversation_is_whole():
    assert split(make(1)) == [("t1", "")]


@pytest.mark.parametrize(
    "inside",
    ['"a": NaN', r'"a": "\ud83d"', '"a": "}{][\\""', '"a": {"title": "x", "create_time": 1, "mapping": {}}', '"a": 1e999'],
)
def test_odd_content_stays_within_its_conversation(inside):
    assert split(b"[%s, %s, %s]" % (make(1), make(2, inside), make(3))) == ALL


def test_bytes_that_are_no_utf8_cost_nothing():
    assert split(b"[%s, %s, %s]" % (make(1), make(2, '"a": "?"').replace(b"?", b"\xff\xfe"), make(3))) == ALL


@pytest.mark.parametrize("damaged", [make(2)[:-1], make(2, '"a": "no end'), make(2)[:30], make(2).replace(b"1,", b"1 :,")])
def test_damaged_conversation_costs_no_other(damaged):
    pieces = split(b"[%s, %s, %s, %s]" % (make(1), damaged, make(3), make(4)))
    assert [piece for piece in pieces if piece[0] != "t2"] == [("t1", ""), ("t3", ""), ("t4", "")]
    assert len(pieces) == 4


def test_end_in_the_middle_is_reported():
    assert split(b"[%s, %s" % (make(1), make(2)[:-9])) == [("t1", ""), ("t2", "cut off")]


@pytest.mark.parametrize("inside", ['"a": "' + "x" * 300_000 + '"', '"a": [' + '{"b": 1},' * 30_000 + "2]"])
def test_conversation_over_the_limit_is_skipped(inside):
    data = b"[%s, %s, %s]" % (make(1), make(2, inside), make(3))
    chunks = io.BytesIO(data)
    pieces = list(Splitter(lambda size: chunks.read(min(size, 20_000)), is_conversation, largest=50_000))
    assert [(piece.data[11:13], piece.problem) for piece in pieces] == [(b"t1", ""), (b"t2", "too large"), (b"t3", "")]


def test_conversation_across_chunks_is_whole():
    long = make(2, f'"a": "{"y" * CHUNK}"')
    pieces = list(Splitter(io.BytesIO(b"[%s, %s]" % (make(1), long)).read, is_conversation))
    assert pieces[1].data == long
    assert pieces[1].end == len(make(1)) + len(long) + 3


def test_entries_that_are_no_objects_are_yielded():
    pieces = Splitter(io.BytesIO(b'[null, 1, "x}", %s]' % make(1)).read, is_conversation)
    assert [json.loads(piece.data) for piece in pieces][:3] == [None, 1, "x}"]


@pytest.mark.parametrize("data", [b"", b"  ", b"[]", b'{"conversations": []}'])
def test_empty_file_has_no_entries(data):
    assert split(data) == []


def test_end_of_a_value_is_what_msgspec_says():
    """The fast way hangs on a message of msgspec, whose words an update may change."""
    assert measure(memoryview(b'{"a": 1}, {')) == 8
    assert measure(memoryview(b'{"a": [1, ')) == 0
    assert measure(memoryview(b'{"a": NaN}')) == -1


def test_deep_nesting_ends_with_its_brackets():
    assert split(b"[%s, %s, %s]" % (make(1), make(2, '"a": ' + "[" * 5_000 + "]" * 5_000), make(3))) == ALL


def test_damaged_conversation_is_described_by_its_own_bytes_only():
    first, second, _ = Splitter(io.BytesIO(b"[%s, %s, %s]" % (make(1)[:-2], make(2), make(3))).read, is_conversation)
    assert first.problem == "damaged"
    assert (b"t2" in first.data, b"t2" in second.data) == (False, True)


UNCLOSED = b'{"title":"a","create_time":1,"x":'


@pytest.mark.parametrize("unclosed", [UNCLOSED + b"{", UNCLOSED + b'"', UNCLOSED])
def test_conversations_that_seem_to_hold_all_others_are_looked_at_a_few_times(unclosed):
    """Looking through the rest of the file from each of them would take hours."""
    count = 30_000
    data = unclosed * count + b"%s, {}, %s, %s" % (make(1), make(2, '"a": NaN'), make(3))
    pieces = split(data)
    assert [problem for _, problem in pieces[:count]] == ["damaged"] * count
    assert [piece for piece in pieces[count:] if piece[0]] == ALL


def test_conversations_in_damaged_ones_are_decoded_a_few_times():
    decoded = []
    depth, filler = 200, b"0," * 10_000
    data = (UNCLOSED + b"[" + filler) * depth + b"NaN NaN" + b"]}" * depth

    def is_readable(piece: bytes) -> bool:
        decoded.append(len(piece))
        return False

    assert len(list(Splitter(io.BytesIO(data).read, is_readable))) >= depth
    assert sum(decoded) < 8 * len(data)
