from tests.server.access.oauth.programs import allow_registration, own, register


def test_nothing_that_a_program_calls_itself_is_markup(served):
    allow_registration(served)
    program = register(served, client_name='<script>alert(1)</script>"\u202e')
    program.begin()
    page = program.browser.look().text
    assert "<script" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page


def test_the_page_needs_no_script_and_comes_again_by_itself(served):
    program = own(served)
    program.begin()
    page = program.browser.look()
    assert '<meta http-equiv="refresh" content="2">' in page.text
    assert "script" not in page.text
    assert "style-src 'self'" in page.headers["content-security-policy"]
    assert 'rel="stylesheet" href="/chatgpt/consent/style.css"' in page.text
    assert "<form" not in page.text
