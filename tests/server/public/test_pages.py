def test_root_describes_the_service(serve) -> None:
    served = serve()
    body = served.call("GET", "/", key="").json()
    assert (body["status"], body["service"]) == ("online", "Deskhand")
    assert served.call("GET", "/health", key="").json() == {"status": "healthy"}


def test_privacy_page_describes_the_stored_data(serve) -> None:
    page = serve().call("GET", "/privacy", key="").text
    assert "7" in page
    assert "90" in page
