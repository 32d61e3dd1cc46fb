from datetime import datetime

from desktop.tray.icon import StatusLevel
from desktop.tray.status import RECENT, Status, read_status


def test_status_is_read_from_the_server(serve):
    served = serve(demo=True)
    served.person("GET", "/api/overview")  # waits until the integrations have loaded
    answer = served.person("GET", "/api/status").json()
    status = read_status(Status(can_copy=True), answer)
    assert (status.serving, status.demo, status.can_copy, status.level) == (True, True, True, StatusLevel.local)
    assert status.address is None, "nobody else reaches an address of this computer only"
    assert status.tunnel == "off"


def test_status_keeps_public_address_and_recent_activity():
    entry = {"client": "my-gpt", "sentence": "read a mail", "at": "", "outcome": "done"}
    answer = {
        "look": "attention",
        "sentence": "Action needed",
        "problems": ["Gmail wants you to sign in again."],
        "public": "https://abel.ngrok.app",
        "here_only": False,
        "address_changed_at": "2026-03-01T12:00:00Z",
        "paused_until": "2026-03-01T13:00:00+00:00",
        "recent": [entry] * 9,
        "update": {"version": "2.0", "address": "https://example.org"},
        "tunnel": "open",
        "waiting": 2,
        "lines": ["Browser queue: paused"],
        "demo": False,
    }
    status = read_status(Status(), answer)
    assert status.sentence == "Gmail wants you to sign in again."
    assert (status.problem, status.waiting) == (status.sentence, 2)
    assert status.recent == ("my-gpt: read a mail",) * RECENT
    assert status.paused_until == datetime.fromisoformat("2026-03-01T13:00:00+00:00")
    assert status.lines == ("Browser queue: paused",)
    assert status.address_is_new
    assert status.update == "2.0"
