"""The stand-in for OMI's platform delivers to the demo, as the real one would."""

import time

from server.integrations.omi import demo
from server.integrations.omi.fake import Platform, add_uid


def eventually(look, seconds: float = 60):
    until = time.monotonic() + seconds
    while not (result := look()) and time.monotonic() < until:
        time.sleep(0.05)
    return result


def test_demo_has_conversations_a_live_transcript_and_an_approval_request(serve, monkeypatch) -> None:
    monkeypatch.delenv("DESKHAND_DEMO_OMI")
    monkeypatch.setattr(demo, "LIVE_SECONDS", 0.2)
    served = serve(demo=True)
    key = served.make_client()
    assert eventually(lambda: served.call("GET", "/api/live-transcript", key).json()["transcript"])
    titles = [conversation["title"] for conversation in served.call("GET", "/api/conversations", key).json()["conversations"]]
    assert titles == ["The garden fence", "Timeline of the library move", "Soup for twelve"]
    assert served.call("GET", "/api/day-summaries", key).json()["day_summaries"][0]["headline"]
    (question,) = eventually(lambda: served.person("GET", "/api/approvals").json(), seconds=60)
    assert "demo_neighbour" in question["sentence"]
    assert next(entry["operation"] for entry in served.activity() if entry["client"] == "OMI") == "omi_memory"  # after the email
    assert not served.person("GET", "/api/omi").json()["secret"]["is_set"]  # anybody may try an address


def test_quiet_demo_is_empty(serve) -> None:
    assert serve(demo=True).person("GET", "/api/omi").json()["sources"] == []


def test_platform_adds_the_uid_to_the_address_and_keeps_the_rest() -> None:
    assert add_uid("https://x/y?a=1&uid=other", "me", {"sample_rate": "8000"}) == "https://x/y?a=1&sample_rate=8000&uid=me"
    assert Platform().hooks == {}
