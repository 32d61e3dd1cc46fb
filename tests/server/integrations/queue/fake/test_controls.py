"""Control routes of the fake."""

from tests.server.integrations.queue.fake.test_methods import read_events, send


def test_behaviour_is_set_and_reset(fake, http):
    assert http.post("/fake/behaviour", json={"language": "ja", "missing": ["send"]}).json()["missing"] == ["send"]
    assert http.get("/fake/behaviour").json()["language"] == "ja"
    assert http.post("/fake/behaviour", json={"colour": "red"}).status_code == 400
    http.delete("/fake/behaviour")
    assert http.get("/fake/behaviour").json()["language"] == "en"


def test_outcomes_and_replies_are_ordered(fake, http):
    http.post("/fake/outcomes", json={"kind": "error"})
    http.post("/fake/replies", json=["Scripted."])
    assert http.post("/fake/outcomes", json={"kind": "party"}).status_code == 400
    assert send(http, "Hello").status_code == 500
    assert read_events(send(http, "Hello"))[-2]["text"] == "Scripted."


def test_sent_messages_are_counted_per_chat(fake, http):
    chat_id = http.post("/fake/chats", json={"title": "Old", "turns": [["user", "Earlier"]]}).json()["chat_id"]
    send(http, "Hello")
    send(http, "Again", chat_id)
    assert http.get("/fake/sent").json()["counts"] == {"Hello": 1, "Again": 1}
    assert [sent["message"] for sent in http.get("/fake/sent", params={"chat_id": chat_id}).json()["sent"]] == ["Again"]
