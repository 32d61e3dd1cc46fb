"""No secret lies in clear anywhere but where secrets are kept: not in the data, not in the logs, not in what was started."""

import json
import secrets
from pathlib import Path
from urllib.parse import urlencode

import pytest

from server.lifecycle import runtime_file
from tests import loopback
from tests.checks.attacker import make_attacker
from tests.checks.canary import disguise, find_in, find_ours, list_readable_texts, search_children, search_folder
from tests.checks.conftest import STOPPING_SECONDS, Process
from tests.checks.consent import read_answer, run_command, visit
from tests.checks.oauth_apps import APP_CALLBACK, GPT_CALLBACK, make_gpt

KEPT = {"secrets.json": {"omi secret", "omi segment", "google", "google access", "google client"}, "runtime.json": {"local"}}


def sign_gpt_in(server: Process) -> dict[str, str]:
    """Sign a GPT in, refresh, repeat a spent token, and try a wrong secret; answer all secrets that went by."""
    gpt = make_gpt(server, "gpt", "header", "--allow", "send_mail")
    query = urlencode({"response_type": "code", "client_id": gpt.client_id, "redirect_uri": GPT_CALLBACK, "state": "s"})
    back = read_answer(visit(server, f"{server.public}/chatgpt/oauth/authorize?{query}"))
    form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": GPT_CALLBACK}
    first = gpt.ask_token(form).json()
    gpt.tokens = first
    assert gpt.call("list_mail", {}).status_code == 200
    assert gpt.call("send_mail", {"to": "ann@example.com", "subject": "x", "body": "y"}).status_code == 200
    gpt.refresh()
    unused = read_answer(visit(server, f"{server.public}/chatgpt/oauth/authorize?{query}"))
    values = {"secret": gpt.secret, "code": back["code"], "unused code": unused["code"]}
    values |= {f"first {name}": first[name] for name in ("access_token", "refresh_token")}
    values |= {f"second {name}": gpt.tokens[name] for name in ("access_token", "refresh_token")}
    right, gpt.secret = gpt.secret, "dh_cs_" + secrets.token_urlsafe(32)
    assert gpt.ask_token(form).status_code in {400, 401}
    return values | {"guessed secret": gpt.secret, "right secret": right}


def register_app(server: Process) -> dict[str, str]:
    """Register a confidential client dynamically."""
    server.person("PUT", "/api/sign-ins", json={"registration_allowed": True})
    metadata = loopback.get(f"{server.public}/.well-known/oauth-authorization-server").json()
    wanted = {"redirect_uris": [APP_CALLBACK], "token_endpoint_auth_method": "client_secret_post"}
    made = loopback.post(metadata["registration_endpoint"], json=wanted).json()
    return {"registered secret": made["client_secret"]} if "client_secret" in made else {}


def connect_omi(server: Process) -> dict[str, str]:
    """Make OMI's address, give it a secret, and have something delivered there, rightly and wrongly."""
    secret = "whsec_" + secrets.token_urlsafe(32)
    assert server.person("PUT", "/api/omi/secret", json={"secret": secret}).status_code == 200
    view = json.dumps(server.person("POST", "/api/omi/address").json())
    segment = view.partition("/chatgpt/webhook/memory/")[2].partition("?")[0].partition('"')[0]
    assert len(segment) > 20
    for address in (f"/chatgpt/webhook/memory/{segment}?uid=u1", f"/chatgpt/webhook/memory/{segment[:-2]}xx?uid=u1"):
        loopback.post(server.own + address, json={"id": "c1", "structured": {"title": "t"}})
    return {"omi secret": secret, "omi segment": segment}


def list_own(server: Process) -> dict[str, str]:
    """The keys of the local surface, and what is kept of Google."""
    running = runtime_file.read(server.data)
    assert running
    entry = server.person("POST", "/api/entries").json()["key"]
    loopback.get(f"{server.local}/enter?key={entry}")
    google = json.loads(json.loads((server.data / "secrets.json").read_text()).get("gmail/alex@example.com", "{}"))
    return {"local": running.key, "entry": entry} | ({"google": google["refresh"]} if "refresh" in google else {})


@pytest.mark.timeout(180)
def test_secrets_leak_nowhere(start, tmp_path: Path, capfd) -> None:
    server = start("--demo", "--verbose")
    owner = make_attacker(server, "owner", allow=["control_app"])
    other = make_attacker(server)
    values = {"key": owner.key, "other key": other.key} | sign_gpt_in(server) | register_app(server) | connect_omi(server)
    values |= list_own(server)
    renewed = server.person("POST", f"/api/clients/{other.name}/key").json()["key"]
    assert other.request("GET", "/apps/list").status_code == 401
    for path in ("/apps/list", "/nowhere", f"/apps/{owner.key}"):
        owner.request("GET", path)
        loopback.get(f"{server.own}{path}?api_key={renewed}&access_token={renewed}")
    values["renewed key"] = renewed
    started = owner.call("control_app", {"app_name": "demo-clock", "action": "start"}).json()
    assert started["success"] is True
    try:
        assert search_children(server.process.pid, values) == []
    finally:
        owner.call("control_app", {"app_name": "demo-clock", "action": "stop"})
    run_command(server, "backup", str(tmp_path / "copy.zip"))
    server.process.terminate()
    assert server.process.wait(STOPPING_SECONDS) == 0
    lying = search_folder(tmp_path, values)
    assert [(file, name) for file, name in lying if name not in KEPT.get(file, set())] == []
    output = capfd.readouterr()
    assert find_in((output.out + output.err).encode(), values) == []


def test_leaked_secret_would_be_detected(start, tmp_path: Path) -> None:
    import psutil

    secret = {"it": secrets.token_urlsafe(32)}
    for number, written in enumerate(disguise(secret["it"])):
        (tmp_path / f"{number}").write_bytes(b"before " + written + b" after")
        assert search_folder(tmp_path, secret) == [(f"{number}", "it")]
        (tmp_path / f"{number}").unlink()
    (tmp_path / "key").write_bytes(b"\0dh_" + secret["it"].encode())
    assert find_ours(tmp_path) == [tmp_path / "key"]
    (tmp_path / "key").unlink()
    server = start("--demo", DESKHAND_TEST=secret["it"])
    assert any(find_in(text, secret) for text in list_readable_texts(psutil.Process(server.process.pid)))
    owner = make_attacker(server, "owner", allow=["control_app"])
    assert owner.call("control_app", {"app_name": "demo-clock", "action": "start"}).json()["success"] is True
    assert search_children(server.process.pid, secret) == [], "what it starts is not handed what is its own"
    owner.call("control_app", {"app_name": "demo-clock", "action": "stop"})
