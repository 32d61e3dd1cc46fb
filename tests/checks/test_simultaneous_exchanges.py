"""Fifty at once with one code, or with one refresh token."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from tests import loopback
from tests.checks.consent import read_answer, visit
from tests.checks.oauth_apps import GPT_CALLBACK, Gpt, make_gpt

AT_ONCE = 50


@pytest.fixture
def gpt(start) -> Gpt:
    return make_gpt(start("--demo"), "gpt", "body")


def all_at_once(act: Callable[[], httpx2.Response]) -> list[httpx2.Response]:
    """Run a function concurrently."""
    together = threading.Barrier(AT_ONCE)

    def wait_and_act() -> httpx2.Response:
        together.wait()
        return act()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [future.result() for future in [pool.submit(wait_and_act) for _ in range(AT_ONCE)]]


def opens(gpt: Gpt, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    return loopback.get(f"{gpt.server.public}/gmail/auth/status", headers=headers).status_code == 200


def test_code_is_exchanged_once_and_its_reuse_revokes_the_tokens(gpt) -> None:
    query = urlencode({"response_type": "code", "client_id": gpt.client_id, "redirect_uri": GPT_CALLBACK})
    code = read_answer(visit(gpt.server, f"{gpt.server.public}/chatgpt/oauth/authorize?{query}"))["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": GPT_CALLBACK}
    answers = all_at_once(lambda: gpt.ask_token(form))
    won = [answer.json() for answer in answers if answer.status_code == 200]
    lost = [(answer.status_code, answer.json()["error"]) for answer in answers if answer.status_code != 200]
    assert (len(won), lost) == (1, [(400, "invalid_grant")] * (AT_ONCE - 1))
    assert not opens(gpt, won[0]["access_token"])
    assert gpt.ask_token({"grant_type": "refresh_token", "refresh_token": won[0]["refresh_token"]}).status_code == 400


def test_refresh_token_has_one_successor(gpt) -> None:
    gpt.sign_in()
    form = {"grant_type": "refresh_token", "refresh_token": gpt.tokens["refresh_token"]}
    answers: list[dict[str, Any]] = [answer.json() for answer in all_at_once(lambda: gpt.ask_token(form))]
    pairs = {(answer["access_token"], answer["refresh_token"]) for answer in answers}
    assert len(pairs) == 1, "whoever asked twice got the very same pair"
    (access, successor) = pairs.pop()
    assert successor != gpt.tokens["refresh_token"]
    assert opens(gpt, access)
    assert gpt.ask_token({"grant_type": "refresh_token", "refresh_token": successor}).status_code == 200
