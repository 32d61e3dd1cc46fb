"""Labels, and what is a label in Gmail's eyes: unread, inbox, trash."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partialmethod
from itertools import accumulate
from typing import Any, NoReturn

from server.core.errors import InvalidInput, NotFound
from server.core.sentences import Sentence
from server.integrations.gmail import wording
from server.integrations.gmail.accounts.accounts import Accounts
from server.integrations.gmail.accounts.session import Permission, Session, open_session
from server.integrations.gmail.mailbox.responses import LARGEST_ANSWER, label_ids, name_labels
from server.integrations.gmail.mime.message import read_headers
from server.integrations.gmail.mime.text import one_line
from server.integrations.gmail.models import Done, LabelChange, LabelList, MailLabel, Relabelled, UnreadMark
from server.sdk.operation import Effect

KNOWN_SECONDS = 300.0  # a label that was renamed elsewhere shows its old name for so long
FIXED = {"SENT", "DRAFT"}  # Gmail sets these by itself
ELSEWHERE = {
    "TRASH": "trash_mail or untrash_mail",
    "SPAM": "Gmail itself",
    "INBOX": "archive_mail",
    "UNREAD": "mark_mail",
}


@dataclass
class Labels:
    """The labels of the accounts, and changes to those of a mail."""

    accounts: Accounts
    known_seconds: float = KNOWN_SECONDS
    _known: dict[str, tuple[float, list[MailLabel]]] = field(default_factory=dict)

    async def list_labels(self, account: str | None) -> LabelList:
        """List an account's labels."""
        session = open_session(self.accounts, account, Permission.read)
        labels = await self._fetch(session)
        costs = accumulate(len(label.model_dump_json()) + 1 for label in labels)
        fitting = [label for label, cost in zip(labels, costs, strict=True) if cost <= LARGEST_ANSWER]
        return LabelList(labels=fitting, truncated=len(fitting) < len(labels))

    async def names(self, session: Session, messages: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """The names of labels by their ids, as far as these mails need them."""
        used = {label_id for message in messages for label_id in label_ids(message)}
        if not any(label_id.startswith("Label_") for label_id in used):
            return {}
        names = {label.id: label.name for label in await self._recall(session)}
        if used - names.keys():
            names = {label.id: label.name for label in await self._fetch(session)}
        return names

    async def resolve(self, session: Session, names: list[str]) -> list[MailLabel]:
        """Find labels by name or id. NotFound names those that come close."""
        labels = await self._recall(session)
        if not all(find_label(name, labels) for name in names):
            labels = await self._fetch(session)
        return [find_label(name, labels) or self._miss(name, labels) for name in names]

    async def preview_change(self, message_id: str, order: LabelChange, account: str | None) -> Effect:
        """Foresee which labels a mail gets and loses."""
        session, add, remove = await self._resolve_change(order, account)
        fields = [("Add labels", add), ("Remove labels", remove)]
        more = [(title, ", ".join(label.name for label in labels)) for title, labels in fields if labels]
        return await self._preview(session, message_id, wording.LABEL_NAMED, *more)

    async def change(self, message_id: str, order: LabelChange, account: str | None) -> Relabelled:
        """Add labels to a mail and remove others."""
        session, add, remove = await self._resolve_change(order, account)
        changed = await self._modify(session, message_id, [label.id for label in add], [label.id for label in remove])
        names = await self.names(session, [changed])
        return Relabelled(success=True, message="The labels were changed.", labels=name_labels(changed, names))

    async def preview_mark(self, message_id: str, order: UnreadMark, account: str | None) -> Effect:
        """Foresee which mail is marked."""
        return await self._preview(self._open(account), message_id, wording.MARK_UNREAD if order.unread else wording.MARK_READ)

    async def mark(self, message_id: str, order: UnreadMark, account: str | None) -> Done:
        """Mark a mail as unread or read."""
        add, remove = (["UNREAD"], []) if order.unread else ([], ["UNREAD"])
        await self._modify(self._open(account), message_id, add, remove)
        return Done(success=True, message=f"The mail is marked as {'unread' if order.unread else 'read'}.")

    async def archive(self, message_id: str, account: str | None) -> Done:
        """Take a mail out of the inbox."""
        await self._modify(self._open(account), message_id, [], ["INBOX"])
        return Done(success=True, message="The mail is archived; search finds it still.")

    async def unarchive(self, message_id: str, account: str | None) -> Done:
        """Put a mail back into the inbox."""
        await self._modify(self._open(account), message_id, ["INBOX"], [])
        return Done(success=True, message="The mail is in the inbox again.")

    async def trash(self, message_id: str, account: str | None) -> Done:
        """Put a mail into the trash."""
        await self._open(account).change("messages.trash", id=message_id)
        return Done(success=True, message="The mail is in the trash. Gmail deletes it for good after 30 days.")

    async def untrash(self, message_id: str, account: str | None) -> Done:
        """Take a mail out of the trash."""
        await self._open(account).change("messages.untrash", id=message_id)
        return Done(success=True, message="The mail is out of the trash.")

    async def _preview_move(self, sentence: Sentence, message_id: str, account: str | None) -> Effect:
        """Foresee which mail is moved."""
        return await self._preview(self._open(account), message_id, sentence)

    preview_archive = partialmethod(_preview_move, wording.ARCHIVE_NAMED)
    preview_trash = partialmethod(_preview_move, wording.TRASH_NAMED)
    preview_untrash = partialmethod(_preview_move, wording.RESTORE_NAMED)

    def _open(self, account: str | None) -> Session:
        return open_session(self.accounts, account, Permission.read, Permission.change)

    async def _resolve_change(self, order: LabelChange, account: str | None) -> tuple[Session, list[MailLabel], list[MailLabel]]:
        session = self._open(account)
        add, remove = await self.resolve(session, order.add), await self.resolve(session, order.remove)
        if not add and not remove:
            raise InvalidInput("Name at least one label to add or to remove.")
        if {label.id for label in add} & {label.id for label in remove}:
            raise InvalidInput("A label cannot be added and removed at once.")
        for label in (*add, *remove):
            if label.id in FIXED:
                raise InvalidInput("Gmail sets SENT and DRAFT by itself; nobody else can.")
            if label.id in ELSEWHERE:
                raise InvalidInput(f"{label.id} is changed with {ELSEWHERE[label.id]}, so that it can be allowed by itself.")
        return session, add, remove

    async def _modify(self, session: Session, message_id: str, add: list[str], remove: list[str]) -> dict[str, Any]:
        return await session.change("messages.modify", id=message_id, body={"addLabelIds": add, "removeLabelIds": remove})

    async def _preview(self, session: Session, message_id: str, sentence: Sentence, *more: tuple[str, str]) -> Effect:
        message = await session.read(
            "messages.get", id=message_id, format="metadata", metadataHeaders=["From", "Subject", "Date"]
        )
        headers = read_headers(message.get("payload"))
        shown = [(name, headers.line(name, 300)) for name in ("From", "Subject", "Date")]
        fields = (("Account", session.address), *shown, *more, ("Mail", message_id))
        return Effect(sentence.fill(subject=headers.line("Subject", 100) or wording.NO_SUBJECT), fields)

    async def _recall(self, session: Session) -> list[MailLabel]:
        at, labels = self._known.get(session.address, (0.0, []))
        fresh = labels and self.accounts.context.clock.monotonic() - at < self.known_seconds
        return labels if fresh else await self._fetch(session)

    async def _fetch(self, session: Session) -> list[MailLabel]:
        answer = await session.read("labels.list")
        listed = [
            MailLabel(
                id=str(label.get("id", "")),
                name=one_line(str(label.get("name", "")), 300),
                kind="system" if label.get("type") == "system" else "user",
            )
            for label in answer.get("labels") or []
            if isinstance(label, dict)
        ]
        labels = sorted(listed, key=lambda label: (label.kind != "system", label.name.casefold()))
        self._known[session.address] = self.accounts.context.clock.monotonic(), labels
        return labels

    def _miss(self, name: str, labels: list[MailLabel]) -> NoReturn:
        by_fold = {label.name.casefold(): label.name for label in labels}
        close = [by_fold[match] for match in difflib.get_close_matches(name.casefold(), by_fold, cutoff=0.5)]
        hint = f" Did you mean {' or '.join(close)}?" if close else " list_labels tells which there are."
        raise NotFound(f"There is no label {name[:100]!r}.{hint}")


def find_label(name: str, labels: list[MailLabel]) -> MailLabel | None:
    """Find a label by its name, whatever its case, or by its id. Raises InvalidInput if several are shown by this name."""
    by_id = next((label for label in labels if label.id == name), None)
    named = [label for label in labels if label.name.casefold() == name.strip().casefold()]
    if not by_id and len(named) > 1:
        raise InvalidInput(f"Several labels are called {name[:100]!r}. Give the id of the one that you mean; list_labels has it.")
    return by_id or next(iter(named), None)
