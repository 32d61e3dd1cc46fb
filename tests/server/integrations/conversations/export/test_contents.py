from server.integrations.conversations.export.contents import find_path


def test_path_leads_from_the_first_message_and_ends_where_it_is_broken():
    nodes = {"a": "", "b": "a", "c": "b", "x": "gone", "y": "z", "z": "y"}
    assert find_path(nodes, "c") == ["a", "b", "c"]
    assert find_path(nodes, "x") == ["x"]
    assert find_path(nodes, "y") == ["z", "y"], "a circle"
    assert find_path(nodes, "none") == []
