"""The fake OpenAI's webhooks: their endpoints, and signed deliveries. https://www.standardwebhooks.com"""

import base64
import hashlib
import hmac
import json
import secrets
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.integrations.conversations.fake.account import Account, JsonObject, make_id, read_object
from server.integrations.conversations.fake.faults import ApiError

if TYPE_CHECKING:
    import httpx2

ATTEMPTS = 3
SECONDS = 10.0


@dataclass
class Delivered:
    """A delivery and what was answered; 0: nothing was."""

    webhook_id: str
    event: JsonObject
    status: int


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Sign a delivery as Standard Webhooks has it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


class Webhooks:
    """Endpoints of webhooks. `delivered`: every attempt. `is_https_required`: as OpenAI requires it."""

    def __init__(self, account: Account, *, is_https_required: bool = True) -> None:
        self._account = account
        self.is_https_required = is_https_required
        self.delivered: deque[Delivered] = deque(maxlen=10_000)
        self._http: httpx2.AsyncClient | None = None

    def routes(self) -> list[Route]:
        """Answer the addresses."""
        path = "/v1/webhook_endpoints/{id}"
        return [
            Route("/v1/webhook_endpoints", self.create, methods=["POST"]),
            Route("/v1/webhook_endpoints", self.list_all, methods=["GET"]),
            Route(path, self.read, methods=["GET"]),
            Route(path, self.update, methods=["POST"]),
            Route(path, self.delete, methods=["DELETE"]),
            Route(f"{path}/test", self.test, methods=["POST"]),
        ]

    async def create(self, request: Request) -> Response:
        self._account.require_key(request)
        body = await read_object(request)
        now, webhook_id = self._account.now(), make_id("we")
        webhook = {"id": webhook_id, "object": "webhook_endpoint", "created_at": now, "updated_at": now, "name": body.get("name")}
        webhook |= {"url": self._check_url(body.get("url")), "event_types": body.get("event_types") or []}
        webhook["signing_secret"] = f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
        self._account.webhooks[webhook_id] = webhook
        return JSONResponse(webhook)

    async def list_all(self, request: Request) -> Response:
        self._account.require_key(request)
        data = [describe(webhook) for webhook in self._account.webhooks.values()]
        return JSONResponse({"object": "list", "data": data, "has_more": False, "first_id": None, "last_id": None})

    async def read(self, request: Request) -> Response:
        return JSONResponse(describe(self._find(request)))

    async def update(self, request: Request) -> Response:
        webhook, body = self._find(request), await read_object(request)
        if "url" in body:
            webhook["url"] = self._check_url(body["url"])
        webhook |= {name: body[name] for name in ("name", "event_types") if name in body}
        return JSONResponse(describe(webhook))

    async def delete(self, request: Request) -> Response:
        webhook_id = self._find(request)["id"]
        del self._account.webhooks[webhook_id]
        return JSONResponse({"id": webhook_id, "object": "webhook_endpoint.deleted", "deleted": True})

    async def test(self, request: Request) -> Response:
        webhook, body = self._find(request), await read_object(request)
        event = self.make_event(str(body.get("event_type")), "resp_test")
        status = await self.send(webhook, event)
        answer = {"object": "webhook_endpoint.test", "event_type": event["type"], "success": True, "status_code": status}
        return JSONResponse({**answer, "webhook_endpoint_id": webhook["id"]})

    async def deliver(self, event_type: str, subject: str) -> None:
        """Deliver an event to every endpoint that wants it."""
        event = self.make_event(event_type, subject)
        for webhook in [hook for hook in self._account.webhooks.values() if event_type in hook["event_types"]]:
            for _ in range(ATTEMPTS):
                if 200 <= await self.send(webhook, event) < 300:
                    break

    def make_event(self, event_type: str, subject: str) -> JsonObject:
        """Make an event about an object."""
        event = {"id": make_id("evt"), "object": "event", "created_at": self._account.now(), "type": event_type}
        return {**event, "data": {"id": subject}}

    async def send(self, webhook: JsonObject, event: JsonObject, **headers: str) -> int:
        """Send a delivery once; return the status, 0 if nobody answered. `headers` replace those of the signature."""
        import httpx2

        body, now = json.dumps(event, separators=(",", ":")).encode(), self._account.now()
        signature = sign(webhook["signing_secret"], event["id"], now, body)
        signed = {"webhook-id": event["id"], "webhook-timestamp": str(now), "webhook-signature": signature}
        sent = {
            "Content-Type": "application/json",
            "User-Agent": "OpenAI/1.0 (+https://platform.openai.com)",
            **signed,
            **headers,
        }
        if self._http is None:
            self._http = httpx2.AsyncClient(timeout=SECONDS, trust_env=False)
        try:
            status = (await self._http.post(webhook["url"], content=body, headers=sent)).status_code
        except httpx2.HTTPError:
            status = 0
        self.delivered.append(Delivered(webhook["id"], event, status))
        return status

    async def close(self) -> None:
        """End all connections."""
        client, self._http = self._http, None
        if client is not None:
            await client.aclose()

    def _find(self, request: Request) -> JsonObject:
        self._account.require_key(request)
        webhook_id = request.path_params["id"]
        if webhook_id not in self._account.webhooks:
            raise ApiError(404, f"Webhook endpoint with id '{webhook_id}' not found.")
        return self._account.webhooks[webhook_id]

    def _check_url(self, url: Any) -> str:
        if not isinstance(url, str) or not url.startswith("https://" if self.is_https_required else "http"):
            raise ApiError(400, "Invalid 'url': must be an HTTPS URL.", "invalid_value", "url")
        return url


def describe(webhook: JsonObject) -> JsonObject:
    """Describe an endpoint without its secret."""
    shown = {name: value for name, value in webhook.items() if name != "signing_secret"}
    return {**shown, "signing_secret_hint": f"whsec_…{webhook['signing_secret'][-4:]}"}
