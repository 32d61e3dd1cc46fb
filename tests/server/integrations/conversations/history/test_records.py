from io import BytesIO

from server.integrations.conversations.history.records import (
    FRAME_SIZE,
    HEAD,
    ConversationRecord,
    EndRecord,
    FrameWriter,
    MessageRecord,
    Record,
    SkippedRecord,
    decode_state,
    decode_stored,
)


def write(*records: Record) -> list[list[Record]]:
    """Write records; return those of each frame."""
    file = BytesIO()
    writer = FrameWriter(file.write)
    for record in records:
        writer.add(record)
    file.seek(0)
    frames = list[list[Record]]()
    while head := file.read(HEAD.size):
        size, is_stored = HEAD.unpack(head)
        data = file.read(size)
        frames.append(list(decode_stored(data)) if is_stored else [decode_state(data)])
    return frames


def test_records_survive_their_frames() -> None:
    message = MessageRecord("m", "", "user", "text", "x", None)
    first = ConversationRecord("c", "t", 1.0, None, "", "", "", False, False, False, "m", 1, [message], [], "d", b"raw", 7)
    record = ConversationRecord("d", "t", 1.0, None, "", "", "", False, False, False, "m", 1, [], [], indexed={0: ("a", "b")})
    end = EndRecord(["note"], "refused")
    assert write(first, record, SkippedRecord("r", 8), end) == [[first, record, SkippedRecord("r", 8)], [end]]


def test_full_frame_is_written() -> None:
    record = SkippedRecord("r" * (FRAME_SIZE // 2), 1)
    assert write(record, record, record) == [[record, record]]
