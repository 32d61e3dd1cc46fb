"""Content of the demo."""

import time

from server.integrations.conversations import demo_content


def eventually(look, seconds: float = 60):
    until = time.monotonic() + seconds
    while not (result := look()) and time.monotonic() < until:
        time.sleep(0.1)
    return result


def test_demo_has_a_history_live_conversations_and_their_cost(serve, monkeypatch):
    monkeypatch.delenv("DESKHAND_DEMO_OPENAI")
    monkeypatch.setattr(demo_content, "DELAY_SECONDS", 0.0)
    served = serve(demo=True)

    def read(path):
        return served.person("GET", path).json()

    assert eventually(lambda: [run["report"] for run in read("/api/imports")["imports"] if run["state"] == "done"])
    [run] = read("/api/imports")["imports"]
    assert (run["report"]["failed"], run["report"]["imported"] > 250) == ([], True)
    assert eventually(lambda: not (served.data / demo_content.EXPORT).exists())
    live = eventually(lambda: [chat for chat in read("/api/chats?source=openai")["chats"] if chat["cost"]])
    assert eventually(lambda: len([chat for chat in read("/api/chats?source=openai")["chats"] if chat["cost"]]) == 4), live
    months = read("/api/openai/usage")["months"]
    assert (len(months), any(month["unknown_calls"] for month in months)) == (demo_content.MONTHS + 1, True)
