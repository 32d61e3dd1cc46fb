import pytest


@pytest.mark.parametrize("prefix", ["/api/v1/openai", "/openai"])
def test_conversation_has_the_shape_of_the_chatbeto_api(stocked, prefix: str) -> None:
    answer = stocked.call("GET", f"{prefix}/conversations/old").json()
    assert set(answer) == {"status", "data", "timestamp"}
    assert answer["status"] == "success"
    assert {"conversation", "messages", "pagination"} == set(answer["data"])
    message = answer["data"]["messages"][0]
    expected = {"id": "q", "role": "user", "content": "Wie heißt die Straße?", "parts": ["Wie heißt die Straße?"]}
    assert message | expected == message
    assert answer["data"]["pagination"] | {"total": 2, "limit": 50, "offset": 0} == answer["data"]["pagination"]


def test_list_and_search_are_operations(stocked) -> None:
    listed = stocked.call("GET", "/api/v1/openai/conversations?limit=1").json()["data"]
    assert ([chat["id"] for chat in listed["conversations"]], listed["pagination"]["total"]) == (["new"], 2)
    following = stocked.call("GET", "/api/v1/openai/conversations", params={"cursor": listed["pagination"]["next"]}).json()[
        "data"
    ]
    assert [chat["id"] for chat in following["conversations"]] == ["old"]
    (hits,) = stocked.call("GET", "/api/v1/openai/search", params={"query": "验证"}).json()["data"]["results"]
    assert (hits["conversation_id"], hits["message_id"], hits["snippet"]) == ("old", "a", "Hauptstraße 验证")


def test_client_without_the_scope_reads_nothing(stocked) -> None:
    other = stocked.served.make_client("other", scopes=["read:apps"])
    for path in ("conversations", "conversations/old", "search?query=a"):
        assert stocked.served.call("GET", f"/api/v1/openai/{path}", other).status_code == 403


def test_unknown_conversation_is_404(stocked) -> None:
    assert stocked.call("GET", "/api/v1/openai/conversations/none").status_code == 404
