"""A mailbox of the fake Gmail: mails in threads, labels and drafts."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from server.integrations.gmail.fake.google import Account, GoogleError, JsonObject, TimeSource
from server.integrations.gmail.fake.labels import Labels
from server.integrations.gmail.fake.mail import Mail, describe_mail
from server.integrations.gmail.fake.search import parse_query
from server.integrations.gmail.fake.search_operators import SearchContext
from server.integrations.gmail.fake.wire import normalise

_HIDDEN = {"SPAM", "TRASH"}
_ANSWERED = re.compile(
    r"^\s*((re|r|fwd?|i|aw|wg|sv|vs|vb|antw|res|enc|rif|rv|tr|odp|ynt|回复|回覆|转发|返信|転送)\s*(\[\d+\])?\s*[:\uff1a]\s*)+",
    re.IGNORECASE,
)


@dataclass
class Mailbox:
    """Everything one account has. Whoever uses it holds the fake's lock."""

    account: Account
    clock: TimeSource
    mails: dict[str, Mail] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)  # the draft's id → its mail's
    labels: Labels = field(default_factory=Labels)

    def add(
        self, raw: bytes, labels: Iterable[str] = (), *, thread_id: str = "", received: int | None = None, seed: str = ""
    ) -> Mail:
        """Keep a mail. Without a `thread_id` it begins one; a `seed` gives it an id that is the same in every run."""
        now = int(self.clock.now().timestamp() * 1000)
        mail_id = f"18{hashlib.sha256(seed.encode()).hexdigest()[:14]}" if seed else f"{now << 20 | secrets.randbits(20):016x}"
        received = now if received is None else received
        mail = Mail(mail_id, thread_id or mail_id, normalise(raw), received, set(labels))
        self.mails[mail.id] = mail
        return mail

    def find(self, mail_id: str) -> Mail:
        """Answer the mail with this id."""
        check_id(mail_id)
        if mail_id not in self.mails:
            raise GoogleError(404)
        return self.mails[mail_id]

    def delete(self, mail_id: str) -> None:
        """Take a mail away for good; a draft goes with its mail."""
        del self.mails[self.find(mail_id).id]
        self.drafts = {draft: stored for draft, stored in self.drafts.items() if stored != mail_id}

    def change_labels(self, mail: Mail, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Put labels on a mail and take others off."""
        mail.labels = mail.labels - set(remove) | set(add)

    def thread(self, thread_id: str) -> list[Mail]:
        """Answer the mails of a thread, oldest first."""
        check_id(thread_id)
        mails = [mail for mail in self.mails.values() if mail.thread_id == thread_id]
        if not mails:
            raise GoogleError(404)
        return sorted(mails, key=lambda mail: (mail.received, mail.id))

    def search(self, query: str = "", label_ids: Iterable[str] = (), *, everywhere: bool = False) -> list[Mail]:
        """Answer the mails that fit, newest first; what is in spam and trash only when it is asked for."""
        parsed = parse_query(query, SearchContext(self.account.address, self.clock.now(), self.labels.matching))
        labels = set(label_ids)
        everywhere = everywhere or parsed.everywhere or bool(labels & _HIDDEN)
        mails = [
            mail
            for mail in self.mails.values()
            if labels <= mail.labels and (everywhere or not mail.labels & _HIDDEN) and parsed.fits(mail)
        ]
        return sorted(mails, key=lambda mail: (mail.received, mail.id), reverse=True)

    def place_answer(self, raw: bytes, thread_id: str) -> str:
        """Answer the thread for a mail that asks for this one: it must name a mail of it and have its subject.

        The three conditions: https://developers.google.com/workspace/gmail/api/guides/threads
        """
        if not thread_id:
            return ""
        there = self.thread(thread_id)
        mail = Mail("", "", normalise(raw), 0)
        if not (mail.header("In-Reply-To") and mail.header("References")):
            return ""
        return thread_id if any(_follows(mail, other) for other in there) else ""

    def place_arrival(self, raw: bytes) -> str:
        """Answer the thread for a mail that arrives: that of a mail which it answers, with the same subject."""
        mail = Mail("", "", normalise(raw).partition(b"\r\n\r\n")[0] + b"\r\n\r\n", 0)  # the rest is parsed when it is wanted
        if not mail.references:
            return ""
        return next((other.thread_id for other in self.mails.values() if _follows(mail, other)), "")

    def keep_draft(self, mail: Mail, draft_id: str = "") -> str:
        """Note that a mail is a draft, and answer the draft's id."""
        draft_id = draft_id or f"r-{secrets.randbelow(9 * 10**18) + 10**18}"
        self.drafts[draft_id] = mail.id
        return draft_id

    def find_draft(self, draft_id: str) -> Mail:
        """Answer the mail of a draft."""
        if draft_id not in self.drafts:
            raise GoogleError(404)
        return self.mails[self.drafts[draft_id]]

    def count(self, label_id: str) -> JsonObject:
        """Count what carries a label, as Gmail's Label tells it."""
        carrying = [mail for mail in self.mails.values() if label_id in mail.labels]
        unread = [mail for mail in carrying if "UNREAD" in mail.labels]
        return {
            "messagesTotal": len(carrying),
            "messagesUnread": len(unread),
            "threadsTotal": len({mail.thread_id for mail in carrying}),
            "threadsUnread": len({mail.thread_id for mail in unread}),
        }

    def describe(self, form: str = "minimal") -> list[JsonObject]:
        """Answer every mail as Gmail's API would, newest first: for a test that looks at what is there."""
        return [describe_mail(mail, form) for mail in self.search(everywhere=True)]


def check_id(value: str) -> None:
    """Refuse what cannot be an id of a mail or a thread."""
    if not re.fullmatch(r"[0-9a-f]{1,16}", value):
        raise GoogleError(400, "Invalid id value")


def plain_subject(subject: str) -> str:
    """Answer a subject without the marks of answering and forwarding."""
    return " ".join(_ANSWERED.sub("", subject).casefold().split())


def _follows(mail: Mail, other: Mail) -> bool:
    named = mail.references & other.message_ids
    return bool(named) and plain_subject(mail.header("Subject")) == plain_subject(other.header("Subject"))
