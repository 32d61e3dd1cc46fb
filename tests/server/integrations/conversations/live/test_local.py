"""The window's routes of live conversations over a real server."""

import base64
import json

import pytest

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def start(seed, text: str = "", **order):
    answer = seed.served.person("POST", "/api/chats", json={"text": text, **order})
    assert answer.status_code == 201, answer.text
    return answer.json()


def read_events(text: str) -> list[tuple[str, dict]]:
    parts = [[line for line in block.splitlines() if ": " in line] for block in text.replace("\r", "").split("\n\n")]
    blocks = [dict(line.split(": ", 1) for line in lines) for lines in parts]
    return [(block["event"], json.loads(block["data"])) for block in blocks if "event" in block]


def follow(seed, chat_id: str, answer_id: str) -> list[tuple[str, dict]]:
    answer = seed.served.person("GET", f"/api/chats/{chat_id}/answers/{answer_id}")
    assert answer.status_code == 200, answer.text
    return read_events(answer.text)


def test_message_is_sent_and_its_answer_followed(seed) -> None:
    chat = start(seed, title="In the window", model="gpt-6-luna")
    assert (chat["source"], chat["project"]["name"], chat["message_count"]) == ("openai", "Default", 0)
    posted = seed.served.person("POST", f"/api/chats/{chat['id']}/messages", json={"text": "Hello"}).json()
    events = follow(seed, chat["id"], posted["answer_id"])
    assert (events[-1][0], events[-1][1]["message"]["id"]) == ("done", posted["answer_id"])
    assert "".join(data["text"] for name, data in events if name == "text") == events[-1][1]["message"]["text"]
    page = seed.served.person("GET", f"/api/chats/{chat['id']}").json()
    assert [(message["id"], message["state"]) for message in page["messages"]] == [
        (posted["message_id"], "done"),
        (posted["answer_id"], "done"),
    ]
    assert (page["current_id"], page["messages"][1]["cost"] > "0") == (posted["answer_id"], True)


def test_failed_answer_is_an_event_and_can_be_regenerated(seed) -> None:
    chat = start(seed, title="Fails")
    seed.fake.fail_next(400, path="/v1/responses", message="Not that.")
    posted = seed.served.person("POST", f"/api/chats/{chat['id']}/messages", json={"text": "Hello"}).json()
    name, data = follow(seed, chat["id"], posted["answer_id"])[-1]
    assert (name, "Not that." in data["error"], data["state"]) == ("failed", True, "failed")
    again = seed.served.person("POST", f"/api/chats/{chat['id']}/regenerate", json={"message_id": posted["answer_id"]}).json()
    assert follow(seed, chat["id"], again["answer_id"])[-1][0] == "done"


def test_image_goes_along_and_what_is_none_is_refused(seed) -> None:
    chat = start(seed, title="Pictures")
    path = f"/api/chats/{chat['id']}/messages"
    image = {"name": "a.png", "data": base64.b64encode(PNG + bytes(2_000_000)).decode()}
    posted = seed.served.person("POST", path, json={"text": "What is it?", "attachments": [image]})
    assert posted.status_code == 201, posted.text
    assert follow(seed, chat["id"], posted.json()["answer_id"])[-1][0] == "done"
    page = seed.served.person("GET", f"/api/chats/{chat['id']}").json()
    assert page["messages"][0]["attachments"][0]["content_type"] == "image/png"
    wrong = {"name": "a.png", "data": base64.b64encode(b"<svg/>").decode()}
    assert seed.served.person("POST", path, json={"text": "And this?", "attachments": [wrong]}).status_code == 422
    assert seed.served.person("POST", path, json={"text": "", "attachments": []}).status_code == 422


def test_conversation_is_copied_and_stopped(seed) -> None:
    chat = start(seed, "Hello")
    copy = seed.served.person("POST", f"/api/chats/{chat['id']}/continue", json={})
    assert (copy.status_code, copy.json()["title"]) == (201, "Hello")
    assert seed.served.person("POST", f"/api/chats/{chat['id']}/stop").status_code == 204
    assert seed.served.person("POST", "/api/chats/unknown/stop").status_code == 404


def test_projects_are_created_changed_and_removed(seed) -> None:
    made = seed.served.person("POST", "/api/chat-projects", json={"name": "Work", "instructions": "Be brief.", "budget": "5"})
    assert (made.status_code, made.json()["budget"], made.json()["spent"]) == (201, "5.00", "0")
    path = f"/api/chat-projects/{made.json()['id']}"
    changed = seed.served.person("PUT", path, json={"retention_days": 30, "budget": None}).json()
    names = ("name", "instructions", "retention_days", "budget")
    assert [changed[name] for name in names] == ["Work", "Be brief.", 30, None]
    assert seed.served.person("PUT", path, json={"retention_days": None}).json()["retention_days"] is None
    listed = seed.served.person("GET", "/api/chat-projects").json()["projects"]
    assert {"Default", "Work"} <= {project["name"] for project in listed}
    assert seed.served.person("PUT", path, json={"budget": "5"}).json()["budget"] == "5.00"
    assert seed.served.person("DELETE", path).status_code == 204
    again = seed.served.person("POST", "/api/chat-projects", json={"name": "With the same id"}).json()
    assert (f"/api/chat-projects/{again['id']}", again["budget"]) == (path, None)
    assert seed.served.person("DELETE", path).status_code == 204
    assert seed.served.person("DELETE", "/api/chat-projects/1").status_code == 409
    assert seed.served.person("PUT", path, json={"name": "x"}).status_code == 404


@pytest.mark.parametrize("secret", ["short", ""])
def test_short_secret_is_refused(seed, secret) -> None:
    assert seed.served.person("PUT", "/api/chats/webhook/secret", json={"secret": secret}).status_code == 422


def test_answer_that_is_not_there_is_not_found(seed) -> None:
    chat = start(seed, title="Nothing asked")
    for path in (f"{chat['id']}/answers/none", "none/answers/none"):
        assert seed.served.person("GET", f"/api/chats/{path}").status_code == 404
