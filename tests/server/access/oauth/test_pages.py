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


def test_sign_in_page_that_waits_refreshes_itself(served):
    program = own(served)
    program.begin()
    assert program.browser.look().status_code == 200
    asking = {"response_type": "code", "client_id": program.client_id, "redirect_uri": program.callback}
    where, page = "/chatgpt/oauth/authorize", {"Accept": "text/html"}
    busy = ask(served, "GET", where, params=asking, headers=page)
    assert (busy.status_code, "Another sign-in is in progress" in busy.text) == (409, True)
    assert 'http-equiv="refresh"' in busy.text
    assert "made this mistake" not in busy.text
    sent = ask(served, "POST", where, data=asking, headers=page)
    assert (sent.status_code, 'http-equiv="refresh"' in sent.text) == (409, False), "a form does not come again"
