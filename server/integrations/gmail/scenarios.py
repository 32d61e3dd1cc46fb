"""The demo's scenarios with mail, and the texts that its clients write."""

from collections.abc import Callable
from typing import Any

from server.sdk.demo import DemoScript, Persona, Response, Scenario, Step, Task


def read_news() -> Scenario:
    """Summarize what is unread and read the newest."""
    yield Step("summarize_unread")
    results = yield Step("search_mail", {"query": "in:inbox is:unread", "max_results": 5})
    for mail in list_mails(results)[:1]:
        yield Step("read_mail", {"message_id": mail["id"]})


def answer(query: str, body: str) -> Callable[[], Scenario]:
    """Reply in a thread with an unread mail and mark that mail as read, so that it is answered once."""

    def scenario() -> Scenario:
        results = yield Step("search_mail", {"query": query, "max_results": 3})
        for mail in list_mails(results)[:1]:
            yield Step("read_thread", {"thread_id": mail["thread_id"]})
            yield Step("reply_to_mail", {"thread_id": mail["thread_id"], "body": body})
            yield Step("mark_mail", {"message_id": mail["id"], "unread": False})

    return scenario


def call(operation: str, **arguments: Any) -> Callable[[], Scenario]:
    """Call an operation once."""

    def scenario() -> Scenario:
        yield Step(operation, arguments)

    return scenario


def trash_newsletter() -> Scenario:
    """Trash a mail, which needs the person's approval."""
    results = yield Step("search_mail", {"query": "in:inbox from:slow-weekend", "max_results": 3})
    for mail in list_mails(results)[:1]:
        yield Step("trash_mail", {"message_id": mail["id"]})


def list_mails(results: Response) -> list[dict[str, Any]]:
    """List the mails of a search's response; none if it failed."""
    mails = results.body.get("messages", []) if results.succeeded and isinstance(results.body, dict) else []
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
NEIGHBOUR = call(
    "send_mail",
    to="priya.nair@example.net",
    subject="Boiler: they come at two",
    body="Hi Priya,\n\nNorthside come at 14:00.\n\nAlex",
)
MISSING = call("read_mail", message_id="18f0c3a9d2b47e61")  # there is no such mail

SCRIPT = DemoScript(
    opening=(
        Task(Persona.gpt, NEIGHBOUR),  # the first thing that a person sees is a request for approval
        Task(Persona.script, call("list_mail", query="in:inbox is:unread newer_than:1d", max_results=3)),
        Task(Persona.gpt, read_news),
    ),
    usual=(
        Task(Persona.gpt, HEATING),
        Task(Persona.gpt, trash_newsletter),
        Task(Persona.script, call("list_mail", query="subject:parcel", max_results=3)),
        Task(Persona.gpt, LISBON),
        Task(Persona.gpt, read_news),
        Task(Persona.script, MISSING),
        Task(Persona.gpt, ROWING),
    ),
    allowed=("mark_mail", "reply_to_mail"),
    script_scopes=frozenset({"read:mail"}),
)
