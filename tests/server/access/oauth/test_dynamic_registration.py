import json

import pytest

from server.access.oauth.dynamic_registration import MOST_A_MINUTE, register
from server.core.clock import Clock
from tests.server.access.oauth.programs import HERE, allow_registration, ask, own
from tests.server.access.oauth.programs import register as register_here

GOOD = {"redirect_uris": [HERE], "token_endpoint_auth_method": "none"}


def told(**more):
    answer, made = register(json.dumps(GOOD | more).encode(), Clock())
    return answer, made


def test_a_public_program_gets_no_secret_and_another_one_that_is_kept_as_a_hash():
    answer, made = told()
    assert (answer.status, "client_secret" in answer.body, made.secret_hash) == (201, False, None)
    answer, made = told(token_endpoint_auth_method="client_secret_basic", client_name="", scope=None, jwks={"keys": []})
    assert answer.body["client_secret"].startswith("dh_cs_")
    assert made.secret_hash
    assert "jwks" not in answer.body


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.test/cb",
        "javascript://chatgpt.com/%0aalert(1)",
        "http://evil.test",
        "myapp://cb",
        "https://chatgpt.com/",
        "",
        5,
    ],
)
def test_a_program_is_not_answered_just_anywhere(uri):
    answer, made = told(redirect_uris=[HERE, uri])
    assert (answer.status, answer.body["error"], made) == (400, "invalid_redirect_uri", None)


@pytest.mark.parametrize(
    "more", [{"redirect_uris": []}, {"redirect_uris": [HERE] * 11}, {"redirect_uris": None}, {"redirect_uris": "x"}]
)
def test_there_is_at_least_one_address_and_not_too_many(more):
    assert told(**more)[0].body["error"] == "invalid_redirect_uri"


@pytest.mark.parametrize(
    "more",
    [
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"grant_types": ["implicit"]},
        {"response_types": ["token"]},
        {"client_name": "x" * 300},
        {"client_name": {}},
    ],
)
def test_what_is_not_done_here_is_refused(more):
    assert told(**more)[0].body["error"] == "invalid_client_metadata"


def test_many_at_once_are_told_to_wait(served, hands):
    hands.move(minutes=2)
    allow_registration(served)
    answers = [ask(served, "POST", "/chatgpt/oauth/register", json=GOOD).status_code for _ in range(MOST_A_MINUTE + 1)]
    assert answers == [201] * MOST_A_MINUTE + [429]
    hands.move(seconds=61)
    assert own(served).begin().status_code == 303
    assert register_here(served)
