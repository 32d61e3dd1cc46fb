import base64
import json

import pytest

from tests.server.access.oauth.programs import GPT, allow_registration, ask, own, questions, register

TOKEN = "/chatgpt/oauth/token"
REGISTER = "/chatgpt/oauth/register"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FOREIGN = {"Origin": "https://evil.test"}


@pytest.mark.parametrize("path", ["/chatgpt/oauth/authorize", TOKEN, "/chatgpt/oauth/revoke"])
@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"a=%ff%fe&client_id=%00", b"&" * 100 + b"a=b" * 90, b"client_id=a&client_id=b", b"{}", b"a=\r\n"]
)
def test_malformed_form_is_invalid_request(served, path, body):
    answer = ask(served, "POST", path, content=body, headers=FORM)
    assert answer.status_code in {400, 401}
    assert answer.json()["error"]


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "", "text/plain"])
def test_other_content_type_than_form_is_invalid_request(served, kind):
    answer = ask(served, "POST", TOKEN, content=b"grant_type=refresh_token", headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic //8=", "Basic w7w6w7w=", "Bearer x", "Basic " + "A" * 4000])
def test_malformed_authorization_header_is_no_server_error(served, header):
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    answer = ask(served, "POST", TOKEN, data=form, headers={"Authorization": header})
    assert answer.status_code in {400, 401}, answer.text


@pytest.mark.parametrize("path", [TOKEN, REGISTER, "/chatgpt/oauth/revoke", "/chatgpt/oauth/authorize"])
def test_large_body_is_refused(served, path):
    allow_registration(served)
    assert ask(served, "POST", path, content=b"a" * 20_000, headers=FORM).status_code == 413


@pytest.mark.parametrize("name", ["state", "client_id", "redirect_uri", "code_challenge", "nonsense"])
def test_duplicate_parameter_is_refused(served, name):
    program = own(served)
    fields = [("response_type", "code"), ("client_id", program.client_id), ("redirect_uri", GPT), (name, "x"), (name, "y")]
    answer = ask(served, "GET", "/chatgpt/oauth/authorize", params=fields)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    token = base64.b64encode(f"{program.client_id}:{program.secret}".encode()).decode()
    twice = b"grant_type=refresh_token&refresh_token=a&refresh_token=b"
    answer = ask(served, "POST", TOKEN, content=twice, headers={**FORM, "Authorization": f"Basic {token}"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_browser_gets_an_error_page_and_the_refusal_is_recorded(served):
    program = own(served)
    fields = {"response_type": "code", "client_id": program.client_id, "redirect_uri": "https://evil.test/cb"}
    page = ask(served, "GET", "/chatgpt/oauth/authorize", params=fields, headers={"Accept": "text/html,*/*;q=0.8"})
    assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "This sign-in failed" in page.text
    refused = served.person("GET", "/api/sign-ins").json()["refused"]
    assert (refused["client"], refused["callback"]) == (program.client_id, "https://evil.test/cb")
    assert refused["reason"]


def test_unknown_client_is_not_redirected_and_its_browser_gets_an_error_page(served):
    fields = {"response_type": "code", "client_id": "x", "redirect_uri": GPT}
    answer = ask(served, "GET", "/chatgpt/oauth/authorize", params=fields)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")
    page = ask(served, "GET", "/chatgpt/oauth/authorize", params=fields, headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "This sign-in failed" in page.text
    assert not {"location", "refresh"} & set(page.headers)


def test_prefetch_does_not_change_the_authorization(served):
    program = own(served)
    for _ in range(3):
        assert program.begin().status_code == 303
    assert len(questions(served)) == 1


def test_cookie_is_limited_to_its_page_and_http_only(served, serve):
    cookie = own(served).begin().headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "Path=/chatgpt/consent/signin-" in cookie
    assert "Secure" not in cookie
    tunnelled = serve(demo=True, public_url="https://desk.example.org")
    assert "Secure" in own(tunnelled).begin().headers["set-cookie"]


def test_pages_keep_their_opener_and_refuse_framing(served):
    program = own(served)
    for answer in (program.begin(), program.browser.look()):
        assert answer.headers["cross-origin-opener-policy"] == "unsafe-none"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
    assert ask(served, "GET", "/chatgpt/consent/style.css").headers["content-type"].startswith("text/css")
    assert ask(served, "GET", "/chatgpt/consent").status_code == 400
    assert ask(served, "GET", "/chatgpt/consent/signin-00").status_code == 403


def test_cors_is_open_for_metadata_and_token_endpoints_only(served):
    allow_registration(served)
    for method, path in (
        ("GET", "/.well-known/oauth-authorization-server"),
        ("GET", "/.well-known/oauth-protected-resource/mcp"),
        ("POST", TOKEN),
        ("POST", REGISTER),
    ):
        answer = ask(served, method, path, headers=FOREIGN)
        assert answer.status_code != 403, path
        assert answer.headers["access-control-allow-origin"] == "https://evil.test"
        assert "access-control-allow-credentials" not in answer.headers
        asking = {**FOREIGN, "Access-Control-Request-Method": method}
        assert ask(served, "OPTIONS", path, headers=asking).status_code == 204
    for method, path in (
        ("GET", "/chatgpt/oauth/authorize"),
        ("POST", "/chatgpt/oauth/authorize"),
        ("POST", "/chatgpt/oauth/revoke"),
        ("GET", "/chatgpt/consent/signin-00"),
        ("GET", "/apps/list"),
        ("GET", "/chatgpt/oauth/tokens"),
    ):
        answer = ask(served, method, path, headers=FOREIGN)
        assert (answer.status_code, "access-control-allow-origin" in answer.headers) == (403, False), path


def test_registration_needs_the_setting(served):
    metadata = {"redirect_uris": [GPT.replace("aip", "x")], "token_endpoint_auth_method": "none"}
    assert ask(served, "POST", REGISTER, json=metadata).status_code == 403
    assert "registration_endpoint" not in ask(served, "GET", "/.well-known/oauth-authorization-server").json()
    allow_registration(served)
    described = ask(served, "GET", "/.well-known/oauth-authorization-server").json()
    assert described["registration_endpoint"] == served.public + REGISTER
    assert register(served).client_id


@pytest.mark.parametrize("nested", [b"[" * 16_000, b"null", b"[]", b'"x"', b'{"redirect_uris": ["\\ud800"]}', b"\xff", b"NaN"])
def test_malformed_metadata_is_refused_with_its_error_code(served, nested):
    allow_registration(served)
    answer = ask(served, "POST", REGISTER, content=nested, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert json.loads(answer.text)["error"].startswith("invalid_")
