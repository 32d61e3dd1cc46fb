"""The fallback with the OpenAI that conversations offer, in a server."""

from tests.window.queueing import queueing


def test_prompt_is_answered_by_openai_while_no_browser_is_connected(tmp_path) -> None:
    with queueing(tmp_path / "data", openai="quiet") as server:
        summary = server.person("GET", "/api/queue/summary").json()
        assert (summary["api_ready"], summary["rules"]["api_fallback"]) == (True, False)
        prompt_id = server.submit("What is a proof?")
        assert server.person("PUT", "/api/settings/queue", json={"fallback_seconds": 0}).status_code == 200
        assert server.person("GET", f"/api/queue/prompts/{prompt_id}").json()["state"] == "idle"
        assert server.person("PUT", "/api/queue/settings", json={"api_fallback": True}).json()["api_fallback"]
        prompt = server.do(server.queue.wait_for_end(prompt_id, 60))
        assert prompt.response
        details = server.person("GET", f"/api/queue/prompts/{prompt_id}").json()
        [answer] = details["answers"]
        assert (details["state"], answer["lane"]) == ("done", "api")
        assert "because no browser was connected" in answer["notes"][0]
        assert float(server.person("GET", "/api/openai").json()["spent"]) > 0
