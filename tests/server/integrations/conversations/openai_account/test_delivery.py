"""Deliveries of OpenAI over a real server in demo mode, whose fake OpenAI signs them."""

import json
import time

import httpx2
import pytest

from server.integrations.conversations.fake import KEY
from server.integrations.conversations.fake.webhook_methods import sign

PATH = "/webhook/openai"
BODY = json.dumps({"id": "evt_1", "type": "response.completed", "created_at": 1, "data": {"id": "resp_1"}}).encode()


@pytest.fixture
def served(demo):
    assert demo.person("PUT", "/api/openai", json={"webhook_allowed": True}).status_code == 200
    eventually(lambda: demo.person("GET", "/api/openai").json()["webhook_url"])
    return demo


def eventually(look, seconds: float = 60):
    until = time.monotonic() + seconds
    while not (result := look()) and time.monotonic() < until:
        time.sleep(0.02)
    return result


def headers(served, body=BODY, event_id="evt_1", now=None):
    """Sign as OpenAI does, with the secret that it gave."""
    secret = json.loads((served.data / "secrets.json").read_text())["openai_webhook/signing"]
    moment = int(now or time.time())
    signature = sign(secret, event_id, moment, body)
    return {"webhook-id": event_id, "webhook-timestamp": str(moment), "webhook-signature": signature}


def post(served, body=BODY, **changed):
    return served.call("POST", PATH, key="", content=body, headers=changed)


def deliveries(served):
    return [entry for entry in served.activity() if entry["operation"] == "openai_event"]


def test_delivery_of_openai_is_taken_and_others_are_refused(served):
    assert served.person("GET", "/api/openai").json()["webhook_url"] == f"{served.public}{PATH}"
    background = {"model": "gpt-6-luna", "input": "Hello", "background": True}
    fake = json.loads((served.data / "settings.json").read_text())["conversations"]["1"]["openai"]["endpoint"]
    authorization = {"Authorization": f"Bearer {KEY}"}
    assert httpx2.post(f"{fake}/responses", json=background, headers=authorization).status_code == 200
    assert eventually(lambda: deliveries(served))

    right = headers(served)
    assert post(served, **right).json() == {"received": True}
    assert post(served, **headers(served)).json() == {"received": True}  # a repetition
    for wrong in (
        {},
        {**right, "webhook-id": "evt_2"},
        {**right, "webhook-timestamp": str(int(right["webhook-timestamp"]) + 1)},
        {**right, "webhook-signature": "v1,AAAA"},
        headers(served, now=time.time() - 400),
        headers(served, b"{}"),
    ):
        refused = post(served, **wrong)
        assert refused.status_code == 401, wrong
        assert any(part in refused.json()["detail"] for part in ("signature", "sender's clock"))
    assert post(served, b"[]", **headers(served, b"[]", "evt_3")).status_code == 422
    served.person("PUT", "/api/openai", json={"webhook_allowed": False})
    assert eventually(lambda: not served.person("GET", "/api/openai").json()["webhook_url"])
    assert post(served, **{**right, "webhook-id": "evt_9"}).status_code == 401  # there is no secret left
