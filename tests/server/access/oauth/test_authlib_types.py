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
def test_a_program_of_the_persons_is_answered_where_chatgpt_and_claude_are(served, callback):
    program = own(served)
    program.callback = callback
    assert program.begin().status_code == 303


@pytest.mark.parametrize("callback", EVIL)
def test_nobody_is_sent_to_an_address_that_is_not_known(served, callback):
    program = own(served)
    program.callback = callback
    for method in ("GET", "POST"):
        told = {"response_type": "code", "client_id": program.client_id, "redirect_uri": callback, "state": "x"}
        send = {"params": told} if method == "GET" else {"data": told}
        answer = ask(served, method, "/chatgpt/oauth/authorize", **send)
        assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert questions(served) == []


def test_the_persons_own_addresses_are_exact(served):
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
def test_what_cannot_be_a_callback_is_refused_when_it_is_given(served, callback):
    answer = served.person("POST", "/api/clients", json={"name": "bot", "oauth": True, "redirect_uris": [callback]})
    assert answer.status_code == 422


def test_a_public_program_may_have_another_port_of_this_computer_and_nothing_else_another(served):
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


def test_the_code_is_bound_to_the_callback_it_went_to(served):
    program = own(served)
    assert program.exchange(program.code(), redirect_uri=CLAUDE).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("", "control:apps read:apps"),
        ("read:apps", "read:apps"),
        ("read:apps read:minds", "read:apps"),
        ("read:mail", "control:apps read:apps"),
        ("offline_access", "control:apps read:apps offline_access"),
        ("read:apps offline_access openid", "read:apps offline_access"),
    ],
)
def test_scopes_that_there_are_not_are_left_out(served, asked, given):
    assert own(served).sign_in(scope=asked)["scope"] == given


def test_a_gpt_that_names_no_scope_gets_all_that_its_client_has(served):
    assert own(served).sign_in()["scope"] == "control:apps read:apps"


def test_both_ways_of_saying_the_secret_at_once_are_refused(served):
    program = own(served)
    program.basic = True
    assert program.refresh("dh_rt_x", client_secret=program.secret).json()["error"] == "invalid_request"


def test_a_program_with_a_secret_cannot_leave_it_out_and_one_without_cannot_have_one(served):
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
def test_only_codes_are_given_to_a_browser(served, kind):
    told = {"response_type": kind} if kind is not None else {}
    answer = own(served).begin(**{"response_type": "", **told})
    assert answer.status_code in {302, 400}
    if answer.status_code == 302:
        assert landed(answer)["error"] == "unsupported_response_type"
