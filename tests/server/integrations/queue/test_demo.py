"""The demo's queue shows life without a browser."""

import time

from server.integrations.queue import demo


def eventually(look, seconds: float = 60):
    until = time.monotonic() + seconds
    while not (result := look()) and time.monotonic() < until:
        time.sleep(0.05)
    return result


def test_demo_has_a_browser_that_answers_prompts_and_some_that_wait(serve, monkeypatch) -> None:
    monkeypatch.setenv("DESKHAND_DEMO_QUEUE", "on")
    monkeypatch.setattr(demo, "PAUSES", (0, 60))
    served = serve(demo=True)

    def read(path: str):
        return served.person("GET", f"/api/queue/{path}").json()

    assert eventually(lambda: read("summary")["waiting"] >= 3)
    assert eventually(lambda: read("prompts?group=done")["prompts"])
    browsers = served.person("GET", "/api/extension").json()
    (extension,) = browsers["extensions"]
    assert browsers["site"].startswith("http://127.0.0.1:")
    assert (extension["name"], extension["connected"], extension["outdated"]) == ("Demo browser", True, False)
    done = read("prompts?group=done")["prompts"][0]
    assert done["client"] == demo.CLIENT
    assert read(f"prompts/{done['id']}")["response"] == demo.PROMPTS[0].reply
    assert served.person("GET", "/api/approvals").json() == []
    (served.data / "secrets.json").unlink()  # it may hold the extension's key in clear; no other file may


def test_demo_queue_can_be_off(serve) -> None:
    assert serve(demo=True).person("GET", "/api/extension").json()["extensions"] == []
