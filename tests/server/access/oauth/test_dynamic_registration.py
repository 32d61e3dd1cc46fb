import json

import pytest

from server.access.oauth.dynamic_registration import MOST_A_MINUTE, register
from server.core.clock import Clock
from tests.server.access.oauth.programs import HERE, allow_registration, ask, own
from tests.server.access.oauth.programs import register as register_here

GOOD = {"redirect_uris": [HERE], "token_endpoint_auth_method": "none"}


def try_register(**more):
    answer, made = register(json.dumps(GOOD | more).encode(), Clock())
    return answer, made


def test_public_client_gets_no_secret_and_a_confidential_one_is_stored_as_hash():
    answer, made = try_register()
    assert (answer.status, "client_secret" in answer.body, made.secret_hash) == (201, False, None)
    answer, made = try_register(token_endpoint_auth_method="client_secret_basic", client_name="", scope=None, jwks={"keys": []})
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
def test_registration_with_a_foreign_redirect_uri_is_refused(uri):
    answer, made = try_register(redirect_uris=[HERE, uri])
    assert (answer.status, answer.body["error"], made) == (400, "invalid_redirect_uri", None)


@pytest.mark.parametrize(
    "more", [{"redirect_uris": []}, {"redirect_uris": [HERE] * 11}, {"redirect_uris": None}, {"redirect_uris": "x"}]
)
def test_number_of_redirect_uris_is_limited(more):
    assert try_register(**more)[0].body["error"] == "invalid_redirect_uri"


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
def test_unsupported_registration_metadata_is_refused(more):
    assert try_register(**more)[0].body["error"] == "invalid_client_metadata"


def test_registrations_are_rate_limited(served, served_clock):
    served_clock.move(minutes=2)
    allow_registration(served)
    answers = [ask(served, "POST", "/chatgpt/oauth/register", json=GOOD).status_code for _ in range(MOST_A_MINUTE + 1)]
    assert answers == [201] * MOST_A_MINUTE + [429]
    served_clock.move(seconds=61)
    assert own(served).begin().status_code == 303
    assert register_here(served)
