from tests.server.access.oauth.programs import allow_registration, ask, own, register


def test_client_metadata_is_escaped_in_pages(served):
    allow_registration(served)
    program = register(served, client_name='<script>alert(1)</script>"\u202e')
    program.begin()
    page = program.browser.look().text
    assert "<script" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page


def test_sign_in_page_needs_no_script_and_refreshes_itself(served):
    program = own(served)
    program.begin()
    page = program.browser.look()
    assert '<meta http-equiv="refresh" content="2">' in page.text
    assert "script" not in page.text
    assert "style-src 'self'" in page.headers["content-security-policy"]
    assert 'rel="stylesheet" href="/chatgpt/consent/style.css"' in page.text
    assert "<form" not in page.text


def test_page_for_a_denied_browser_blames_nobody(served):
    program = own(served)
    program.begin()
    browser = program.browser
    served.person("POST", f"/api/approvals/{browser.path.rpartition('/')[2]}/deny", json={"reason": ""})
    asking = {"response_type": "code", "client_id": program.client_id, "redirect_uri": program.callback}
    headers = {"Accept": "text/html", "Cookie": browser.known}
    page = ask(served, "GET", "/chatgpt/oauth/authorize", params=asking, headers=headers)
    assert (page.status_code, "Try again in 5 minutes" in page.text) == (403, True)
    assert "a problem of the app" not in page.text
    asking["redirect_uri"] = "https://evil.example/"
    wrong = ask(served, "GET", "/chatgpt/oauth/authorize", params=asking, headers={"Accept": "text/html"})
    assert (wrong.status_code, "a problem of the app" in wrong.text) == (400, True)
