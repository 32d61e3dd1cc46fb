"""What the demo's clients do, one small errand after the other, with the words that they write.

An errand is a generator: it yields the calls that it makes and is sent their answers, so that whoever carries it out decides
when each call is made and by whom.
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
    """A call that is to be made."""

    operation: str
    arguments: dict[str, Any] = field(default_factory=dict)


START_CLOCK = Step("control_app", {"app_name": CLOCK, "action": "start"})
STOP_CLOCK = Step("control_app", {"app_name": CLOCK, "action": "stop"})
Errand = Generator[Step, Answer, None]


@dataclass(frozen=True)
class Task:
    """An errand and the client that runs it."""

    client: str
    begin: Callable[[], Errand]


def look_for_news() -> Errand:
    """Say what is new, and read the newest."""
    yield Step("summarize_unread")
    found = yield Step("search_mail", {"query": "in:inbox is:unread", "max_results": 5})
    for mail in list_mails(found)[:1]:
        yield Step("read_mail", {"message_id": mail["id"]})


def answer(query: str, body: str) -> Callable[[], Errand]:
    """Find a conversation with an unread mail, read it, answer in it, and mark that mail as read: it is answered once."""

    def errand() -> Errand:
        found = yield Step("search_mail", {"query": query, "max_results": 3})
        for mail in list_mails(found)[:1]:
            yield Step("read_thread", {"thread_id": mail["thread_id"]})
            yield Step("reply_to_mail", {"thread_id": mail["thread_id"], "body": body})
            yield Step("mark_mail", {"message_id": mail["id"], "unread": False})

    return errand


def send(to: str, subject: str, body: str) -> Callable[[], Errand]:
    """Write to somebody."""

    def errand() -> Errand:
        yield Step("send_mail", {"to": to, "subject": subject, "body": body})

    return errand


def start_clock() -> Errand:
    """See which programs there are and start one that does no harm."""
    yield Step("list_apps")
    yield START_CLOCK


def stop_clock() -> Errand:
    """Look how that program is, and stop it."""
    yield Step("read_app", {"app_name": CLOCK})
    yield STOP_CLOCK


def tidy_up() -> Errand:
    """Want to throw something away, about which the person is asked."""
    found = yield Step("search_mail", {"query": "in:inbox from:slow-weekend", "max_results": 3})
    for mail in list_mails(found)[:1]:
        yield Step("trash_mail", {"message_id": mail["id"]})


def start_a_stranger() -> Errand:
    """Want a program that is not on the person's list."""
    yield Step("control_app", {"app_name": "photo-editor", "action": "start"})


def read_what_is_gone() -> Errand:
    """Ask for a mail that is not there any more."""
    yield Step("read_mail", {"message_id": "18f0c3a9d2b47e61"})


def read(query: str) -> Callable[[], Errand]:
    """Look something up in the mail."""

    def errand() -> Errand:
        yield Step("list_mail", {"query": query, "max_results": 3})

    return errand


def list_mails(found: Answer) -> list[dict[str, Any]]:
    """The mails of a search's answer; none where it went wrong."""
    mails = found.body.get("messages", []) if found.well and isinstance(found.body, dict) else []
    return [mail for mail in mails if isinstance(mail, dict)]


HEATING = answer(
    'is:unread subject:"Boiler inspection"',
    "Good morning,\n\n14:00 suits us best. I shall be in, and the cellar will be open.\n\nKind regards\nAlex Morgan",
)
LISBON = answer(
    'is:unread subject:"Lisbon in spring"',
    "Hi Mei, the flat is paid. We land at 16:40 and should be at the door by six. I send the names tonight.\n\nAlex",
)
ROWING = answer('is:unread subject:"Saturday outing"', "Count me in. I bring the coffee.\n\nAlex")

OPENING = (
    Task(SCRIPT, read("in:inbox is:unread newer_than:1d")),
    Task(GPT, look_for_news),
    Task(GPT, start_clock),
)
USUAL = (
    Task(GPT, HEATING),
    Task(GPT, stop_clock),
    Task(GPT, tidy_up),
    Task(SCRIPT, read("subject:parcel")),
    Task(GPT, LISBON),
    Task(GPT, start_a_stranger),
    Task(GPT, look_for_news),
    Task(GPT, start_clock),
    Task(GPT, send("priya.nair@example.net", "Boiler: they come at two", "Hi Priya,\n\nNorthside come at 14:00.\n\nAlex")),
    Task(SCRIPT, read_what_is_gone),
    Task(GPT, ROWING),
    Task(GPT, stop_clock),
)
