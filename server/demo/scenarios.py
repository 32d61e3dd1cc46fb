"""Scenarios of the demo's clients, with the texts that they write.

A scenario is a generator that yields calls and receives their answers, so that its caller decides when and by whom each is made.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from server.demo.chatgpt import Answer

GPT = "my-gpt"
SCRIPT = "morning-script"
CLOCK = "demo-clock"


@dataclass(frozen=True)
class Step:
    """Call to make."""

    operation: str
    arguments: dict[str, Any] = field(default_factory=dict)


START_CLOCK = Step("control_app", {"app_name": CLOCK, "action": "start"})
STOP_CLOCK = Step("control_app", {"app_name": CLOCK, "action": "stop"})
Scenario = Generator[Step, Answer, None]


@dataclass(frozen=True)
class Task:
    """Scenario and the client that runs it."""

    client: str
    begin: Callable[[], Scenario]


def read_unread() -> Scenario:
    """Summarize unread mail and read the newest."""
    yield Step("summarize_unread")
    answer = yield Step("search_mail", {"query": "in:inbox is:unread", "max_results": 5})
    for mail in list_mails(answer)[:1]:
        yield Step("read_mail", {"message_id": mail["id"]})


def answer_mail(query: str, body: str) -> Callable[[], Scenario]:
    """Answer a conversation with an unread mail and mark that mail as read, so that it is answered once."""

    def scenario() -> Scenario:
        answer = yield Step("search_mail", {"query": query, "max_results": 3})
        for mail in list_mails(answer)[:1]:
            yield Step("read_thread", {"thread_id": mail["thread_id"]})
            yield Step("reply_to_mail", {"thread_id": mail["thread_id"], "body": body})
            yield Step("mark_mail", {"message_id": mail["id"], "unread": False})

    return scenario


def send(to: str, subject: str, body: str) -> Callable[[], Scenario]:
    """Send a mail."""

    def scenario() -> Scenario:
        yield Step("send_mail", {"to": to, "subject": subject, "body": body})

    return scenario


def start_clock() -> Scenario:
    """List programs and start a harmless one."""
    yield Step("list_apps")
    yield START_CLOCK


def stop_clock() -> Scenario:
    """Read the state of that program and stop it."""
    yield Step("read_app", {"app_name": CLOCK})
    yield STOP_CLOCK


def trash_mail() -> Scenario:
    """Trash a mail, which needs the person's approval."""
    answer = yield Step("search_mail", {"query": "in:inbox from:slow-weekend", "max_results": 3})
    for mail in list_mails(answer)[:1]:
        yield Step("trash_mail", {"message_id": mail["id"]})


def start_unlisted_app() -> Scenario:
    """Start a program that is not on the person's list."""
    yield Step("control_app", {"app_name": "photo-editor", "action": "start"})


def read_deleted_mail() -> Scenario:
    """Read a mail that no longer exists."""
    yield Step("read_mail", {"message_id": "18f0c3a9d2b47e61"})


def read(query: str) -> Callable[[], Scenario]:
    """List the mails of a query."""

    def scenario() -> Scenario:
        yield Step("list_mail", {"query": query, "max_results": 3})

    return scenario


def list_mails(answer: Answer) -> list[dict[str, Any]]:
    """Return the mails in the answer of a search; none if it failed."""
    mails = answer.body.get("messages", []) if answer.succeeded and isinstance(answer.body, dict) else []
    return [mail for mail in mails if isinstance(mail, dict)]


HEATING = answer_mail(
    'is:unread subject:"Boiler inspection"',
    "Good morning,\n\n14:00 suits us best. I shall be in, and the cellar will be open.\n\nKind regards\nAlex Morgan",
)
LISBON = answer_mail(
    'is:unread subject:"Lisbon in spring"',
    "Hi Mei, the flat is paid. We land at 16:40 and should be at the door by six. I send the names tonight.\n\nAlex",
)
ROWING = answer_mail('is:unread subject:"Saturday outing"', "Count me in. I bring the coffee.\n\nAlex")

OPENING = (
    Task(SCRIPT, read("in:inbox is:unread newer_than:1d")),
    Task(GPT, read_unread),
    Task(GPT, start_clock),
)
USUAL = (
    Task(GPT, HEATING),
    Task(GPT, stop_clock),
    Task(GPT, trash_mail),
    Task(SCRIPT, read("subject:parcel")),
    Task(GPT, LISBON),
    Task(GPT, start_unlisted_app),
    Task(GPT, read_unread),
    Task(GPT, start_clock),
    Task(GPT, send("priya.nair@example.net", "Boiler: they come at two", "Hi Priya,\n\nNorthside come at 14:00.\n\nAlex")),
    Task(SCRIPT, read_deleted_mail),
    Task(GPT, ROWING),
    Task(GPT, stop_clock),
)
