from server.sdk.pages import make_page


def test_page_shows_a_sentence_and_runs_nothing_in_it():
    page = make_page("Signed <in>", "By <script>alert(1)</script>.", 418)
    text = bytes(page.body).decode()
    assert page.status_code == 418
    assert "<title>Signed &lt;in&gt;</title>" in text
    assert "<script" not in text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer", "its address holds the code"
