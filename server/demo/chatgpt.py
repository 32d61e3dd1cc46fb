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
    """The document has no such operation, so ChatGPT could not even try."""


@dataclass(frozen=True)
class Answer:
    """What came back. `body` is what the JSON holds, and empty where there is none."""

    status: int
    body: Any

    @property
    def well(self) -> bool:
        """Whether the call did what it was to do."""
        return self.status < 400


@dataclass
class ChatGPT:
    """One GPT in one conversation. `name` is its client's; `key` stays in here."""

    name: str
    key: str = field(repr=False)
    http: "httpx2.AsyncClient"
    conversation: str = "demo"
    server: str = ""
    patient: bool = True
    document: Document = field(default_factory=dict)

    async def import_schema(self, base: str) -> None:
        """Do what "Import from URL" does. Raises httpx2.HTTPError where nothing can be read there.

        The server that the document names is the one it came from, or a proxy of the person's, which the demo does not go to.
        """
        answer = await self.http.get(f"{base}/gpts/{self.name}/openapi.json", headers={"User-Agent": AGENT})
        self.document, self.server = answer.raise_for_status().json(), base

    async def call(self, operation: str, arguments: Mapping[str, Any] | None = None) -> Answer:
        """Call an operation by its name. Raises NotOffered, and httpx2.HTTPError where nobody answers."""
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
        } | ({} if self.patient else {"Prefer": "respond-async"})


@dataclass(frozen=True)
class Request:
    """A call as the document says that it is made."""

    method: str
    path: str
    query: dict[str, Any]
    body: dict[str, Any] | None


def compose(document: Document, operation: str, arguments: Mapping[str, Any]) -> Request:
    """Put each argument where the document says it goes: into the path, the query, or the body. Raises NotOffered."""
    method, path, declared = find_operation(document, operation)
    places = {part["name"]: part["in"] for part in declared.get("parameters", [])}
    for name in (name for name, place in places.items() if place == "path"):
        path = path.replace(f"{{{name}}}", quote(str(arguments[name]), safe=""))
    query = {name: arguments[name] for name, place in places.items() if place == "query" and name in arguments}
    body = {name: value for name, value in arguments.items() if name not in places} if "requestBody" in declared else None
    return Request(method.upper(), path, query, body)


def find_operation(document: Document, operation: str) -> tuple[str, str, Mapping[str, Any]]:
    """Find an operation's method, path and declaration. Raises NotOffered."""
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if item.get(method, {}).get("operationId") == operation:
                return method, path, item[method]
    raise NotOffered(operation)


def read_body(answer: "httpx2.Response") -> Any:
    """Read what JSON there is."""
    try:
        return answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}
