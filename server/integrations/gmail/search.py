"""Mail in `search` and `fetch`, by the operations that find and read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from server.core.errors import NotFound
from server.integrations.gmail.mailbox.inbox import Inbox, ListQuery
from server.integrations.gmail.models import SearchResult, WholeMail
from server.sdk.search import Document, Lookup, Reading, Result, Search

MOST_FOUND = 20


@dataclass(frozen=True)
class MailboxSearch:
    """A server.sdk.text_search.MailSearch, for the person."""

    inbox: Inbox

    async def search_mail(self, query: str, limit: int) -> list[Result]:
        """Find mail, the newest first."""
        hits = await self.inbox.search(ListQuery(query, limit, None, None, None))
        return list_results(hits.model_dump(), "")


def list_results(answer: Any, _: str) -> list[Result]:
    """Convert search results. An id holds the account too, because each account numbers its own mails."""
    mails = SearchResult.model_validate({"next_page_token": None, **answer}).messages
    return [
        Result(f"{mail.id}:{mail.account}", mail.subject or "(no subject)", make_url(mail.id, mail.account)) for mail in mails
    ]


def read_arguments(result_id: str) -> Mapping[str, Any]:
    """The arguments that read a mail by the id that `list_results` made."""
    mail, _, account = result_id.partition(":")
    if not mail or not account:
        raise NotFound("There is no such mail. Give the id as search answered it.")
    return {"message_id": mail, "account": account}


def make_document(answer: Any, _: str) -> Document:
    """A mail with its people and its date."""
    mail = WholeMail.model_validate({"next_offset": None, **answer})
    more = {
        "from": mail.from_email,
        "to": ", ".join(mail.to),
        "date": mail.date,
        "labels": ", ".join(mail.labels),
        "attachments": ", ".join([*(file.name for file in mail.attachments), *name_more(mail.more_attachments)]),
        "goes_on": describe_rest(mail) if mail.truncated else "",
        "problem": mail.problem or "",
    }
    metadata = {name: text for name, text in more.items() if text}
    return Document(mail.subject or "(no subject)", mail.body, make_url(mail.id, mail.account), metadata)


def name_more(count: int) -> list[str]:
    """Name how many attachments are not listed."""
    return [f"… and {count} more"] if count else []


def describe_rest(mail: WholeMail) -> str:
    """Describe how to get the rest of a text that is not complete."""
    if mail.next_offset:
        return f"read_mail with offset {mail.next_offset} has the rest"
    return "a part of the text was not loaded; read_attachment has it if it is among the attachments"


def make_url(message_id: str, account: str) -> str:
    """URL of a mail in Gmail's pages, for the account that is signed in there."""
    return f"https://mail.google.com/mail/?authuser={quote(account)}#all/{message_id}"


lookup = Lookup(
    "mail",
    Search("search_mail", lambda query: {"query": query[:1000], "max_results": MOST_FOUND}, list_results),
    Reading("read_mail", read_arguments, make_document),
)
