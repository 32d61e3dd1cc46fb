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


FOREIGN = [
    "https://evil.test/cb",
    "https://vscode.dev/redirect",
    "javascript://chatgpt.com/%0aalert(1)",
    "http://evil.test",
    "http://127.0.0.1.evil.test/",
    "myapp://cb",
    "https://chatgpt.com/",
    "",
    5,
    None,
    [HERE],
]


@pytest.mark.parametrize("uri", FOREIGN)
def test_foreign_redirect_uri_is_left_out_and_alone_refused(uri):
    answer, made = try_register(redirect_uris=[uri, HERE])
    assert (answer.status, answer.body["redirect_uris"], made.redirect_uris) == (201, [HERE], (HERE,))
    answer, made = try_register(redirect_uris=[uri])
    assert (answer.status, answer.body["error"], made) == (400, "invalid_redirect_uri", None)


def test_vs_code_is_registered_with_what_is_supported():
    metadata = {
        "client_name": "Visual Studio Code",
        "client_uri": "https://code.visualstudio.com",
        "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
        "response_types": ["code"],
        "redirect_uris": [
            "https://insiders.vscode.dev/redirect",
            "https://vscode.dev/redirect",
            "http://127.0.0.1/",
            "http://127.0.0.1:33418/",
        ],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    }
    answer, made = register(json.dumps(metadata).encode(), Clock())
    registered = {name: answer.body[name] for name in ("redirect_uris", "grant_types", "response_types")}
    assert answer.status == 201
    assert registered == {
        "redirect_uris": ["http://127.0.0.1/", "http://127.0.0.1:33418/"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    }
    assert list(made.redirect_uris) == registered["redirect_uris"]
    assert ("client_secret" in answer.body, answer.body["token_endpoint_auth_method"]) == (False, "none")


@pytest.mark.parametrize("more", [{"redirect_uris": []}, {"redirect_uris": None}, {"redirect_uris": "x"}, {"redirect_uris": {}}])
def test_redirect_uri_is_required(more):
    assert try_register(**more)[0].body["error"] == "invalid_redirect_uri"


@pytest.mark.parametrize("uris", [HERE, json.dumps([HERE]), [HERE] * 11])
def test_list_is_read_from_a_single_value_and_from_json(uris):
    assert try_register(redirect_uris=uris)[1].redirect_uris == (HERE,)


def test_number_of_redirect_uris_is_limited():
    assert len(try_register(redirect_uris=[f"http://127.0.0.1:{port}/" for port in range(5000, 5020)])[1].redirect_uris) == 10


@pytest.mark.parametrize(
    ("more", "registered"),
    [
        ({"token_endpoint_auth_method": "private_key_jwt"}, {"token_endpoint_auth_method": "client_secret_basic"}),
        ({"grant_types": ["implicit", "authorization_code"]}, {"grant_types": ["authorization_code"]}),
        ({"response_types": ["token", "code"]}, {"response_types": ["code"]}),
        ({"grant_types": []}, {"grant_types": ["authorization_code", "refresh_token"]}),
    ],
)
def test_unsupported_metadata_is_replaced_and_the_response_says_by_what(more, registered):
    answer, made = try_register(**more)
    assert (answer.status, {name: answer.body[name] for name in registered}) == (201, registered)
    assert (made.secret_hash is None) == (answer.body["token_endpoint_auth_method"] == "none")


@pytest.mark.parametrize(
    "more",
    [{"grant_types": ["implicit"]}, {"response_types": ["token"]}, {"client_name": "x" * 300}, {"client_name": {}}],
)
def test_registration_with_nothing_supported_is_refused(more):
    assert try_register(**more)[0].body["error"] == "invalid_client_metadata"


def test_registrations_are_rate_limited(served, served_clock):
    served_clock.move(minutes=2)
    allow_registration(served)
    answers = [ask(served, "POST", "/chatgpt/oauth/register", json=GOOD).status_code for _ in range(MOST_A_MINUTE + 1)]
    assert answers == [201] * MOST_A_MINUTE + [429]
    served_clock.move(seconds=61)
    assert own(served).begin().status_code == 303
    assert register_here(served)
