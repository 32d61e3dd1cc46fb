"""What OMI meets, over a real server."""

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


def paste(served) -> dict[str, str]:
    """The paths that are pasted into OMI."""
    addresses = served.person("POST", "/api/omi/address").json()["addresses"]
    return {kind: address.removeprefix(served.public) for kind, address in addresses.items()}


def sign(body: bytes, uid: str, secret: str = SECRET, now: float | None = None) -> dict[str, str]:
    moment = int(now or time.time())
    made = hmac.new(secret.encode(), f"{moment}.{uid}.".encode() + body, "sha256").hexdigest()
    return {"X-Omi-Signature": f"t={moment},v1={made}", "Content-Type": "application/json"}


def test_each_address_takes_what_belongs_there_and_answers_as_omi_wants(served) -> None:
    paths = paste(served)
    assert re.fullmatch(r"/chatgpt/webhook/memory/[\w-]{32}", paths["memory"])
    told = served.call("POST", paths["memory"] + "?uid=me", key="", json=FIRST_FORM)
    assert (told.status_code, told.json()["status"]) == (200, "success")
    bodies = {"transcript": {"segments": [{"id": "1", "text": "hi"}]}, "day_summary": {"summary": "{'headline': 'Hi'}"}}
    bodies |= {"button": {"button_event": "single_tap", "event_id": "1"}}
    for kind, body in bodies.items():
        answer = served.call("POST", paths[kind] + "?uid=me", key="", json=body)
        assert (answer.status_code, answer.json()) == (200, {}), kind
    answer = served.call("POST", paths["audio"] + "?uid=me&sample_rate=8000", key="", content=b"\0\0" * 800)
    assert (answer.status_code, answer.json()) == (200, {})
    assert served.person("GET", "/api/omi").json()["sources"][0]["kept_aside"] == 5


def test_another_address_and_an_old_one_are_not_there(served) -> None:
    old = paste(served)["memory"]
    new = paste(served)["memory"]
    for path in (old, new[:-1], new + "x", new.replace("memory", "nothing"), "/chatgpt/webhook/memory/é"):
        assert served.call("POST", path + "?uid=me", key="", json=FIRST_FORM).status_code == 404, path
    assert served.call("POST", new + "?uid=me", key="", json=FIRST_FORM).status_code == 200


def test_with_a_secret_only_what_is_signed_is_taken(served) -> None:
    path, body = paste(served)["memory"] + "?uid=me", b'{"id": "c1"}'
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


def test_without_a_secret_no_signature_opens_the_plain_address(served) -> None:
    key = served.make_client()
    answer = served.call("POST", "/chatgpt/webhook/memory?uid=me", key="", content=b"{}", headers=sign(b"{}", "me", ""))
    assert answer.status_code == 401
    assert served.call("POST", "/chatgpt/webhook/memory?uid=me", key, json=make_memory()).status_code == 200


def test_what_does_not_fit_is_refused_in_a_sentence(served) -> None:
    path = paste(served)["memory"]
    for body in (b"nonsense", b"[]", b""):
        assert served.call("POST", path + "?uid=me", key="", content=body).status_code == 422
    assert served.call("POST", path + "?uid=a b", key="", json=FIRST_FORM).status_code == 422
    button = paste(served)["button"]
    assert served.call("POST", button + "?uid=me", key="", content=b" " * 70_000).status_code == 413


def test_letters_of_every_language_in_an_address_break_nothing(served) -> None:
    paths = paste(served)
    audio = paths["audio"] + "?uid=me&sample_rate="
    for rate in ("1%C2%B2000", "%D9%A1%D9%A6000", "16000x"):
        assert served.call("POST", audio + rate, key="", content=b"\0\0").status_code == 422, rate
    served.person("PUT", "/api/omi/secret", json={"secret": SECRET})
    for path in ("/chatgpt/memory", paths["memory"]):
        for uid, status in (("%C3%A9", 422), ("%FF", 401), ("me%C2%B2", 422)):
            headers = sign(b"{}", unquote(uid) if status == 422 else "other")
            assert served.call("POST", f"{path}?uid={uid}", key="", content=b"{}", headers=headers).status_code == status


def test_of_what_nobody_can_have_signed_no_body_is_read(served) -> None:
    path = paste(served)["memory"]
    served.person("PUT", "/api/omi/secret", json={"secret": SECRET})
    large, late = b" " * 17_000_000, sign(b"", "me", now=time.time() - 400)
    for headers in ({"X-Omi-Signature": "nonsense"}, late):
        for where in ("/chatgpt/memory", path):
            assert served.call("POST", where + "?uid=me", key="", content=large, headers=headers).status_code == 401, where


def test_where_anybody_may_knock_only_small_bodies_are_taken(served) -> None:
    path = paste(served)["memory"]
    served.person("PUT", "/api/omi/secret", json={"secret": SECRET})
    body = b'{"id": "c1", "words": "' + b"x" * 1_100_000 + b'"}'
    for where, status in (("/chatgpt/memory", 413), (path, 200)):
        assert served.call("POST", where + "?uid=me", key="", content=body, headers=sign(body, "me")).status_code == status
