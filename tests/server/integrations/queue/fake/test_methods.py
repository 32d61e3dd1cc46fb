"""The backend of the fake page."""

import json
import time
from typing import Any

import httpx2

from server.integrations.queue.fake.methods import TOKEN

SIGNED = {"Authorization": f"Bearer {TOKEN}"}


def send(http: httpx2.Client, message: str, chat_id: str = "", **options: Any) -> httpx2.Response:
    body = {"message": message, "chat_id": chat_id, "mode": "auto", "effort": "standard", "model": "", "project": ""}
    return http.post("/backend-api/f/conversation", json={**body, "temporary": False, "attachments": [], **options})


def read_events(response: httpx2.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in response.text.splitlines()]


def test_answer_is_complete_before_its_last_text_and_names_chat_and_title(fake, http):
    events = read_events(send(http, "Hello there"))
    kinds = [event["type"] for event in events]
    assert kinds[0] == "start"
    assert kinds[-3:] == ["complete", "rest", "title"]
    streamed = "".join(event["text"] for event in events if event["type"] == "delta")
    rest = events[-2]["text"]
    assert rest.startswith(streamed)
    assert len(streamed) < len(rest)
    assert fake.account.chats[events[0]["chat_id"]].title == events[-1]["title"] == "Hello there"


def test_limit_refuses_until_its_reset_and_names_it(fake, http):
    fake.order("limit", seconds=600)
    for _ in range(2):
        response = send(http, "Hello")
        assert response.status_code == 429
        assert 500 < response.json()["detail"]["resets_at"] - time.time() <= 600
    fake.behave(limit_until=0)
    assert send(http, "Hello").status_code == 200
    assert [sent.accepted for sent in fake.account.sent] == [False, False, True]


def test_lost_answer_was_sent(fake, http):
    fake.order("lost_answer")
    assert send(http, "Hello").status_code == 502
    assert fake.account.count_sent() == {"Hello": 1}


def test_error_challenge_and_unknown_chat_send_nothing(fake, http):
    for kind, status in (("error", 500), ("challenge", 403)):
        fake.order(kind)
        assert send(http, "Hello").status_code == status
    assert send(http, "Hello", "unknown").status_code == 404
    assert not fake.account.count_sent()


def test_answer_goes_on_when_the_page_is_gone_and_is_followed_again(fake, http):
    fake.behave(piece_ms=20, piece_size=4)
    body = {"message": "Hello", "chat_id": "", "mode": "", "effort": "", "model": "", "project": "", "temporary": False}
    with http.stream("POST", "/backend-api/f/conversation", json={**body, "attachments": []}) as response:
        chat_id = json.loads(next(response.iter_lines()))["chat_id"]
    resumed = read_events(http.get(f"/backend-api/conversation/{chat_id}/resume"))
    assert [event["type"] for event in resumed][-2:] == ["rest", "title"]
    assert http.get(f"/backend-api/conversation/{chat_id}/resume").status_code == 204
    assert http.get(f"/backend-api/page/{chat_id}").json()["messages"][-1]["text"] == resumed[-2]["text"]


def test_half_an_answer_continues_on_a_press_only(fake, http):
    fake.order("continue_generating")
    events = read_events(send(http, "Hello"))
    chat_id, half = events[0]["chat_id"], next(event["text"] for event in events if event["type"] == "rest")
    assert "END" not in half
    whole = read_events(http.post(f"/backend-api/conversation/{chat_id}/continue"))[-2]["text"]
    assert whole.startswith(half)
    assert whole.endswith("END")
    assert fake.account.actions == ["continue"]


def test_two_answers_and_stopped_thinking_are_events(fake, http):
    fake.order("two_answers")
    assert read_events(send(http, "Hello"))[-2]["type"] == "two_answers"
    fake.order("stopped_thinking")
    fake.behave(thinking_ms=1)
    assert [event["type"] for event in read_events(send(http, "Hello"))][1:3] == ["thinking", "stopped_thinking"]


def test_history_needs_the_session_and_has_a_limit(fake, http):
    chats = [fake.account.add_chat(f"Chat {index}", [("user", "Hello")]) for index in range(3)]
    assert http.get("/backend-api/conversations").status_code == 401
    assert http.get("/api/auth/session").json()["accessToken"] == TOKEN
    page = http.get("/backend-api/conversations?offset=1&limit=1", headers=SIGNED).json()
    assert (page["total"], len(page["items"])) == (3, 1)
    fake.behave(history_calls=1)
    answers = [http.get(f"/backend-api/conversation/{chat.chat_id}", headers=SIGNED) for chat in chats]
    assert [answer.status_code for answer in answers] == [200, 429, 429]
    fake.behave(signed_in="expired")
    assert http.get("/api/auth/session").json() == {}
