from server.integrations.conversations.history.records import (
    HEAD,
    ConversationRecord,
    EndRecord,
    MessageRecord,
    decode_record,
    decode_state,
    frame,
)


def test_record_survives_its_frame():
    message = MessageRecord("m", "", "user", "text", "x", None)
    record = ConversationRecord("c", "t", 1.0, None, "", "", "", False, False, False, "m", 1, [message], [], "d", b"raw", 7)
    head, data = frame(record)
    assert HEAD.unpack(head) == (len(data), True)
    assert decode_record(data) == record


def test_state_of_reading_is_not_stored():
    head, data = frame(EndRecord(["note"], "refused"))
    assert HEAD.unpack(head)[1] is False
    assert decode_record(data) == decode_state(data) == EndRecord(["note"], "refused")
