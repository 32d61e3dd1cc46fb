"""Programs that really sign in, as the pages Access and Connect tell of them."""

import re

from playwright.sync_api import expect

from tests import loopback
from tests.server.access.oauth.programs import GPT, allow_registration, own, register
from tests.server.projections.mcp.speaking import modern, read
from tests.window.conftest import find_barriers

CLAUDE = "https://claude.ai/api/mcp/auth_callback"
ELSEWHERE = "https://notes.example.org/callback"


def call(server, token: str) -> int:
    return server.call("GET", "/apps/list", token).status_code


def use_tool(server, token: str) -> dict:
    options = modern("tools/call", {"name": "list_apps", "arguments": {}}, Authorization=f"Bearer {token}")
    return read(loopback.post(f"{server.public}/mcp", **options, timeout=90))


def test_sign_ins_are_listed_and_signed_out(open_page, server):
    token = own(server).sign_in()["access_token"]
    page = open_page("access/my-gpt")
    signed = page.get_by_role("list", name="Signed in").get_by_role("listitem")
    expect(signed).to_contain_text(re.compile("ChatGPT · signed in .* · not used yet"))
    expect(signed).to_contain_text(GPT)
    expect(signed).to_contain_text("Can control programs and read programs.")
    assert find_barriers(page) == []
    assert call(server, token) == 200
    signed.get_by_role("button", name="Sign out").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Sign out").press("Enter")
    expect(page.get_by_text("None", exact=True)).to_be_visible()
    assert call(server, token) == 401


def test_refused_redirect_uri_is_added_with_one_click(open_page, server):
    program = own(server)
    assert program.begin(redirect_uri=ELSEWHERE).status_code == 400
    page = open_page("access")
    notice = page.get_by_role("status").filter(has_text="Failed sign-in")
    expect(notice).to_contain_text(ELSEWHERE)
    assert find_barriers(page) == []
    notice.get_by_role("button", name="Add to my-gpt").press("Enter")
    expect(notice.get_by_role("button", name="Add to my-gpt")).to_have_count(0)
    assert server.person("GET", "/api/clients/my-gpt").json()["oauth"]["redirect_uris"] == [ELSEWHERE]
    assert program.begin(redirect_uri=ELSEWHERE).status_code == 303


def test_gpt_sign_in_completes_its_step(open_page, server):
    program = own(server)
    page = open_page("connect/gpt/my-gpt")
    step = page.locator("main").get_by_role("listitem").filter(has=page.get_by_role("heading", name="Authentication"))
    expect(step.get_by_role("heading")).not_to_contain_text("done")
    program.sign_in()
    expect(step.get_by_role("heading")).to_contain_text("Step 4, done")
    expect(step.get_by_role("list", name="Signed in")).to_contain_text("ChatGPT · signed in")


def test_mcp_sign_in_and_call_complete_their_steps(open_page, server):
    allow_registration(server)
    page = open_page("connect/app")
    page.get_by_role("radio", name="Claude").check()
    expect(page.get_by_text("Waiting for the first sign-in from Claude")).to_be_visible()
    token = register(server, CLAUDE).sign_in()["access_token"]
    expect(page.get_by_role("list", name="Allowed sign-ins").get_by_role("listitem")).to_contain_text("Signed in")
    assert find_barriers(page) == []
    answer = use_tool(server, token)
    assert answer["result"]["isError"] is False, answer
    expect(page.get_by_role("heading", name=re.compile("Connected"))).to_be_visible()
    page.get_by_role("link", name="Change permissions").click()
    expect(page.get_by_text("It registered itself and you allowed it")).to_be_visible()
