import httpx2
import pytest
from starlette.applications import Starlette

from server.core.clock import Clock
from server.public.app import create_asset_route
from server.sdk.assets import DOWNLOAD, Assets
from tests import loopback


def test_foreign_hosts_and_origins_are_refused(serve) -> None:
    served = serve(public_url="https://desk.example.org")
    port = httpx2.URL(served.local).port
    public = f"http://127.0.0.1:{served.port}"
    for host, status in (
        ("desk.example.org", 200),
        ("desk.example.org:443", 200),
        (f"localhost:{served.port}", 200),
        ("evil.example", 421),
        (f"127.0.0.1:{port}", 421),
    ):
        assert loopback.get(public + "/health", headers={"Host": host}).status_code == status, host
    for origin in ("https://evil.example", "null"):
        assert loopback.get(public + "/health", headers={"Origin": origin}).status_code == 403


def test_every_path_answers_with_and_without_a_trailing_slash_and_never_by_redirect(demo) -> None:
    key = demo.make_client()
    for path in ("/health", "/docs", "/apps/list", "/gmail/messages", "/privacy"):
        for spelling in (path, path + "/"):
            answer = demo.call("GET", spelling, key)
            assert answer.status_code == 200, spelling
            assert not answer.history


@pytest.mark.parametrize("path", ["/", "/health", "/privacy", "/docs", "/openapi.json", "/openapi.yaml"])
def test_public_pages_need_no_key(demo, path: str) -> None:
    answer = demo.call("GET", path, key="")
    assert answer.status_code == 200
    assert answer.headers["x-deskhand-demo"] == "1"


def test_body_over_the_limit_is_413_before_it_is_read(demo) -> None:
    key = demo.make_client(allow=["control_app"])
    answer = demo.call(
        "POST", "/apps/control", key, content=b"x" * (1024 * 1024 + 1), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.json()["detail"].endswith("Send less at once.")


def test_unknown_path_is_a_problem_document(demo) -> None:
    answer = demo.call("GET", "/nothing", key="")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert demo.call("DELETE", "/health", key="").status_code == 405


def test_refused_body_is_recorded_in_activity(demo) -> None:
    key = demo.make_client(allow=["control_app"])

    def endless():
        for _ in range(40):
            yield b"x" * 65_536

    answer = demo.call("POST", "/apps/control", key, content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert [(entry["outcome"], entry["status"]) for entry in demo.activity()] == [("failed", 413)]


async def test_file_of_an_answer_that_a_browser_could_run_is_a_download() -> None:
    assets = Assets(Clock())
    links = [assets.add(b"<svg/>", declared) for declared in ("image/svg+xml", "image/png")]
    transport = httpx2.ASGITransport(Starlette(routes=[create_asset_route(assets)]))
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as http:
        drawing, picture = [await http.get(f"/assets/{link}") for link in links]
    assert (drawing.headers["content-type"], drawing.headers["content-disposition"]) == (DOWNLOAD, "attachment")
    assert (picture.headers["content-type"], "content-disposition" in picture.headers) == ("image/png", False)
