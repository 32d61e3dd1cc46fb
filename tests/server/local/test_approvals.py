def test_where_nothing_waits_the_list_is_empty(serve):
    assert serve().person("GET", "/api/approvals").json() == []


def test_a_word_about_what_nobody_asked_is_answered_with_a_sentence(serve):
    served = serve()
    for word in ("approve", "deny"):
        answer = served.person("POST", f"/api/approvals/nobody-1/{word}", json={})
        assert answer.status_code == 404
        assert "no such question" in answer.json()["detail"]
