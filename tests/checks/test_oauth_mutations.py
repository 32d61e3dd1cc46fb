"""Broken requests to the authorization server: none is answered 5xx, and none leads a browser to an address that is not known."""

import asyncio
import random
from urllib.parse import urlencode, urlsplit

import pytest

from tests.checks.mutations import mutate, send
from tests.server.access.oauth.callback_words import KNOWN, WORDS


def make_requests(client, secret, host):
    """Valid requests, to be broken: head, and body."""
    known = random.Random(0).choice(KNOWN)
    asking = urlencode({"response_type": "code", "client_id": client, "redirect_uri": known, "state": "s", "scope": "read:apps"})
    forms = [
        ("/chatgpt/oauth/token", {"grant_type": "authorization_code", "code": "dh_ac_x", "redirect_uri": known}),
        ("/chatgpt/oauth/token", {"grant_type": "refresh_token", "refresh_token": "dh_rt_x"}),
        ("/chatgpt/oauth/revoke", {"token": "dh_rt_x", "token_type_hint": "refresh_token"}),
    ]
    credentials = {"client_id": client, "client_secret": secret}
    form = f"Host: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
    json = f"Host: {host}\r\nContent-Type: application/json\r\nConnection: close\r\n"
    yield f"GET /chatgpt/oauth/authorize?{asking} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n".encode(), b""
    yield f"POST /chatgpt/oauth/authorize HTTP/1.1\r\n{form}".encode(), asking.encode()
    for path, values in forms:
        yield f"POST {path} HTTP/1.1\r\n{form}".encode(), urlencode(values | credentials).encode()
    registration = b'{"redirect_uris": ["http://127.0.0.1/cb"], "token_endpoint_auth_method": "none", "client_name": "x"}'
    yield f"POST /chatgpt/oauth/register HTTP/1.1\r\n{json}".encode(), registration
    yield f"GET /chatgpt/consent/signin-0123 HTTP/1.1\r\nHost: {host}\r\nCookie: deskhand_sign_in=x\r\n".encode(), b""
    yield f"GET /apps/list HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer dh_at_x\r\nConnection: close\r\n".encode(), b""


def break_one(requests, client, host, dice):
    """Break a request, or ask for an address made of pieces of those that are known."""
    if dice.random() < 0.4:
        callback = "".join(dice.choice(WORDS) for _ in range(dice.randint(1, 6)))
        asking = urlencode({"response_type": "code", "client_id": client, "redirect_uri": callback})
        return f"GET /chatgpt/oauth/authorize?{asking} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    head, body = dice.choice(requests)
    if body and dice.random() < 0.7:
        body = mutate(body, dice)
    else:
        head = mutate(head, dice)
    return head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


def read_location(answer):
    lines = answer.partition(b"\r\n\r\n")[0].split(b"\r\n")
    return next((line[10:].decode() for line in lines if line.lower().startswith(b"location: ")), "")


@pytest.mark.timeout(900)
async def test_malformed_oauth_requests_are_never_5xx_or_redirected_elsewhere(start, long):
    server = start("--demo")
    pair = server.person("POST", "/api/clients", json={"name": "bot", "oauth": True}).json()["oauth"]
    server.person("PUT", "/api/sign-ins", json={"registration_allowed": True})
    url, dice, count = urlsplit(server.public), random.Random(3), 100_000 if long else 1_000
    requests = list(make_requests(pair["client_id"], pair["client_secret"], url.netloc))
    pending = (break_one(requests, pair["client_id"], url.netloc, dice) for _ in range(count))
    failures, places, statuses = [], set(), {}

    async def work():
        for request in pending:
            answer = await send(request, url.hostname, url.port)
            status = answer[9:12].decode("latin-1")
            statuses[status] = statuses.get(status, 0) + 1
            if status.startswith("5"):
                failures.append((request, answer))
            if place := read_location(answer):
                places.add(place.partition("?")[0])

    await asyncio.gather(*(work() for _ in range(16)))
    print(f"{count} broken requests: {statuses}")
    assert failures == []
    assert {place for place in places if not place.startswith("/chatgpt/consent/signin-")} <= set(KNOWN)
    assert statuses["303"] > 0
    assert server.person("GET", "/api/overview").status_code == 200
