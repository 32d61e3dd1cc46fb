import pytest

from tests.server.access.oauth.programs import GPT, HERE, allow_registration, approve, ask, landed, own, questions, register

CONNECTOR = "https://chatgpt.com/connector/oauth/a-1_b"
CLAUDE = "https://claude.ai/api/mcp/auth_callback"
GOOD = [
    GPT,
    "https://chat.openai.com/aip/g-A_b-1/oauth/callback",
    CONNECTOR,
    "https://chatgpt.com/connector_platform_oauth_redirect",
    CLAUDE,
    "https://claude.com/api/mcp/auth_callback",
]
EVIL = [
    "https://evil.test/aip/g-1/oauth/callback",
    f"{GPT}\n",
    f"{GPT}/",
    f"{GPT}?x=1",
    f"{GPT}#x",
    "https://chatgpt.com/aip/g-1/../../oauth/callback",
    "https://chatgpt.com/aip/g-1%2f/oauth/callback",
    "https://chatgpt.com.evil.test/aip/g-1/oauth/callback",
    "https://chatgpt.com@evil.test/aip/g-1/oauth/callback",
    "https://CHATGPT.com/aip/g-1/oauth/callback",
    "http://chatgpt.com/aip/g-1/oauth/callback",
    "javascript://chatgpt.com/%0aalert(1)",
    "https://chatgpt.com/",
    "data:text/html,x",
    '"\\ü',
    "//evil.test",
    "",
]


@pytest.mark.parametrize("callback", GOOD)
def test_known_client_is_redirected_to_the_callbacks_of_chatgpt_and_claude(served, callback):
    program = own(served)
    program.callback = callback
    assert program.begin().status_code == 303


@pytest.mark.parametrize("callback", EVIL)
def test_unknown_redirect_uri_is_refused(served, callback):
    program = own(served)
    program.callback = callback
    for method in ("GET", "POST"):
        query = {"response_type": "code", "client_id": program.client_id, "redirect_uri": callback, "state": "x"}
        send = {"params": query} if method == "GET" else {"data": query}
        answer = ask(served, method, "/chatgpt/oauth/authorize", **send)
        assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert questions(served) == []


def test_custom_redirect_uris_match_exactly(served):
    program = own(served, redirect_uris=["https://app.example/cb", "http://127.0.0.1/cb"])
    for callback, status in (
        ("https://app.example/cb", 303),
        ("https://app.example/cb/", 400),
        ("https://app.example:443/cb", 400),
        ("http://127.0.0.1/cb", 303),
        ("http://127.0.0.1:99/cb", 400),
    ):
        program.callback = callback
        assert program.begin().status_code == status, callback


@pytest.mark.parametrize(
    "callback", ["http://app.example/cb", "javascript:alert(1)", "https://a b/cb", "https://x/#y", "https:///cb"]
)
def test_invalid_redirect_uri_is_refused_when_it_is_set(served, callback):
    answer = served.person("POST", "/api/clients", json={"name": "bot", "oauth": True, "redirect_uris": [callback]})
    assert answer.status_code == 422


def test_public_client_may_vary_the_loopback_port_only(served):
    allow_registration(served)
    program = register(served)
    for callback, status in (
        ("http://127.0.0.1:1/callback", 303),
        ("http://127.0.0.1/callback", 303),
        ("http://localhost:7777/callback", 400),
        ("http://127.0.0.1:7777/other", 400),
        ("https://127.0.0.1:7777/callback", 400),
        (GPT, 400),
    ):
        program.callback = callback
        assert program.begin().status_code == status, callback
    secret = register(served, HERE, token_endpoint_auth_method="client_secret_post")
    secret.callback = "http://127.0.0.1:1/callback"
    assert secret.begin().status_code == 400


def test_code_is_bound_to_its_redirect_uri(served):
    program = own(served)
    assert program.exchange(program.code(), redirect_uri=CLAUDE).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("requested", "given"),
    [
        ("", "control:apps read:apps"),
        ("read:apps", "read:apps"),
        ("read:apps read:minds", "read:apps"),
        ("read:mail", "control:apps read:apps"),
        ("offline_access", "control:apps read:apps offline_access"),
        ("read:apps offline_access openid", "read:apps offline_access"),
    ],
)
def test_unknown_scopes_are_dropped(served, requested, given):
    assert own(served).sign_in(scope=requested)["scope"] == given


def test_missing_scope_parameter_grants_all_scopes_of_the_client(served):
    assert own(served).sign_in()["scope"] == "control:apps read:apps"


def test_client_secret_in_header_and_body_is_refused(served):
    program = own(served)
    program.basic = True
    assert program.refresh("dh_rt_x", client_secret=program.secret).json()["error"] == "invalid_request"


def test_confidential_client_needs_its_secret_and_public_client_has_none(served):
    program = own(served)
    code = program.code()
    program.secret = ""
    assert program.exchange(code).status_code == 401
    allow_registration(served)
    public = register(served)
    public.begin()
    approve(served, public.browser)
    code = landed(public.browser.look())["code"]
    public.secret = "guess"
    assert public.exchange(code).status_code == 401


@pytest.mark.parametrize("kind", ["token", "code token", "", None])
def test_response_type_is_code_only(served, kind):
    query = {"response_type": kind} if kind is not None else {}
    answer = own(served).begin(**{"response_type": "", **query})
    assert answer.status_code in {302, 400}
    if answer.status_code == 302:
        assert landed(answer)["error"] == "unsupported_response_type"
