"""A running fake Google, and Google's own client, whose every answer is held against the discovery document."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email.message import EmailMessage
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document
from googleapiclient.http import HttpRequest
from jsonschema import Draft202012Validator

from server.integrations.gmail.fake import FakeGoogle, running_fake_google

Connect = Callable[..., Any]


@cache
def discovery() -> dict[str, Any]:
    """Gmail's discovery document, as google-api-python-client ships it."""
    return json.loads((files("googleapiclient.discovery_cache") / "documents" / "gmail.v1.json").read_text())


@cache
def described_methods() -> dict[str, dict[str, Any]]:
    """Every method of the document by its id."""
    found: dict[str, dict[str, Any]] = {}

    def walk(resource: dict[str, Any]) -> None:
        found.update({method["id"]: method for method in resource.get("methods", {}).values()})
        for below in resource.get("resources", {}).values():
            walk(below)

    walk(discovery())
    return found


def to_json_schema(described: dict[str, Any]) -> dict[str, Any]:
    """Turn one of the document's schemas into a JSON schema that allows nothing it does not name."""
    if "$ref" in described:
        return {"$ref": f"#/$defs/{described['$ref']}"}
    schema: dict[str, Any] = {"type": described["type"]}
    if described["type"] == "object":
        below = {name: to_json_schema(one) for name, one in described.get("properties", {}).items()}
        schema |= {"properties": below, "additionalProperties": False}
    if described["type"] == "array":
        schema |= {"items": to_json_schema(described["items"])}
    if "enum" in described:
        schema["enum"] = described["enum"]
    pattern = {"byte": r"^[A-Za-z0-9_-]*=*$", "int64": r"^-?\d+$", "uint64": r"^\d+$"}.get(described.get("format", ""))
    if pattern:
        schema["pattern"] = pattern
    return schema


@cache
def validator(name: str) -> Draft202012Validator:
    """The validator for the schema of this name."""
    known = {each: to_json_schema(described) for each, described in discovery()["schemas"].items()}
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": known})


class CheckedRequest(HttpRequest):
    """A request whose answer must be what the document says, and nothing more."""

    def __init__(self, http: Any, postproc: Any, uri: str, *args: Any, **options: Any) -> None:
        # for uploads the client takes the host of its api_endpoint, but not the scheme
        super().__init__(http, postproc, uri.replace("https://127.0.0.1", "http://127.0.0.1"), *args, **options)

    def execute(self, *args: Any, **options: Any) -> Any:
        answer = super().execute(*args, **options)
        expected = described_methods()[self.methodId].get("response")
        if expected is None:
            assert answer == ""
        else:
            validator(expected["$ref"]).validate(answer)
        return answer


@pytest.fixture
def google() -> Iterator[FakeGoogle]:
    """A fake with the demo's mail, in a thread of its own."""
    with running_fake_google() as fake:
        yield fake


@pytest.fixture
def connect(google: FakeGoogle) -> Iterator[Connect]:
    """Sign in and answer Google's client: `connect("alex@example.com", ["https://…"])`."""
    with ExitStack() as stack:

        def connect(account: str = "", scopes: list[str] | None = None) -> Any:
            granted = google.grant(account, scopes) if scopes else google.grant(account)
            held = Credentials(
                granted["token"],
                refresh_token=granted["refresh_token"],
                token_uri=granted["token_uri"],
                client_id=granted["client_id"],
                client_secret=granted["client_secret"],
                scopes=granted["scopes"],
            )
            options = {"api_endpoint": google.address}
            service = build_from_document(discovery(), credentials=held, client_options=options, requestBuilder=CheckedRequest)
            stack.callback(service.close)
            return service.users()

        yield connect


@pytest.fixture
def users(connect: Connect) -> Any:
    """The first account's `users()` resource."""
    return connect()


@pytest.fixture
def write() -> Callable[..., dict[str, str]]:
    """Answer a request body with a mail: `write("Hello", To="mei@example.com")`."""

    def write(text: str = "Hello", thread_id: str = "", **headers: str) -> dict[str, str]:
        mail = EmailMessage()
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        body = {"raw": base64.urlsafe_b64encode(mail.as_bytes()).decode()}
        return body | ({"threadId": thread_id} if thread_id else {})

    return write
