"""Every preview of every operation with a recorded network, and the way of a link from the question to the mail."""

import asyncio
import http.server
import itertools
import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx2
import pytest

from desktop.server_thread import BackgroundServer
from server.access.approvals.approval import ApprovalSettings
from server.access.guard.previews import foresee_fetch, preview
from server.lifecycle.program import Options, Program
from server.outbound.fetch import Fetch
from server.outbound.previews import Link
from server.runtime import state as runtime_state
from server.sdk.desktop import NoScreen
from server.sdk.operation import Effect, Operation
from server.storage.settings import Settings
from tests.checks.waiting import until
from tests.server.conftest import Served

URL = "https://leak.example/path?q=secret"
NEVER_ASK = {"create_chat_completion", "create_model_response"}  # their clients cannot wait
NUMBERS = itertools.count()
LATER = {"Prefer": "respond-async"}


@dataclass
class Network:
    """Requests of this process to the network. `resolved`: names that a fetch would look up."""

    reached: list[Any] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)
    watched: bool = False

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.watched and event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
            self.reached.append(arguments[-1])
        elif self.watched and event in {"socket.getaddrinfo", "socket.gethostbyname"}:
            self.resolved.append(str(arguments[0]))

    async def resolve(self, host: str, _port: int) -> list[str]:
        self.resolved.append(host)
        return [host] if host == "127.0.0.1" else []


NETWORK = Network()
sys.addaudithook(NETWORK.note)


class Shop(http.server.BaseHTTPRequestHandler):
    """Hands out files, and notes which were asked for."""

    requests: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.requests.append(self.path)
        content = b"secret,plan" if "gone" not in self.path else b""
        self.send_response(200 if content else 404)
        self.send_header("Content-Type", "text/csv")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def served(shop, tmp_path_factory) -> Iterator[Served]:
    """A server with mail and programs to play with, which would fetch from the whole internet."""
    own = {("127.0.0.1", int(shop.rpartition(":")[2]))}

    def make_fetch(**options: Any) -> Fetch:
        return Fetch(**{**options, "allowed": own, "only_allowed": False, "resolve": NETWORK.resolve})

    data = tmp_path_factory.mktemp("previews") / "data"
    data.mkdir()
    asyncio.run(Settings(data).write("approvals", ApprovalSettings(most_denials=100)))  # the tests deny what they have looked at
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runtime_state, "Fetch", make_fetch)
        background = BackgroundServer(Program(Options(port=0, data_dir=data, demo=True), NoScreen()))
        ready = background.start()
        served = Served(background, ready.public, ready.local, data)
        served.make_client("bot", rate="none")
        yield served
        assert background.stop(), "the server did not stop"


@pytest.fixture(autouse=True)
def decided(served) -> Iterator[None]:
    """Nothing waits when a test begins."""
    yield
    deny_all(served)


def deny_all(served) -> None:
    for question in questions(served):
        served.person("POST", f"/api/approvals/{question['id']}/deny", json={"reason": ""})


def questions(served) -> list[dict[str, Any]]:
    return served.person("GET", "/api/approvals").json()


def fields(question: dict[str, Any]) -> list[tuple[str, str]]:
    return [(entry["name"], entry["value"]) for entry in question["fields"]]


def approve(served, question: dict[str, Any]) -> None:
    answer = served.person("POST", f"/api/approvals/{question['id']}/approve", json={})
    assert answer.status_code == 200, answer.text


def find_allowed(served) -> set[int]:
    """The ports that are the person's own: the account's (here its stand-in) and this server's."""
    settings = json.loads((served.data / "settings.json").read_text())
    api = next(str(section["endpoints"]["api"]) for section in walk(settings) if "endpoints" in section)
    openai = next(str(section["endpoint"]) for section in walk(settings) if "endpoint" in section)
    return {int(api.rpartition(":")[2]), httpx2.URL(openai).port, served.port, int(served.local.rpartition(":")[2])}


def walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)


@pytest.fixture
def network(served) -> Iterator[Callable[[], list[Any]]]:
    """Watch; answers what was contacted besides the person's own."""
    allowed = find_allowed(served)
    NETWORK.reached, NETWORK.resolved, NETWORK.watched = [], [], True

    def strange() -> list[Any]:
        names = [name for name in NETWORK.resolved if name not in {"127.0.0.1", "localhost", "::1"}]
        return names + [to for to in NETWORK.reached if not (isinstance(to, tuple) and to[1] in allowed)]

    yield strange
    NETWORK.watched = False


def list_changes(served) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Method, path and body of every operation that has a preview."""
    document = served.call("GET", "/openapi.json").json()
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if operation.get("x-openai-isConsequential")
    }


def make_bodies(served) -> dict[str, tuple[dict[str, str], dict[str, Any] | None]]:
    """Path arguments and a body with which each operation's preview comes to its end; an operation that is new is added."""
    mail = served.call("GET", "/gmail/search", params={"query": "has:attachment"}).json()["messages"][0]
    whole = served.call("GET", f"/gmail/messages/{mail['id']}").json()
    draft = served.call("GET", "/gmail/drafts").json()["drafts"][0]["draft_id"]
    said = {"text": "Please water the plants.", "speaker": "SPEAKER_00", "is_user": True, "start": 0.0, "end": 2.0}
    output = {"title": "Talk", "overview": "Plants.", "action_items": [{"description": "Water the plants"}]}
    heard = {"id": "talk", "created_at": "2026-11-01T10:00:00+00:00", "transcript_segments": [said], "structured": output}
    assert served.call("POST", "/chatgpt/memory", json=heard).status_code == 200
    approve(served, questions(served)[0])  # who sends it
    (talk,) = served.call("GET", "/api/conversations").json()["conversations"]
    (item,) = served.call("GET", "/api/action-items").json()["action_items"]
    chat = served.person("POST", "/api/chats", json={"project_id": "1", "title": "Talk", "text": "Hi"}).json()
    ended = served.call("POST", "/api/chat/submit", json={"message": URL}).json()
    assert served.call("POST", f"/api/chat/requests/{ended['id']}/cancel").status_code == 200
    entry, html = {"message_id": mail["id"]}, f"<a href='{URL}'>a</a>"
    linked = {"to": "bob@example.com", "subject": URL, "body": URL, "html": html, "openaiFileIdRefs": [URL]}
    attachment = {**entry, "attachment_id": whole["attachments"][0]["attachment_id"]}
    return {
        "control_app": ({}, {"app_name": "demo-clock", "action": "start"}),
        "save_attachment": (attachment, None),
        "send_mail": ({}, linked),
        "reply_to_mail": ({}, {"message_id": mail["id"], "body": URL, "openaiFileIdRefs": [URL]}),
        "create_draft": ({}, linked),
        "update_draft": ({"draft_id": draft}, linked),
        "send_draft": ({"draft_id": draft}, None),
        "delete_draft": ({"draft_id": draft}, None),
        "label_mail": (entry, {"add": ["STARRED"]}),
        "mark_mail": (entry, {"unread": True}),
        "archive_mail": (entry, None),
        "trash_mail": (entry, None),
        "untrash_mail": (entry, None),
        "delete_conversation": ({"conversation_id": talk["id"]}, None),
        "mark_action_item": ({"item_id": item["id"]}, {"completed": True}),
        "create_chat": ({}, {"projectId": 1, "title": URL, "initialMessage": URL}),
        "send_message": ({"conversation_id": chat["id"]}, {"message": URL}),
        "complete_chat": ({}, {"messages": [{"role": "user", "content": URL}]}),
        "create_project": ({}, {"name": URL}),
        "sync_chats": ({}, {}),
        "create_chat_completion": ({}, {"messages": [{"role": "user", "content": URL}]}),
        "create_model_response": ({}, {"input": URL}),
        "replay_prompt": ({"prompt_id": ended["id"]}, {"model": URL}),
    }


def test_no_preview_contacts_an_address_that_the_caller_chose(served, network):
    bodies, requests = make_bodies(served), dict[str, str]()
    changes = list_changes(served)
    assert set(bodies) == set(changes)
    for name, (method, path, _) in changes.items():
        arguments, body = bodies[name]
        answer = served.call(method, path.format(**arguments), json=body, headers=LATER)
        assert answer.status_code == (403 if name in NEVER_ASK else 202), (name, answer.text)
        requests[name] = answer.json().get("summary", "")
        deny_all(served)
    assert network() == []
    linked = {name for name, (_, body) in bodies.items() if body and "openaiFileIdRefs" in body}
    assert {name for name, sentence in requests.items() if sentence == "download a file from leak.example"} == linked


def test_no_argument_of_any_operation_leads_a_preview_outside(served, network):
    for method, path, operation in list_changes(served).values():
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        document = served.call("GET", "/openapi.json").json()
        body = fill(schema, document["components"]["schemas"]) if schema else None
        names = [part["name"] for part in operation.get("parameters", []) if part["in"] == "path"]
        answer = served.call(method, path.format(**dict.fromkeys(names, "18aa")), json=body, headers=LATER)
        assert answer.status_code < 500, answer.text
        deny_all(served)
    assert network() == []


def fill(schema: dict[str, Any], known: dict[str, Any]) -> Any:
    """A value of a schema with an address wherever there may be one."""
    if "$ref" in schema:
        return fill(known[schema["$ref"].rpartition("/")[2]], known)
    if "properties" in schema:
        return {name: fill(part, known) for name, part in schema["properties"].items()}
    if "enum" in schema:
        return schema["enum"][0]
    if choices := schema.get("anyOf"):
        return fill(choices[0], known)
    kinds = schema.get("type", "string")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    other = {"array": [fill(schema.get("items", {}), known)] if kind == "array" else [], "boolean": True}
    return other.get(kind, 1 if kind in {"integer", "number"} else URL)


def send(served, link: str, operation: str = "send", **more: Any) -> Any:
    mail = {"to": "bob@example.com", "subject": f"s{next(NUMBERS)}", "body": "b", "openaiFileIdRefs": [link], **more}
    return served.call("POST", f"/gmail/{operation}", json=mail, headers=LATER)


@pytest.mark.parametrize("policy", ["ask", "allow"])
def test_approval_of_a_link_permits_the_fetch_alone_and_then_the_whole_is_asked(served, shop, policy):
    policies = {"send_mail": policy}
    assert served.person("PATCH", "/api/clients/bot", json={"policies": policies}).status_code == 200
    link, sent = f"{shop}/plan.csv?{next(NUMBERS)}", count_sent(served)
    path = link.removeprefix(shop)
    requests = send(served, link)
    assert requests.status_code == 202, requests.text
    (first,) = questions(served)
    assert (first["sentence"], first["extents"]) == ("download a file from 127.0.0.1", ["once"])
    assert fields(first)[:2] == [("Host", "127.0.0.1"), ("Link", link)]
    assert (path in Shop.requests, count_sent(served)) == (False, sent)

    approve(served, first)
    until(lambda: [question["id"] for question in questions(served)] not in ([], [first["id"]]))
    (second,) = questions(served)
    assert (second["sentence"], second["extents"]) == ("send an email to bob@example.com", ["once"])
    shown = dict(fields(second))
    assert shown["Attachment"].startswith("plan.csv, 11 bytes, SHA-256 ")
    assert shown["Download from"] == link
    assert (Shop.requests.count(path), count_sent(served)) == (1, sent)
    assert served.call("GET", f"/approvals/{requests.json()['approval_id']}").json()["status"] == "pending"

    approve(served, second)
    until(lambda: served.call("GET", f"/approvals/{requests.json()['approval_id']}").json()["status"] == "done")
    assert (Shop.requests.count(path), count_sent(served)) == (1, sent + 1)
    served.person("PATCH", "/api/clients/bot", json={"policies": {"send_mail": "ask"}})


def count_sent(served) -> int:
    return len(served.call("GET", "/gmail/search", params={"query": "in:sent", "max_results": 50}).json()["messages"])


def test_allowance_does_not_cover_a_call_with_a_link(served, shop):
    assert send(served, "", openaiFileIdRefs=[]).status_code == 202
    (question,) = questions(served)
    served.person("POST", f"/api/approvals/{question['id']}/approve", json={"extent": "temporary"})
    until(lambda: served.call("GET", f"/approvals/{question['id']}").json()["status"] == "done")
    assert send(served, "", openaiFileIdRefs=[]).status_code == 200, "the next one is allowed"
    link = f"{shop}/plan.csv?{next(NUMBERS)}"
    assert send(served, link).status_code == 202
    (first,) = questions(served)
    approve(served, first)
    until(lambda: [question["id"] for question in questions(served)] not in ([], [first["id"]]))
    (second,) = questions(served)
    served.person("POST", f"/api/approvals/{second['id']}/deny", json={"reason": ""})
    assert send(served, link).status_code == 202, "the file is here, and it is asked about all the same"
    (third,) = questions(served)
    assert ("Download from", link) in fields(third)


def test_link_whose_file_is_gone_is_not_fetched_again_unasked(served, shop):
    link = f"{shop}/plan.csv?{next(NUMBERS)}"
    send(served, link)
    for sentence in ("send an email to bob@example.com", "download a file from 127.0.0.1"):
        (before,) = questions(served)
        for file in (served.data / "staged").glob("*"):
            file.unlink()
        approve(served, before)
        until(lambda before=before: [question["id"] for question in questions(served)] not in ([], [before["id"]]))
        (after,) = questions(served)
        assert (after["sentence"], Shop.requests.count(link.removeprefix(shop))) == (sentence, 1)


def test_failed_fetch_ends_the_call_with_its_reason(served, shop):
    requests = send(served, f"{shop}/gone?{next(NUMBERS)}")
    (question,) = questions(served)
    approve(served, question)
    path = f"/approvals/{requests.json()['approval_id']}"
    until(lambda: served.call("GET", path).json()["status"] not in {"pending", "running"})
    ended = served.call("GET", path).json()
    assert "404 instead of the file" in str(ended), ended
    assert questions(served) == []


def test_link_that_leads_to_no_public_address_is_refused_unasked(served):
    for link in ("http://127.0.0.1:1/", "https://u:p@leak.example/", "https://leak.example:8443/", "file-abc"):
        assert send(served, link).status_code == 422
    assert questions(served) == []


async def test_preview_of_an_operation_without_one_is_its_summary():
    assert (await preview(Operation("x", "", "X.", changes=True), {}, "do x")).effect == Effect("do x")


def test_effect_of_a_fetch_names_each_host_once():
    links = [Link(f"https://a.example/{number}", f"https://a.example/{number}", "a.example") for number in range(2)]
    effect = foresee_fetch([*links, Link("https://b.example/", "https://b.example/", "b.example")], "send mail")
    assert effect.sentence == "download 3 files from a.example, b.example"
    assert [value for name, value in effect.fields if name == "Link"] == [*effect.links]
