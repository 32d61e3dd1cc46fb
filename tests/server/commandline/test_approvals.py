def test_where_nothing_waits_it_says_so(deskhand, serve):
    serve()
    assert deskhand("approvals", "list").stdout == "Nothing waits for you.\n"
    assert deskhand("approvals", "list", "--json").stdout == "[]\n"


def test_a_word_about_what_nobody_asked_ends_with_1(deskhand, serve):
    serve()
    answer = deskhand("approvals", "approve", "nobody-1")
    assert (answer.returncode, "no such question" in answer.stderr) == (1, True)
    assert deskhand("approvals", "deny", "nobody").returncode == 1


def test_without_a_server_a_word_changes_nothing(deskhand):
    answer = deskhand("approvals", "approve", "call-1")
    assert (answer.returncode, "not running" in answer.stderr) == (1, True)
