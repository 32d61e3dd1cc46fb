"""What OMI and clients see, over a real server."""

import re

SEED = {
    "created_at": "2024-07-22T23:59:45.910559+00:00",
    "started_at": "2024-07-21T22:34:43.384323+00:00",
    "finished_at": "2024-07-21T22:35:43.384323+00:00",
    "transcript_segments": [
        {"text": "Test segment text", "speaker": "SPEAKER_00", "speakerId": 0, "is_user": False, "start": 10.0, "end": 20.0}
    ],
    "photos": [],
    "structured": {
        "title": "Test Conversation",
        "overview": "This is a test overview",
        "emoji": "üó£Ô∏è",
        "category": "personal",
    },
    "plugins_results": [{"plugin_id": "test-app-id", "content": "Test app response"}],
    "discarded": False,
}


def test_a_conversation_that_omi_delivers_is_there_after_the_persons_yes(serve) -> None:
    served = serve()
    made = served.person("POST", "/api/omi/address").json()
    path = made["addresses"]["memory"].removeprefix(served.public)
    assert re.fullmatch(r"/chatgpt/webhook/memory/[\w-]{32}", path)
    for _ in range(2):
        answer = served.call("POST", path + "?uid=test_user", key="", json=SEED)
        assert (answer.status_code, answer.json()) == (
            200,
            {"status": "success", "message": "Memory data received and logged"},
        ), answer.text
    assert served.call("GET", "/api/conversations").json() == {"conversations": []}
    question = served.person("GET", "/api/approvals").json()[0]
    assert served.person("POST", f"/api/approvals/{question['id']}/approve", json={}).status_code == 200
    listed = served.call("GET", "/api/conversations").json()["conversations"]
    assert [one["title"] for one in listed] == ["Test Conversation"]
    whole = served.call("GET", f"/api/conversations/{listed[0]['id']}").json()
    assert whole["transcript"] == "[0:00:10 - 0:00:20] Speaker 0: Test segment text"
    print(whole, served.person("GET", "/api/omi").json())
