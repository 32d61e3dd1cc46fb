import time

from tests.server.integrations.tools.gateway import find_server


def test_demo_has_the_crm(serve, monkeypatch):
    monkeypatch.setenv("DESKHAND_DEMO_TOOLS", "on")
    served = serve(demo=True)
    key = served.make_client("gpt-of-test")
    limit = time.monotonic() + 60
    while len(served.call("GET", "/tools", key).json()["tools"]) < 4:
        assert time.monotonic() < limit, find_server(served, "demo-crm")
    assert find_server(served, "demo-crm")["title"] == "Demo CRM"
