"""A running fake Google, and Google's own client, whose every answer is held against the discovery document."""

import asyncio
import base64
import json
import re
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document
from googleapiclient.http import HttpRequest
from jsonschema import Draft202012Validator

from server.core.clock import Clock
from server.core.events import Events
from server.core.tasks import Tasks
from server.integrations.gmail.accounts.accounts import SECTION
from server.integrations.gmail.accounts.session import REQUESTED
from server.integrations.gmail.accounts.sign_in import read_credentials
from server.integrations.gmail.adapter.google import Grant
from server.integrations.gmail.fake import FakeGoogle, running_fake_google
from server.integrations.gmail.fake.demo import fill_mailboxes, read_demo_mail
from server.integrations.gmail.fake.google import Called
from server.integrations.gmail.mailbox.inbox import ListQuery
from server.integrations.gmail.models import Endpoints
from server.integrations.gmail.service import Mailbox, start
from server.outbound.fetch import Fetch
from server.sdk.approval_requests import ApprovalRequests
from server.sdk.context import Context
from server.sdk.desktop import NoScreen
from server.storage.data_dir import Folders
from server.storage.database import Database
from server.storage.secrets import Secrets
from server.storage.settings import Settings

CASES = Path(__file__).parent / "cases"
Connect = Callable[..., Any]
AddCase = Callable[[str], None]
R = TypeVar("R")


@cache
def discovery() -> dict[str, Any]:
    """Gmail's discovery document, as google-api-python-client ships it."""
    return json.loads((files("googleapiclient.discovery_cache") / "documents" / "gmail.v1.json").read_text())


@cache
def described_methods() -> dict[str, dict[str, Any]]:
    """Every method of the document by its id."""
    methods: dict[str, dict[str, Any]] = {}

    def walk(resource: dict[str, Any]) -> None:
        methods.update({method["id"]: method for method in resource.get("methods", {}).values()})
        for below in resource.get("resources", {}).values():
            walk(below)

    walk(discovery())
    return methods


def to_json_schema(described: dict[str, Any]) -> dict[str, Any]:
    """Turn one of the document's schemas into a JSON schema that allows nothing it does not name."""
    if "$ref" in described:
        return {"$ref": f"#/$defs/{described['$ref']}"}
    schema: dict[str, Any] = {"type": described["type"]}
    if described["type"] == "object":
        below = {name: to_json_schema(property_schema) for name, property_schema in described.get("properties", {}).items()}
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
def add_case(google: FakeGoogle) -> AddCase:
    """Put the mail of a file in `cases/` into a mailbox, as the file says."""

    def add(name: str) -> None:
        raw = (CASES / f"{name}.eml").read_bytes()
        mail = read_demo_mail(name, raw, google.clock.now(), next(iter(google.accounts)))
        with google.lock:
            fill_mailboxes(google.mailboxes, [mail])

    return add


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


class MovableClock(Clock):
    """The time, and as much later as a test wants."""

    def __init__(self) -> None:
        self.later = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.later

    def monotonic(self) -> float:
        return time.monotonic() + self.later.total_seconds()


@dataclass
class Desk:
    """A mailbox of Deskhand's at the fake Google, on a loop that lives as long as the test."""

    runner: asyncio.Runner
    context: Context
    mailbox: Mailbox
    google: FakeGoogle
    clock: MovableClock

    def run(self, waiting: Coroutine[Any, Any, R]) -> R:
        return self.runner.run(waiting)

    def sign_in(self, account: str = "", scopes: Iterable[str] = REQUESTED, seconds: float = 3599) -> str:
        """Sign an account in."""
        made = self.google.grant(account, scopes)
        grant = Grant(made["token"], made["refresh_token"], seconds, tuple(made["scopes"]))
        self.run(self.mailbox.accounts.remember(made["account"], grant))
        return made["account"]

    def set(self, **values: Any) -> None:
        """Set something about Gmail."""
        settings = self.mailbox.accounts.settings.model_copy(update=values)
        self.run(self.context.settings.write(SECTION, settings))

    def calls(self, path: str, method: str = "") -> list[Called]:
        """The requests that Google got at this path."""
        return [call for call in self.google.calls if re.search(path, call.path) and method in {"", call.method}]

    def mails(self, account: str = "alex@example.com") -> list[dict[str, Any]]:
        """Everything in a mailbox at Google, newest first."""
        with self.google.lock:
            return self.google.mailboxes[account].describe("full")

    def find(self, query: str, account: str | None = None) -> str:
        """The id of the one mail that fits."""
        messages = self.run(self.mailbox.inbox.search(ListQuery(query, account=account))).messages
        assert len(messages) == 1, messages
        return messages[0].id


@pytest.fixture
def new_desk(google: FakeGoogle, tmp_path: Path) -> Iterator[Desk]:
    """A mailbox that nobody has signed in to."""
    clock = MovableClock()
    with asyncio.Runner() as runner:

        async def open_context() -> Context:
            data = tmp_path / "data"
            files = data / "files"
            files.mkdir(parents=True)
            return Context(
                folders=Folders(data, data, files, data / "logs"),
                settings=Settings(data),
                secrets=Secrets(data, folder_only=True),
                database=Database(data / "deskhand.db"),
                events=(events := Events()),
                fetch=Fetch(only_allowed=True),
                screen=NoScreen(),
                approval_requests=ApprovalRequests(events, NoScreen(), Tasks()),
                clock=clock,
                demo=True,
                local_address=lambda: "http://127.0.0.1:7",
            )

        context = runner.run(open_context())
        opened = start(context)
        mailbox = runner.run(opened.__aenter__())
        desk = Desk(runner, context, mailbox, google, clock)
        at = google.address
        endpoints = Endpoints(api=at, sign_in=f"{at}/o/oauth2/auth", token=f"{at}/token", revoke=f"{at}/revoke")
        desk.set(endpoints=endpoints, timeout_seconds=10, read_retries=0)
        runner.run(mailbox.accounts.keep_client(read_credentials(json.dumps(google.client_secrets()))))
        yield desk
        runner.run(opened.__aexit__(None, None, None))
        runner.run(context.database.close())


@pytest.fixture
def desk(new_desk: Desk) -> Desk:
    """A mailbox with both of the demo's accounts signed in."""
    for account in new_desk.google.accounts:
        new_desk.sign_in(account)
    return new_desk
