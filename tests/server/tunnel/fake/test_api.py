import json

from server.tunnel.fake.api import Api
from tests import loopback

ASKED = {"name": "desk", "upstream": {"url": "http://127.0.0.1:9"}, "inspect": False}
JSON = {"Content-Type": "application/json"}


async def test_endpoints_are_opened_listed_and_closed() -> None:
    api = Api()
    base = f"http://{await api.open()}"
    async with loopback.AsyncClient(base_url=base) as http:
        made = (await http.post("/api/endpoints", json=ASKED)).json()
        assert made["url"].startswith("http://127.0.0.1:")
        assert made["asked"] == ASKED
        assert (await http.post("/api/endpoints", json=ASKED)).status_code == 400
        assert (await http.get("/api/endpoints")).json()["endpoints"] == [made]
        assert (await http.get("/api/endpoints/desk")).json() == made
        assert (await http.get(made["url"])).status_code == 502
        assert (await http.get("/api/endpoints/desk")).json()["metrics"]["http"]["count"] == 1
        assert (await http.delete("/api/endpoints/desk")).status_code == 204
        assert (await http.get("/api/endpoints/desk")).status_code == 404
        assert (await http.get("/api/requests/http")).status_code == 404
    api.close()


async def test_requests_of_a_browser_and_foreign_upstreams_are_refused() -> None:
    api = Api()
    base = f"http://{await api.open()}"
    async with loopback.AsyncClient(base_url=base) as http:
        for headers, status in (
            ({"Host": "rebound.example"}, 403),
            ({"Origin": "https://page.example"}, 403),
            ({"Content-Type": "text/plain"}, 415),
        ):
            refused = await http.post("/api/endpoints", content=json.dumps(ASKED), headers=JSON | headers)
            assert refused.status_code == status
        assert (await http.get("/api/endpoints", headers={"Host": "rebound.example"})).status_code == 403
        for elsewhere in ("http://127.0.0.3:9", "http://192.0.2.1", "https://127.0.0.1:9", "http://127.0.0.1@192.0.2.1"):
            body = {**ASKED, "upstream": {"url": elsewhere}}
            assert (await http.post("/api/endpoints", json=body)).status_code == 400
    assert not api.endpoints
    api.close()
