import hashlib

import pytest

from tests.server.access.oauth.programs import allow_registration, approve, ask, landed, own, register


def error(answer, status=400):
    assert answer.status_code == status, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()["error"]


def opens(served, token):
    return served.call("GET", "/apps/list", token).status_code


def test_code_is_valid_once_and_its_reuse_revokes_every_token_issued_from_it(served, served_clock):
    program = own(served)
    code = program.code()
    first = program.exchange(code).json()
    assert opens(served, first["access_token"]) == 200
    served_clock.move(minutes=10)
    assert error(program.exchange(code)) == "invalid_grant"
    assert opens(served, first["access_token"]) == 401
    assert error(program.refresh(first["refresh_token"])) == "invalid_grant"
    notices = served.person("GET", "/api/overview").json()["notices"]
    (matching,) = [notice for notice in notices if "used twice" in notice]
    assert matching.startswith("my-gpt was signed out. Its code was used twice.")


def test_lifetime_of_code_is_a_minute_and_of_access_token_an_hour(served, served_clock):
    program = own(served)
    late = program.code()
    served_clock.move(seconds=61)
    assert error(program.exchange(late)) == "invalid_grant"
    pair = program.sign_in()
    served_clock.move(minutes=59)
    assert opens(served, pair["access_token"]) == 200
    served_clock.move(minutes=2)
    assert opens(served, pair["access_token"]) == 401
    assert opens(served, program.refresh(pair["refresh_token"]).json()["access_token"]) == 200


def test_refresh_token_expires_after_ninety_days_without_use(served, served_clock):
    program = own(served)
    pair = program.sign_in()
    served_clock.move(days=89)
    pair = program.refresh(pair["refresh_token"]).json()
    served_clock.move(days=91)
    assert error(program.refresh(pair["refresh_token"])) == "invalid_grant"


@pytest.mark.parametrize("basic", [False, True])
def test_gpt_signs_in_without_pkce_with_its_secret_in_body_or_header(served, basic):
    program = own(served)
    program.basic = basic
    pair = program.sign_in(scope="")
    assert set(pair["scope"].split()) == {"read:apps", "control:apps"}
    assert opens(served, program.refresh(pair["refresh_token"]).json()["access_token"]) == 200
    program.secret += "x"
    wrong = program.refresh(pair["refresh_token"])
    assert error(wrong, 401) == "invalid_client"
    assert wrong.headers["www-authenticate"].startswith("Basic")


def test_pkce_is_checked_if_sent_and_required_of_public_clients(served):
    program = own(served)
    program.pkce = True
    code = program.code()
    assert error(program.exchange(code, code_verifier="x" * 50)) == "invalid_grant"
    program.pkce = False
    assert error(program.exchange(code)) == "invalid_request"
    allow_registration(served)
    for more in ({}, {"token_endpoint_auth_method": "client_secret_post"}):
        public = register(served, **more)
        public.pkce = False
        query = landed(public.begin())
        assert (query["error"], query["state"], query["iss"]) == ("invalid_request", "s 1&ü", served.public)


def test_verifier_for_a_code_without_challenge_is_refused(served):
    program = own(served)
    assert error(program.exchange(program.code(), code_verifier="x" * 50)) == "invalid_request"


@pytest.mark.parametrize("method", ["plain", "", "s256", None])
def test_challenge_method_is_s256_only(served, method):
    allow_registration(served)
    program = register(served)
    program.pkce = False
    fields = {"code_challenge": "x" * 43} | ({} if method is None else {"code_challenge_method": method})
    assert landed(program.begin(**fields))["error"] == "invalid_request"


def test_refresh_token_is_rotated_and_returns_the_same_pair_for_half_a_minute(served, served_clock):
    program = own(served)
    old = program.sign_in()["refresh_token"]
    new = program.refresh(old).json()
    served_clock.move(seconds=20)
    again = program.refresh(old, scope="read:apps").json()
    assert (again["access_token"], again["refresh_token"]) == (new["access_token"], new["refresh_token"])
    assert again["scope"] == new["scope"], "it is the first answer's token, with the first answer's scope"
    assert again["expires_in"] <= new["expires_in"] - 20
    assert opens(served, again["access_token"]) == 200


def test_reused_refresh_token_revokes_its_family_after_the_grace_period(served, served_clock):
    program = own(served)
    old = program.sign_in()["refresh_token"]
    new = program.refresh(old).json()
    served_clock.move(seconds=31)
    assert error(program.refresh(old)) == "invalid_grant"
    assert opens(served, new["access_token"]) == 401
    assert error(program.refresh(new["refresh_token"])) == "invalid_grant"


def test_reused_refresh_token_revokes_its_family_once_its_successor_was_used(served):
    program = own(served)
    old = program.sign_in()["refresh_token"]
    new = program.refresh(old).json()
    newest = program.refresh(new["refresh_token"]).json()
    assert error(program.refresh(old)) == "invalid_grant"
    assert opens(served, newest["access_token"]) == 401


def test_code_or_token_of_another_client_is_neither_accepted_nor_revoked(served):
    mine, other = own(served), own(served, "other")
    code = mine.code()
    assert error(other.exchange(code)) == "invalid_grant"
    pair = mine.exchange(code).json()
    assert error(other.refresh(pair["refresh_token"])) == "invalid_grant"
    assert error(other.exchange(code)) == "invalid_grant"
    assert error(mine.refresh(pair["access_token"])) == "invalid_grant", "an access token refreshes nothing"
    assert other.post("/chatgpt/oauth/revoke", token=pair["refresh_token"]).status_code == 200
    assert opens(served, pair["access_token"]) == 200


def test_rotated_token_of_another_client_revokes_nothing(served, served_clock):
    mine, other = own(served), own(served, "other")
    old = mine.sign_in()["refresh_token"]
    new = mine.refresh(old).json()
    served_clock.move(seconds=31)
    assert error(other.refresh(old)) == "invalid_grant"
    assert opens(served, new["access_token"]) == 200


def test_narrower_scope_narrows_this_token_and_not_the_next(served):
    program = own(served)
    pair = program.sign_in()
    narrow = program.refresh(pair["refresh_token"], scope="read:apps read:minds").json()
    assert narrow["scope"] == "read:apps"
    order = {"app_name": "notes", "action": "start"}
    assert served.call("POST", "/apps/control", narrow["access_token"], json=order).status_code == 403
    assert set(program.refresh(narrow["refresh_token"]).json()["scope"].split()) == {"read:apps", "control:apps"}


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", ["", "refresh_token", "nonsense"])
def test_revocation_ends_the_whole_family_whatever_the_type_hint(served, kind, hint):
    program = own(served)
    pair = program.sign_in()
    form = {"token": pair[kind]} | ({"token_type_hint": hint} if hint else {})
    assert program.post("/chatgpt/oauth/revoke", **form).status_code == 200
    assert opens(served, pair["access_token"]) == 401
    assert error(program.refresh(pair["refresh_token"])) == "invalid_grant"
    assert program.post("/chatgpt/oauth/revoke", **form).status_code == 200
    assert error(program.post("/chatgpt/oauth/revoke")) == "invalid_request"


def test_public_client_can_revoke_its_token(served):
    allow_registration(served)
    program = register(served)
    begun = program.begin()
    assert begun.status_code == 303
    approve(served, program.browser)
    pair = program.exchange(landed(program.browser.look())["code"]).json()
    assert program.post("/chatgpt/oauth/revoke", token=pair["refresh_token"]).status_code == 200
    assert opens(served, pair["access_token"]) == 401


def test_stored_tokens_are_hashes_only(served):
    program = own(served)
    code = program.code()
    pair = program.exchange(code).json()
    newer = program.refresh(pair["refresh_token"]).json()
    secrets = [program.secret, code, *(secret[kind] for secret in (pair, newer) for kind in ("access_token", "refresh_token"))]
    content = b"".join(file.read_bytes() for file in served.data.rglob("*") if file.is_file())
    assert [secret for secret in secrets if secret.encode() in content] == []
    assert hashlib.sha256(newer["access_token"].encode()).digest() in content, "so it was looked for where it would be"
    assert ask(served, "GET", "/health").status_code == 200
