def test_conversations_are_listed_read_and_changed(stocked) -> None:
    page = stocked.served.person("GET", "/api/chats", params={"limit": 1}).json()
    assert ([chat["id"] for chat in page["chats"]], page["total"]) == (["new"], 2)
    rest = stocked.served.person("GET", "/api/chats", params={"limit": 1, "cursor": page["next"]}).json()
    assert ([chat["id"] for chat in rest["chats"]], rest["next"]) == (["old"], None)
    assert stocked.served.person("GET", "/api/chats", params={"limit": 1, "offset": 1}).json() == rest
    counts = stocked.served.person("GET", "/api/chats/counts", params={"since": [0, 1e12]}).json()
    assert counts == {"since": [2, 0], "dated": 2, "total": 2}
    assert stocked.served.person("GET", "/api/chats/counts", params={"since": "nan"}).status_code == 422
    read = stocked.served.person("GET", "/api/chats/old").json()
    assert [message["id"] for message in read["messages"]] == ["q", "a", "b"]
    assert stocked.served.person("PUT", "/api/chats/new", json={"starred": True}).json()["starred"] is True
    assert [chat["id"] for chat in stocked.served.person("GET", "/api/chats?starred=true").json()["chats"]] == ["new"]
    assert stocked.served.person("GET", "/api/chats/none").status_code == 404
    assert stocked.served.person("GET", "/api/chats?cursor=x").status_code == 422


def test_result_of_a_search_names_its_message(stocked) -> None:
    page = stocked.served.person("GET", "/api/chats/search", params={"q": "hauptstrasse"}).json()
    (result,) = page["results"]
    assert (result["chat_id"], result["message_id"], result["source"]) == ("old", "a", "chatgpt")
    assert {"text": "Hauptstraße", "match": True} in result["snippet"]
    assert (page["next"], page["note"]) == (None, None)
    assert stocked.served.person("GET", "/api/chats/search", params={"q": '" OR ('}).json()["results"] == []


def test_mail_is_its_own_group_with_the_reason_if_there_is_none(stocked) -> None:
    answer = stocked.served.person("GET", "/api/chats/search/mail", params={"q": "tax"}).json()
    assert answer["results"] == []
    assert "Google" in answer["problem"] or "Gmail" in answer["problem"]
