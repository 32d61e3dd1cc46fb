def test_the_service_says_what_it_is(serve) -> None:
    served = serve()
    body = served.call("GET", "/", key="").json()
    assert (body["status"], body["service"]) == ("online", "Deskhand")
    assert served.call("GET", "/health", key="").json() == {"status": "healthy"}


def test_the_privacy_page_says_what_is_kept(serve) -> None:
    page = serve().call("GET", "/privacy", key="").text
    assert "7" in page
    assert "90" in page
