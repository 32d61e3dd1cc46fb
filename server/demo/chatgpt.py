"""A custom GPT as Deskhand meets it: it imports a document from its address and calls the operations that stand in it.

Headers and limits: developers.openai.com/api/docs/actions/production.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    import httpx2

AGENT = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot"
METHODS = ("get", "post", "put", "patch", "delete")
Document = Mapping[str, Any]


class NotOffered(LookupError):
    """The document has no such operation."""


@dataclass(frozen=True)
class Answer:
    """Response to a call. `body`: the decoded JSON, empty if there is none."""

    status: int
    body: Any

    @property
    def succeeded(self) -> bool:
        """True if the call succeeded."""
        return self.status < 400


@dataclass
class ChatGPT:
    """One GPT in one conversation. `name`: its client's. `waits`: for the result of a call that the person must approve.

    `document_id`: of its document's address; without one the document is asked for by name, with the key.
    """

    name: str
    key: str = field(repr=False)
    http: "httpx2.AsyncClient"
    conversation: str = "demo"
    document_id: str = ""
    server: str = ""
    waits: bool = True
    document: Document = field(default_factory=dict)

    async def import_schema(self, base: str) -> None:
        """Import the document as "Import from URL" does, but call the address it came from. Raises httpx2.HTTPError.

        The server in the document may be a proxy of the person's, which the demo does not call.
        """
        headers = {"User-Agent": AGENT} if self.document_id else self._headers()
        answer = await self.http.get(f"{base}/gpts/{self.document_id or self.name}/openapi.json", headers=headers)
        self.document, self.server = answer.raise_for_status().json(), base

    async def call(self, operation: str, arguments: Mapping[str, Any] | None = None) -> Answer:
        """Call an operation by its name. Raises NotOffered and httpx2.HTTPError."""
        request = compose(self.document, operation, arguments or {})
        answer = await self.http.request(
            request.method, self.server + request.path, params=request.query, json=request.body, headers=self._headers()
        )
        return Answer(answer.status_code, read_body(answer))

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.key}",
            "User-Agent": AGENT,
            "Accept": "*/*",
            "openai-conversation-id": self.conversation,
            "openai-ephemeral-user-id": f"user-{self.conversation}",
            "openai-gpt-id": f"g-{self.name}",
        } | ({} if self.waits else {"Prefer": "respond-async"})


@dataclass(frozen=True)
class Request:
    """HTTP request of a call."""

    method: str
    path: str
    query: dict[str, Any]
    body: dict[str, Any] | None


def compose(document: Document, operation: str, arguments: Mapping[str, Any]) -> Request:
    """Build the request with each argument in the path, the query or the body. Raises NotOffered."""
    method, path, declared = find_operation(document, operation)
    places = {part["name"]: part["in"] for part in declared.get("parameters", [])}
    for name in (name for name, place in places.items() if place == "path"):
        path = path.replace(f"{{{name}}}", quote(str(arguments[name]), safe=""))
    query = {name: arguments[name] for name, place in places.items() if place == "query" and name in arguments}
    body = {name: value for name, value in arguments.items() if name not in places} if "requestBody" in declared else None
    return Request(method.upper(), path, query, body)


def find_operation(document: Document, operation: str) -> tuple[str, str, Mapping[str, Any]]:
    """Find the method, path and declaration of an operation. Raises NotOffered."""
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if item.get(method, {}).get("operationId") == operation:
                return method, path, item[method]
    raise NotOffered(operation)


def read_body(answer: "httpx2.Response") -> Any:
    """Decode the JSON body; empty if there is none."""
    try:
        return answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}
