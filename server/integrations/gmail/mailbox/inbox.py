"""Reading mail."""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from server.core.errors import DeskhandError, InvalidInput, NotFound, UpstreamFailed
from server.core.local_time import name_zone
from server.core.memory_budget import reserve
from server.integrations.gmail import wording
from server.integrations.gmail.accounts.accounts import Accounts
from server.integrations.gmail.accounts.session import Permission, Session, open_session
from server.integrations.gmail.mailbox.attachments import Files
from server.integrations.gmail.mailbox.bodies import LISTED, WHOLE, fetch_bodies
from server.integrations.gmail.mailbox.labels import Labels
from server.integrations.gmail.mailbox.local_dates import localize_dates
from server.integrations.gmail.mailbox.responses import (
    LARGEST_ANSWER,
    PROBLEM,
    lean_entries,
    shorten_to_limit,
    view_all_listed,
    view_entries,
    view_whole,
)
from server.integrations.gmail.mime.compose import File
from server.integrations.gmail.mime.message import Part, decode_base64url, read_parts, walk
from server.integrations.gmail.models import (
    HandedFile,
    HandedFiles,
    ListedMail,
    SavedFile,
    SearchResult,
    SenderCount,
    Thread,
    UnreadSummary,
    WholeMail,
)
from server.sdk.operation import Effect

LARGEST_HANDED = 10_000_000  # what ChatGPT takes
LONGEST_QUERY = 1500  # characters in the address; the client library makes something else of longer ones
MOST_IN_THREAD = 50
SUMMED_UP = 25
SHAPE = "filename,mimeType,headers"
LEVELS = 8  # of parts that are looked through for attachments
ENTRY_FIELDS = f"id,threadId,labelIds,snippet,internalDate,payload({SHAPE}{f',parts({SHAPE}' * LEVELS}{')' * LEVELS})"


@dataclass(frozen=True)
class ListQuery:
    """Which mails are asked for."""

    query: str = ""
    most: int = 10
    page_token: str | None = None
    label: str | None = None
    account: str | None = None


@dataclass(frozen=True)
class Inbox:
    """Reads mails, threads and attachments."""

    accounts: Accounts
    labels: Labels
    files: Files

    async def list_mails(self, query: ListQuery) -> tuple[list[ListedMail], str | None]:
        """List mails with their texts, newest first, and the token of the next page."""
        session = open_session(self.accounts, query.account, Permission.read)
        ids, token, _ = await self._find(session, query)
        messages = await self._fetch(session, ids, format="full")
        return await self.accounts.run(shorten_to_limit, await self._view_listed(session, messages)), token

    async def search(self, query: ListQuery) -> SearchResult:
        """List mails without their texts, newest first."""
        session = open_session(self.accounts, query.account, Permission.read)
        ids, token, estimate = await self._find(session, query)
        messages = await self._fetch(session, ids, format="full", fields=ENTRY_FIELDS)
        names = await self.labels.names(session, messages)
        entries = lean_entries(await self.accounts.run(view_entries, messages, session.address, names))
        zone = name_zone(self.accounts.context.clock.now())
        return SearchResult(messages=entries, next_page_token=token, result_size_estimate=estimate, time_zone=zone)

    async def read(self, message_id: str, offset: int, account: str | None) -> WholeMail:
        """Read a mail, its text from an offset on."""
        session = open_session(self.accounts, account, Permission.read)
        return await self.view(session, await session.read("messages.get", id=message_id, format="full"), offset)

    async def view(self, session: Session, message: Mapping[str, Any], offset: int = 0) -> WholeMail:
        """Make the answer of a message of Gmail's."""
        names = await self.labels.names(session, [message])
        bodies = await fetch_bodies(session, [message], WHOLE)
        fetched = bodies.get(str(message.get("id")), {})
        return await self.accounts.run(view_whole, message, session.address, names, fetched, offset)

    async def read_thread(self, thread_id: str, account: str | None) -> Thread:
        """Read a thread, the oldest mail first; of a long one the newest mails."""
        session = open_session(self.accounts, account, Permission.read)
        answer = await session.read("threads.get", id=thread_id, format="full")
        listed = [message for message in answer.get("messages") or [] if isinstance(message, dict)]
        messages = listed[-MOST_IN_THREAD:]
        mails = await self._view_listed(session, messages)
        return Thread(
            id=thread_id,
            subject=mails[0].subject if mails else "",
            messages=await self.accounts.run(shorten_to_limit, mails, LARGEST_ANSWER - 2000),
            earlier=len(listed) - len(messages),
            account=session.address,
        )

    async def read_attachment(self, message_id: str, attachment_id: str, account: str | None) -> HandedFiles:
        """Hand an attached file over, as far as ChatGPT takes it."""
        session = open_session(self.accounts, account, Permission.read)
        _, part = await self._find_attachment(session, message_id, attachment_id)
        if part.media_type.startswith(("image/", "video/")):
            return HandedFiles(
                openaiFileResponse=[],
                message=f"{part.file_name} is a picture or a film, which ChatGPT does not take. save_attachment saves it here.",
            )
        content = await self._fetch_content(session, message_id, part) if part.size <= LARGEST_HANDED else b""
        if max(part.size, len(content)) > LARGEST_HANDED:
            return HandedFiles(
                openaiFileResponse=[], message=f"{part.file_name} is larger than 10 MB. save_attachment saves it here."
            )
        handed = HandedFile(name=part.file_name, mime_type=part.media_type, content=base64.b64encode(content).decode())
        return HandedFiles(openaiFileResponse=[handed], message=f"Here is {part.file_name}.")

    async def preview_save(self, message_id: str, attachment_id: str, account: str | None) -> Effect:
        """Which file would be saved."""
        session = open_session(self.accounts, account, Permission.read)
        message, part = await self._find_attachment(session, message_id, attachment_id)
        file = File(part.file_name, part.media_type, await self._fetch_content(session, message_id, part))
        headers = read_parts(message.get("payload")).headers
        shown = [(name, headers.line(name, 300)) for name in ("From", "Subject")]
        return Effect(
            wording.SAVE_FILE_NAMED.fill(name=part.file_name), (("Account", session.address), *shown, ("Attachment", str(file)))
        )

    async def save_attachment(self, message_id: str, attachment_id: str, account: str | None) -> SavedFile:
        """Save an attached file into the folder for files."""
        session = open_session(self.accounts, account, Permission.read)
        _, part = await self._find_attachment(session, message_id, attachment_id)
        file = File(part.file_name, part.media_type, await self._fetch_content(session, message_id, part))
        return SavedFile(success=True, name=await self.files.save(file), size=len(file.content), sha256=file.sha256)

    async def summarize_unread(self, account: str | None) -> UnreadSummary:
        """Count unread mail in the inbox, in all and by sender."""
        session = open_session(self.accounts, account, Permission.read)
        counted = await session.read("labels.get", id="INBOX")
        unread = await self.search(ListQuery(query="in:inbox is:unread", most=SUMMED_UP, account=session.address))
        senders = Counter(mail.from_email for mail in unread.messages if not mail.problem)
        return UnreadSummary(
            account=session.address,
            unread_messages=_count(counted.get("messagesUnread")),
            unread_threads=_count(counted.get("threadsUnread")),
            senders=[SenderCount(from_email=sender, count=count) for sender, count in senders.most_common()],
            newest=lean_entries(unread.messages, LARGEST_ANSWER * 2 // 3),
        )

    async def _view_listed(self, session: Session, messages: Sequence[Mapping[str, Any]]) -> list[ListedMail]:
        names = await self.labels.names(session, messages)
        bodies = await fetch_bodies(session, messages, LISTED)
        return await self.accounts.run(view_all_listed, messages, session.address, names, bodies)

    async def _find(self, session: Session, query: ListQuery) -> tuple[list[str], str | None, int]:
        """Find a page of mails: their ids, the token of the next page, and about how many there are."""
        if len(quote(query.query)) > LONGEST_QUERY:
            raise InvalidInput("The query is too long. Search for less at once.")
        options: dict[str, Any] = {"maxResults": query.most}
        if query.query:
            options["q"] = localize_dates(query.query)
        if query.page_token:
            options["pageToken"] = query.page_token
        if query.label:
            options["labelIds"] = [label.id for label in await self.labels.resolve(session, [query.label])]
        answer = await session.read("messages.list", **options)
        listed = answer.get("messages") or []
        ids = [entry["id"] for entry in listed if isinstance(entry, dict) and isinstance(entry.get("id"), str)]
        token = answer.get("nextPageToken")
        return ids, token if isinstance(token, str) else None, _count(answer.get("resultSizeEstimate"))

    async def _fetch(self, session: Session, ids: list[str], **options: Any) -> list[Mapping[str, Any]]:
        answers = await session.read_each("messages.get", [{"id": message_id, **options} for message_id in ids])
        return [
            {"id": message_id, PROBLEM: answer.detail} if isinstance(answer, DeskhandError) else answer
            for message_id, answer in zip(ids, answers, strict=True)
            if answer is not None
        ]

    async def _find_attachment(self, session: Session, message_id: str, attachment_id: str) -> tuple[Mapping[str, Any], Part]:
        message = await session.read("messages.get", id=message_id, format="full")
        for part in walk(read_parts(message.get("payload"))):
            if part.id == attachment_id and (part.is_attachment or part.gmail_id):
                return message, part
        raise NotFound("This mail has no such attachment. read_mail lists those that it has.")

    async def _fetch_content(self, session: Session, message_id: str, part: Part) -> bytes:
        if part.data is None and part.gmail_id:
            await reserve(2 * part.size)
            answer = await session.read("messages.attachments.get", messageId=message_id, id=part.gmail_id)
            content = decode_base64url(answer.get("data"))
        else:
            content = part.data
        if part.incomplete or (not content and part.size):
            raise UpstreamFailed(f"Gmail did not answer the content of {part.file_name}. Open the mail in Gmail.")
        return content or b""


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 else 0
