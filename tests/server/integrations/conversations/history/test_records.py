from server.integrations.conversations.history.records import (
    HEAD,
    ConversationRecord,
    EndRecord,
    MessageRecord,
    decode_record,
    frame,
)


def test_record_survives_its_frame():
    message = MessageRecord("m", "", "user", "text", "x", None)
    record = ConversationRecord("c", "t", 1.0, None, "", "", "", False, False, False, "m", 1, [message], [], "d", b"raw", 7)
    data = frame(record)
    assert HEAD.unpack(data[: HEAD.size]) == (len(data) - HEAD.size, True)
    assert decode_record(data[HEAD.size :]) == record


def test_state_of_reading_is_not_stored():
    data = frame(EndRecord(["note"], "refused"))
    assert HEAD.unpack(data[: HEAD.size])[1] is False
    assert decode_record(data[HEAD.size :]) == EndRecord(["note"], "refused")
