"""OMI's webhook over a real server."""

import hmac
import re
import time
from urllib.parse import unquote

import pytest

from tests.server.integrations.omi.pendant import FIRST_FORM, make_memory

SECRET = "whsec_of_this_test"


@pytest.fixture
def served(serve):
    return serve()


def make_paths(served) -> dict[str, str]:
    """Make the paths that are pasted into OMI."""
    addresses = served.person("POST", "/api/omi/address").json()["addresses"]
    return {kind: address.removeprefix(served.public) for kind, address in addresses.items()}


def sign(body: bytes, uid: str, secret: str = SECRET, now: float | None = None) -> dict[str, str]:
    moment = int(now or time.time())
    made = hmac.new(secret.encode(), f"{moment}.{uid}.".encode() + body, "sha256").hexdigest()
    return {"X-Omi-Signature": f"t={moment},v1={made}", "Content-Type": "application/json"}


def test_each_address_accepts_its_kind_and_answers_as_omi_expects(served) -> None:
    paths = make_paths(served)
    assert re.fullmatch(r"/chatgpt/webhook/memory/[\w-]{32}", paths["memory"])
    response = served.call("POST", paths["memory"] + "?uid=me", key="", json=FIRST_FORM)
    assert (response.status_code, response.json()["status"]) == (200, "success")
    bodies = {"transcript": {"segments": [{"id": "1", "text": "hi"}]}, "day_summary": {"summary": "{'headline': 'Hi'}"}}
    bodies |= {"button": {"button_event": "single_tap", "event_id": "1"}}
    for kind, body in bodies.items():
        answer = served.call("POST", paths[kind] + "?uid=me", key="", json=body)
        assert (answer.status_code, answer.json()) == (200, {}), kind
    answer = served.call("POST", paths["audio"] + "?uid=me&sample_rate=8000", key="", content=b"\0\0" * 800)
    assert (answer.status_code, answer.json()) == (200, {})
    assert served.person("GET", "/api/omi").json()["sources"][0]["kept_aside"] == 5


def test_wrong_and_replaced_secret_paths_are_not_found(served) -> None:
    old = make_paths(served)["memory"]
    new = make_paths(served)["memory"]
    for path in (old, new[:-1], new + "x", new.replace("memory", "nothing"), "/chatgpt/webhook/memory/é"):
        assert served.call("POST", path + "?uid=me", key="", json=FIRST_FORM).status_code == 404, path
    assert served.call("POST", new + "?uid=me", key="", json=FIRST_FORM).status_code == 200


def test_unsigned_delivery_is_refused_once_a_secret_is_set(served) -> None:
    path, body = make_paths(served)["memory"] + "?uid=me", b'{"id": "c1"}'
    assert served.person("PUT", "/api/omi/secret", json={"secret": SECRET}).json()["secret"]["is_set"]
    refused = served.call("POST", path, key="", content=body)
    assert (refused.status_code, "signature" in refused.json()["detail"]) == (401, True)
    for headers in (sign(body, "other"), sign(body, "me", "wrong secret"), sign(body, "me", now=time.time() - 400)):
        assert served.call("POST", path, key="", content=body, headers=headers).status_code == 401
    for where in (path, "/chatgpt/webhook/memory?uid=me", "/chatgpt/memory?uid=me"):
        assert served.call("POST", where, key="", content=body, headers=sign(body, "me")).status_code == 200
        assert served.call("POST", where, key="", content=body + b" ", headers=sign(body, "me")).status_code == 401
    assert served.person("PUT", "/api/omi/secret", json={"secret": "another secret"}).json()["secret"]["previous_until"]
    for secret in (SECRET, "another secret"):
        assert served.call("POST", path, key="", content=body, headers=sign(body, "me", secret)).status_code == 200


def test_plain_address_refuses_every_signature_without_a_secret(served) -> None:
    key = served.make_client()
    answer = served.call("POST", "/chatgpt/webhook/memory?uid=me", key="", content=b"{}", headers=sign(b"{}", "me", ""))
    assert answer.status_code == 401
    assert served.call("POST", "/chatgpt/webhook/memory?uid=me", key, json=make_memory()).status_code == 200


def test_invalid_delivery_is_refused(served) -> None:
    path = make_paths(served)["memory"]
    for body in (b"nonsense", b"[]", b""):
        assert served.call("POST", path + "?uid=me", key="", content=body).status_code == 422
    assert served.call("POST", path + "?uid=a b", key="", json=FIRST_FORM).status_code == 422
    button = make_paths(served)["button"]
    assert served.call("POST", button + "?uid=me", key="", content=b" " * 70_000).status_code == 413


def test_non_ascii_query_is_refused_or_verified(served) -> None:
    paths = make_paths(served)
    audio = paths["audio"] + "?uid=me&sample_rate="
    for rate in ("1%C2%B2000", "%D9%A1%D9%A6000", "16000x"):
        assert served.call("POST", audio + rate, key="", content=b"\0\0").status_code == 422, rate
    served.person("PUT", "/api/omi/secret", json={"secret": SECRET})
    for path in ("/chatgpt/memory", paths["memory"]):
        for uid, status in (("%C3%A9", 422), ("%FF", 401), ("me%C2%B2", 422)):
            headers = sign(b"{}", unquote(uid) if status == 422 else "other")
            assert served.call("POST", f"{path}?uid={uid}", key="", content=b"{}", headers=headers).status_code == status


def test_signature_header_is_checked_before_the_body_is_read(served) -> None:
    path = make_paths(served)["memory"]
    served.person("PUT", "/api/omi/secret", json={"secret": SECRET})
    large, late = b" " * 17_000_000, sign(b"", "me", now=time.time() - 400)
    for headers in ({"X-Omi-Signature": "nonsense"}, late):
        for where in ("/chatgpt/memory", path):
            assert served.call("POST", where + "?uid=me", key="", content=large, headers=headers).status_code == 401, where


def test_body_limit_is_smaller_at_the_plain_address(served) -> None:
    path = make_paths(served)["memory"]
    served.person("PUT", "/api/omi/secret", json={"secret": SECRET})
    body = b'{"id": "c1", "words": "' + b"x" * 1_100_000 + b'"}'
    for where, status in (("/chatgpt/memory", 413), (path, 200)):
        assert served.call("POST", where + "?uid=me", key="", content=body, headers=sign(body, "me")).status_code == status


def list_deliveries(served) -> list[tuple[str, str, str]]:
    """List the activity of OMI, oldest first."""
    entries = served.person("GET", "/api/activity", params={"integration": "omi"}).json()[::-1]
    return [(entry["client"], entry["sentence"], entry["outcome"]) for entry in entries]


def test_each_delivery_is_in_the_activity_and_a_session_is_one_record(served) -> None:
    paths = make_paths(served)
    accept(served, paths["memory"])
    assert served.call("POST", paths["memory"] + "?uid=me", key="", json=FIRST_FORM).status_code == 200
    for number in range(3):
        segments = {"segments": [{"id": str(number), "text": "secret words"}]}
        for session in ("s1", "s2")[: 2 - number % 2]:
            address = f"{paths['transcript']}?uid=me&session_id={session}"
            assert served.call("POST", address, key="", json=segments).status_code == 200
        audio = paths["audio"] + "?uid=me&sample_rate=8000"
        assert served.call("POST", audio, key="", content=b"\0\0" * 800).status_code == 200
    assert served.call("POST", paths["day_summary"] + "?uid=me", key="", json={"summary": {"headline": "Hi"}}).status_code == 200
    assert served.call("POST", paths["button"] + "?uid=me", key="", content=b"nonsense").status_code == 422
    assert served.call("POST", paths["memory"] + "?uid=me", key="", json=FIRST_FORM).status_code == 200
    recorded = [(sentence, outcome) for _, sentence, outcome in list_deliveries(served)]
    assert recorded[0] == ("delivered a memory (2 bytes)", "done")
    assert re.fullmatch(r"delivered a memory \(\d+ bytes\)", recorded[1][0])
    assert [re.sub(r"\d+ bytes", "N bytes", sentence) for sentence, _ in recorded[2:]] == [
        "delivered a live transcript (3 parts, N bytes)",
        "delivered a live transcript (2 parts, N bytes)",
        "delivered audio (3 parts, 4.8 kB)",
        "delivered a day summary (N bytes)",
        "was denied: deliver a button press (N bytes)",
        "repeated a request to deliver a memory (N bytes)",
    ]
    assert {client for client, *_ in list_deliveries(served)} == {"OMI"}
    activity = served.person("GET", "/api/activity").text
    assert "secret words" not in activity
    assert "Test segment text" not in activity


def accept(served, path: str) -> None:
    """Accept the uid `me`."""
    assert served.call("POST", path + "?uid=me", key="", content=b"{}").status_code == 200
    (question,) = served.person("GET", "/api/approvals").json()
    assert served.person("POST", f"/api/approvals/{question['id']}/approve", json={}).status_code == 200


def test_denied_account_is_in_the_activity_and_a_stranger_is_not(served) -> None:
    path = make_paths(served)["memory"]
    assert served.call("POST", path + "?uid=me", key="", json=FIRST_FORM).status_code == 200
    (question,) = served.person("GET", "/api/approvals").json()
    assert served.person("POST", f"/api/approvals/{question['id']}/deny", json={}).status_code == 200
    assert served.call("POST", path + "?uid=me", key="", json=make_memory()).status_code == 403
    served.person("PUT", "/api/omi/secret", json={"secret": SECRET})
    for where in (path, path[:-1], "/chatgpt/memory"):
        assert served.call("POST", where + "?uid=me", key="", json=make_memory()).status_code in {401, 404}
    first, refused = served.person("GET", "/api/activity", params={"integration": "omi"}).json()[::-1]
    assert first["reason"] == "It is on hold until you accept the OMI account."
    assert (refused["outcome"], refused["decision"], refused["status"]) == ("refused", "denied", 403)
    assert refused["note"] == "The person at this computer does not want what this uid sends."
