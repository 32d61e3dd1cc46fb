def test_theme_is_stored(serve) -> None:
    served = serve()
    assert served.person("GET", "/api/look").json() == {"theme": "system"}
    assert served.person("PUT", "/api/look", json={"theme": "dark"}).json() == {"theme": "dark"}
    served.background.stop()
    assert serve(served.data).person("GET", "/api/look").json() == {"theme": "dark"}


def test_unknown_theme_is_refused(serve) -> None:
    assert serve().person("PUT", "/api/look", json={"theme": "pink"}).status_code == 422
