import asyncio

import httpx2

from server.demo.ngrok.api import Api

ASKED = {"name": "desk", "upstream": {"url": "http://127.0.0.1:9"}, "inspect": False}


def test_endpoints_are_opened_listed_and_closed() -> None:
    async def main() -> None:
        base = f"http://{await Api().open()}"
        async with httpx2.AsyncClient(base_url=base, trust_env=False) as http:
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

    asyncio.run(main())
