"""Reading mail."""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from server.core.errors import InvalidInput, NotFound
from server.integrations.gmail.accounts.accounts import Accounts
from server.integrations.gmail.accounts.session import Permission, Session, open_session
from server.integrations.gmail.mailbox.attachments import Files, hash_content
from server.integrations.gmail.mailbox.labels import Labels
from server.integrations.gmail.mailbox.responses import LARGEST_ANSWER, fit, fit_entries, view_entry, view_listed, view_whole
from server.integrations.gmail.mime.compose import File
from server.integrations.gmail.mime.message import Part, decode_base64url, find_attachments, find_distant_texts, read_parts
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
MOST_DISTANT = 5  # long texts fetched for one answer
SUMMED_UP = 25
SHAPE = "filename,mimeType,headers"
ENTRY_FIELDS = f"id,threadId,labelIds,snippet,internalDate,payload({SHAPE},parts({SHAPE},parts({SHAPE},parts({SHAPE}))))"


@dataclass(frozen=True)
class Wanted:
    """Which mails are asked for."""

    query: str = ""
    most: int = 10
    page_token: str | None = None
    label: str | None = None
    account: str | None = None


@dataclass(frozen=True)
class Page:
    """What Gmail lists: ids alone."""

    ids: list[str]
    next_token: str | None
    estimate: int


@dataclass(frozen=True)
class Inbox:
    """Reads mails, threads and attachments."""

    accounts: Accounts
    labels: Labels
    files: Files

    async def list_mails(self, wanted: Wanted) -> tuple[list[ListedMail], str | None]:
        """List mails with their texts, newest first, and the token of the next page."""
        session = open_session(self.accounts, wanted.account, Permission.read)
        page = await self._find(session, wanted)
        messages = await self._fetch(session, page.ids, format="full")
        names = await self.labels.names(session, messages)
        distant = await self._fetch_distant(session, messages)
        mails = [view_listed(one, session.address, names, distant.get(str(one.get("id")), {})) for one in messages]
        return await self.accounts.run(fit, mails), page.next_token

    async def search(self, wanted: Wanted) -> SearchResult:
        """List mails without their texts, newest first."""
        session = open_session(self.accounts, wanted.account, Permission.read)
        page = await self._find(session, wanted)
        messages = await self._fetch(session, page.ids, format="full", fields=ENTRY_FIELDS)
        names = await self.labels.names(session, messages)
        entries = fit_entries([view_entry(one, session.address, names) for one in messages])
        return SearchResult(messages=entries, next_page_token=page.next_token, result_size_estimate=page.estimate)

    async def read(self, message_id: str, offset: int, account: str | None) -> WholeMail:
        """Read a mail, its text from an offset on."""
        session = open_session(self.accounts, account, Permission.read)
        return await self.view(session, await session.read("messages.get", id=message_id, format="full"), offset)

    async def view(self, session: Session, message: Mapping[str, Any], offset: int = 0) -> WholeMail:
        """Make the answer of a message of Gmail's."""
        names = await self.labels.names(session, [message])
        distant = await self._fetch_distant(session, [message])
        found = distant.get(str(message.get("id")), {})
        return await self.accounts.run(view_whole, message, session.address, names, found, offset)

    async def read_thread(self, thread_id: str, account: str | None) -> Thread:
        """Read a thread, the oldest mail first; of a long one the newest mails."""
        session = open_session(self.accounts, account, Permission.read)
        answer = await session.read("threads.get", id=thread_id, format="full")
        found = [one for one in answer.get("messages") or [] if isinstance(one, dict)]
        messages = found[-MOST_IN_THREAD:]
        names = await self.labels.names(session, messages)
        distant = await self._fetch_distant(session, messages)
        mails = [view_listed(one, session.address, names, distant.get(str(one.get("id")), {})) for one in messages]
        return Thread(
            id=thread_id,
            subject=mails[0].subject if mails else "",
            messages=await self.accounts.run(fit, mails, LARGEST_ANSWER - 2000),
            earlier=len(found) - len(messages),
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
        return Effect(f"save {part.file_name} from a mail", (("Account", session.address), *shown, ("Attachment", str(file))))

    async def save_attachment(self, message_id: str, attachment_id: str, account: str | None) -> SavedFile:
        """Save an attached file into the folder for files."""
        session = open_session(self.accounts, account, Permission.read)
        _, part = await self._find_attachment(session, message_id, attachment_id)
        content = await self._fetch_content(session, message_id, part)
        name = await self.files.save(File(part.file_name, part.media_type, content))
        return SavedFile(success=True, name=name, size=len(content), sha256=hash_content(content))

    async def summarize_unread(self, account: str | None) -> UnreadSummary:
        """Tell how much is unread in the inbox, and from whom."""
        session = open_session(self.accounts, account, Permission.read)
        counted = await session.read("labels.get", id="INBOX")
        found = await self.search(Wanted(query="in:inbox is:unread", most=SUMMED_UP, account=session.address))
        senders = Counter(one.from_email for one in found.messages)
        return UnreadSummary(
            account=session.address,
            unread_messages=_count(counted.get("messagesUnread")),
            unread_threads=_count(counted.get("threadsUnread")),
            senders=[SenderCount(from_email=sender, count=count) for sender, count in senders.most_common()],
            newest=fit_entries(found.messages, LARGEST_ANSWER * 2 // 3),
        )

    async def _find(self, session: Session, wanted: Wanted) -> Page:
        if len(quote(wanted.query)) > LONGEST_QUERY:
            raise InvalidInput("The query is too long. Search for less at once.")
        options: dict[str, Any] = {"maxResults": wanted.most}
        if wanted.query:
            options["q"] = wanted.query
        if wanted.page_token:
            options["pageToken"] = wanted.page_token
        if wanted.label:
            options["labelIds"] = [one.id for one in await self.labels.resolve(session, [wanted.label])]
        answer = await session.read("messages.list", **options)
        listed = answer.get("messages") or []
        ids = [one["id"] for one in listed if isinstance(one, dict) and isinstance(one.get("id"), str)]
        token = answer.get("nextPageToken")
        return Page(ids, token if isinstance(token, str) else None, _count(answer.get("resultSizeEstimate")))

    async def _fetch(self, session: Session, ids: list[str], **options: Any) -> list[Mapping[str, Any]]:
        answers = await session.read_each("messages.get", [{"id": one, **options} for one in ids])
        return [one for one in answers if one is not None]

    async def _fetch_distant(self, session: Session, messages: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, bytes]]:
        wanted = [(str(one.get("id")), part) for one in messages for part in find_distant_texts(read_parts(one.get("payload")))]
        wanted = wanted[:MOST_DISTANT]
        calls: list[Mapping[str, Any]] = [{"messageId": message_id, "id": part.gmail_id} for message_id, part in wanted]
        answers = await session.read_each("messages.attachments.get", calls) if calls else []
        found: dict[str, dict[str, bytes]] = {}
        for (message_id, part), answer in zip(wanted, answers, strict=True):
            found.setdefault(message_id, {})[part.id] = decode_base64url((answer or {}).get("data")) or b""
        return found

    async def _find_attachment(self, session: Session, message_id: str, attachment_id: str) -> tuple[Mapping[str, Any], Part]:
        message = await session.read("messages.get", id=message_id, format="full")
        for part in find_attachments(read_parts(message.get("payload"))):
            if part.id == attachment_id:
                return message, part
        raise NotFound("This mail has no such attachment. read_mail lists those that it has.")

    async def _fetch_content(self, session: Session, message_id: str, part: Part) -> bytes:
        if part.data is not None or not part.gmail_id:
            return part.data or b""
        answer = await session.read("messages.attachments.get", messageId=message_id, id=part.gmail_id)
        return decode_base64url(answer.get("data")) or b""


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 else 0
