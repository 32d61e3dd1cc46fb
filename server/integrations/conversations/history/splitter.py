"""Splitter of a file of conversations: it finds where each begins and ends, whatever the size of the file.

Takes an array, `{"conversations": […]}`, one conversation, or several in a row. A well-formed conversation is found by msgspec,
which says where a value ends; another one by its brackets; a damaged one ends where the next begins, so it costs no other.
"""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec

CHUNK, MOST_AT_ONCE = 1024 * 1024, 4 * 1024 * 1024  # bytes that are read
LARGEST = 32 * 1024 * 1024  # bytes of one conversation
MOST_RESCANNED = 2  # times what was read, which is scanned again behind damage
HEAD = 16 * 1024  # bytes of one that is too large, by which it is named in the report
LISTS = frozenset({"conversations", "chats", "group_chats", "items"})  # keys of an object that holds a list of conversations
BOM = b"\xef\xbb\xbf"
TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")  # msgspec's words where a value is followed by something
INSIDE = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["{}\[\]]', re.DOTALL)
STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
BEGINNING = re.compile(
    rb"\{\s*+(" + STRING + rb")\s*+:\s*+(?:" + STRING + rb'|[^\s",{}\[\]]++)\s*+,\s*+(' + STRING + rb")\s*+:", re.DOTALL
)
USUAL_KEYS = (b'"title"', b'"create_time"')
SPACE = re.compile(rb"\s*+")
BETWEEN = re.compile(rb"[\s,]*+")
SCALAR = re.compile(rb"[^\s,{}\[\]]++")
DEPTHS = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}

Problem = Literal["", "too large", "damaged", "cut off"]
Read = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Piece:
    """The bytes of one entry. With a problem they are its beginning only. `end`: offset in the file, for progress."""

    data: bytes
    end: int
    problem: Problem = ""


class Splitter:
    """Iterates over the entries of a file. `read(size)` returns its next bytes, none at its end.

    `is_readable(data)` decides whether bytes between brackets are a conversation, or two of which the first is damaged.
    """

    def __init__(self, read: Read, is_readable: Callable[[bytes], bool], largest: int = LARGEST) -> None:
        self._read, self._is_readable, self._largest = read, is_readable, largest
        self._data, self._at, self._offset = b"", 0, 0  # the buffer, the place in it, and the offset of its start in the file
        self._ended = False
        self._scanned = self._next = 0  # offsets: up to where an object was scanned, and where the next conversation begins
        self._rescanned = 0  # bytes that are scanned again, since an object ended before what was scanned
        self._beginning: re.Pattern[bytes] | None = None

    def __iter__(self) -> Iterator[Piece]:
        """Yield each entry of the list, also one that is no object."""
        self._fill()
        self._at = len(BOM) if self._data.startswith(BOM) else 0
        wrapped = self._peek(SPACE) == b"{" and self._enter_list()
        depth = 1
        while byte := self._peek(BETWEEN):
            if byte == b"{":
                yield self._take_object()
            elif byte in (b"[", b"]"):
                self._at += 1
                depth += DEPTHS[byte]
                if wrapped and not depth:
                    return
            else:
                yield self._take_scalar()

    def _fill(self) -> None:
        """Read on. The buffer keeps what begins at the place, and grows with that, so that little is looked at twice."""
        if self._next == self._offset + len(self._data):  # known is only that none begins in the buffer
            self._next = 0
        rest = self._data[self._at :]
        self._data = b""  # two copies of a large one are enough
        chunk = self._read(max(CHUNK, min(len(rest), MOST_AT_ONCE)))
        self._ended = not chunk
        self._offset += self._at
        self._data, self._at = rest + chunk, 0

    def _peek(self, skip: re.Pattern[bytes]) -> bytes:
        """Skip, and return the byte that follows; none at the end."""
        while True:
            match = skip.match(self._data, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._data) or self._ended:
                return self._data[self._at : self._at + 1]
            self._fill()

    def _take_object(self) -> Piece:
        """Take the object at the place, and count what will be scanned again as it ended before."""
        self._scanned = 0
        piece = self._take(self._find_end())
        self._rescanned += max(0, self._scanned - self._offset - self._at)
        return piece

    def _stop(self) -> int:
        """Return how far to scan: through the buffer, or to where the next conversation begins once much was scanned again."""
        place = self._offset + self._at
        if self._rescanned <= CHUNK + MOST_RESCANNED * place:
            return len(self._data)
        if self._next <= place:
            following = self._search_beginning(self._at + 1)
            self._next = self._offset + (following.start() if following else len(self._data))
        return self._next - self._offset

    def _search_beginning(self, start: int, stop: int = sys.maxsize) -> re.Match[bytes] | None:
        """Search where another conversation begins."""
        return (self._beginning or compile_beginning(b"")).search(self._data, start, stop)

    def _take(self, end: int) -> Piece:
        """Take the bytes up to `end`; none (-1): they are too many, or the file ends before."""
        if end < 0:
            return self._take_damaged()
        data = self._data[self._at : end]
        self._at = end
        if len(data) > CHUNK:  # do not hold it twice
            self._data, self._at, self._offset = self._data[end:], 0, self._offset + end
        if self._beginning is None:
            self._beginning = compile_beginning(data)
        return Piece(data, self._offset + self._at)

    def _take_scalar(self) -> Piece:
        """Take something that is no object, such as null."""
        match = TOKEN.match(self._data, self._at) or SCALAR.match(self._data, self._at)
        end = match.end() if match and match.end() > self._at else self._at + 1
        return self._take(end)

    def _find_end(self) -> int:
        """Find the end of the object at the place."""
        length = self._measure(0)
        return self._find_end_by_brackets() if length is None else self._at + length

    def _measure(self, place: int) -> int | None:
        """Return where the value at a place ends, both relative to the object; None if it is damaged or too long."""
        while True:
            stop = self._stop()
            is_all = self._ended or stop < len(self._data)
            end = measure(memoryview(self._data)[self._at + place : stop])
            if end > 0 and (end < stop - self._at - place or is_all):
                return place + end
            if end < 0 or is_all or len(self._data) - self._at > self._largest:
                return None
            self._fill()

    def _find_end_by_brackets(self) -> int:
        """Find the end of an object that is not well-formed: a cut emoji, NaN, or worse. -1: there is none within the limit."""
        depth, place = 0, 0  # relative to the place, which moves when the buffer is filled
        while True:
            stop = self._stop()
            for match in TOKEN.finditer(self._data, self._at + place, stop):
                token = match[0]
                if token == b'"':  # of a string that goes on
                    break
                place = match.end() - self._at
                depth += DEPTHS.get(token, 0)
                if not depth:
                    self._scanned = self._offset + self._at + place
                    return self._divide(self._at + place)
            self._scanned = self._offset + stop
            if self._ended or stop < len(self._data) or len(self._data) - self._at > self._largest:
                return -1
            self._fill()

    def _divide(self, end: int) -> int:
        """Return the end of the first entry if damage has made one of several."""
        following = self._search_beginning(self._at + 1, end)
        if following is None or self._is_readable(self._data[self._at : end]):
            return end
        return following.start()

    def _take_damaged(self) -> Piece:
        """Take an entry whose end is not within the limit: up to where the next begins, or its end, or the file's."""
        head = self._data[self._at : self._at + HEAD]
        if following := self._search_beginning(self._at + 1):
            head = head[: following.start() - self._at]
            self._at = following.start()
            return Piece(head, self._offset + self._at, "damaged")
        if self._ended:
            self._at = len(self._data)
            return Piece(head, self._offset + self._at, "cut off")
        self._skip_large()
        return Piece(head, self._offset + self._at, "too large")

    def _skip_large(self) -> None:
        """Skip an object by its brackets, in little memory, but not beyond where another conversation begins."""
        depth, in_string = 0, False
        while True:
            if in_string:
                match = INSIDE.match(self._data, self._at)
                self._at = match.end() if match else self._at
                in_string = self._data[self._at : self._at + 1] != b'"'
                self._at += not in_string
            following = None if in_string else self._search_beginning(self._at + 1)
            stop = len(self._data) if following is None else following.start()
            for match in () if in_string else TOKEN.finditer(self._data, self._at, stop):
                self._at = match.end()
                depth += DEPTHS.get(match[0], 0)
                in_string = match[0] == b'"'
                if in_string or not depth:
                    break
            else:
                self._at = self._at if in_string else stop
            if following or self._ended or not (depth or in_string):
                self._at = stop if following or self._ended else self._at
                return
            if not in_string or self._at >= len(self._data) - 1:
                self._fill()

    def _enter_list(self) -> bool:
        """Enter the list of an object that holds one; else stay before the object."""
        place = 1  # relative to the object
        while (found_key := self._read_key(place)) is not None:
            key, place = found_key
            self._need(place + 1)
            if key in LISTS and self._data[self._at + place : self._at + place + 1] == b"[":
                self._at += place + 1
                return True
            value_end = self._measure(place)
            if key == "mapping" or value_end is None:
                return False
            place = value_end
        return False

    def _need(self, count: int) -> bool:
        """Read on until the buffer holds so many bytes from the place on."""
        while len(self._data) - self._at < count and not self._ended:
            self._fill()
        return len(self._data) - self._at >= count

    def _read_key(self, place: int) -> tuple[str, int] | None:
        """Read a key of the object, and where its value begins; None at its end."""
        self._need(place + HEAD)
        match = re.compile(rb"[\s,]*+(" + STRING + rb")\s*+:\s*+").match(self._data, self._at + place)
        if match is None:
            return None
        return match[1][1:-1].decode("utf-8", "replace"), match.end() - self._at


def measure(data: memoryview) -> int:
    """Return how many bytes the first value has; 0 if it goes on, -1 if it is not well-formed."""
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except msgspec.DecodeError as error:
        if match := TRAILING.search(str(error)):
            return int(match[1]) - 1
        return 0 if "truncated" in str(error) else -1
    except RecursionError:
        return -1
    return len(data)


def compile_beginning(conversation: bytes) -> re.Pattern[bytes]:
    """Make the pattern by which another conversation begins: its first two keys, which an exporter writes in the same order.

    No text can hold them, since quotes are escaped in it.
    """
    match = BEGINNING.match(conversation)
    first, second = (match[1], match[2]) if match else USUAL_KEYS
    value = STRING + rb'|[^\s",{}\[\]]++'
    return re.compile(rb"\{\s*+" + re.escape(first) + rb"\s*+:\s*+(?:" + value + rb")\s*+,\s*+" + re.escape(second), re.DOTALL)
