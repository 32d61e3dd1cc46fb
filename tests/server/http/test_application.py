from server.core.version import read_version
from server.http.application import new_application


def test_application_has_no_page_of_its_own() -> None:
    app = new_application("Test")
    assert [route for route in app.routes if getattr(route, "path", "").startswith(("/docs", "/openapi", "/redoc"))] == []
    assert app.version == read_version()
