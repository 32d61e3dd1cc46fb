from server.integrations.conversations.store.deletion import pack, unpack


def test_packed_rows_are_what_they_were():
    tree = [("a", [{"x": 1, "y": None, "z": 1.5, "data": b"\x00\xff", "text": "ü \ud800 \x00 {}"}]), ("b", [])]
    packed = pack(tree)
    assert [(name, rows) for name, rows in unpack(packed)] == tree
    assert len(pack([("a", [{"text": "word " * 10_000}])])) < 1_000
