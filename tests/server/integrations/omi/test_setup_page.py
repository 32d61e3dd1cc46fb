def test_setup_page_explains_and_holds_no_address(serve) -> None:
    served = serve()
    segment = served.person("POST", "/api/omi/address").json()["addresses"]["memory"].rpartition("/")[2]
    page = served.call("GET", "/chatgpt/setup?uid=<script>", key="")
    assert page.status_code == 200
    assert "Memory Creation Webhook" in page.text
    assert segment not in page.text
    assert "<script>" not in page.text
    assert served.call("GET", "/chatgpt/setup-completed?uid=me", key="").json() == {"is_setup_completed": True}
