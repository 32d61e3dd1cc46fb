"""Drafts: mails that are written and not sent."""

import hashlib
from dataclasses import dataclass, replace

from server.core.errors import DeskhandError, InvalidInput, UpstreamFailed
from server.integrations.gmail import wording
from server.integrations.gmail.accounts.accounts import Accounts
from server.integrations.gmail.accounts.session import Permission, Session, open_session
from server.integrations.gmail.mailbox.inbox import Inbox
from server.integrations.gmail.mailbox.outbox import Outbox, post_draft
from server.integrations.gmail.mailbox.own_addresses import read_own_addresses
from server.integrations.gmail.mailbox.reply import find_answer
from server.integrations.gmail.mailbox.responses import PROBLEM, lean_entries, view_entries
from server.integrations.gmail.mime.compose import OutgoingMail, check_recipients, compose, name_recipients, read_ids
from server.integrations.gmail.mime.message import Headers, decode_base64url, read_headers
from server.integrations.gmail.mime.raw_message import RawMail, read_raw
from server.integrations.gmail.mime.raw_part import RawPart
from server.integrations.gmail.models import Done, DraftEntry, DraftList, DraftMail, DraftSaved, Sent, WholeDraft
from server.sdk.operation import Effect, require_allowed

FIELDS = "id,message(id,threadId,labelIds,snippet,internalDate,payload(mimeType,headers))"
PERMANENT = "This cannot be undone."


@dataclass(frozen=True)
class Stored:
    """A draft's mail as its bytes have it, and the thread in which it lies."""

    content: bytes
    thread_id: str | None

    def seal(self) -> str:
        """Hash all of it."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Drafts:
    """Writes, changes, sends and deletes drafts."""

    accounts: Accounts
    inbox: Inbox
    outbox: Outbox

    async def list_drafts(self, account: str | None, most: int, page_token: str | None) -> DraftList:
        """List drafts, newest first."""
        session = open_session(self.accounts, account, Permission.read)
        options = {"pageToken": page_token} if page_token else {}
        page = await session.read("drafts.list", maxResults=most, **options)
        listed = page.get("drafts") or []
        ids = [draft["id"] for draft in listed if isinstance(draft, dict) and isinstance(draft.get("id"), str)]
        answers = await session.read_each(
            "drafts.get", [{"id": draft_id, "format": "full", "fields": FIELDS} for draft_id in ids]
        )
        drafts = [
            {"id": draft_id, "message": {PROBLEM: answer.detail}} if isinstance(answer, DeskhandError) else answer
            for draft_id, answer in zip(ids, answers, strict=True)
            if answer is not None
        ]
        token = page.get("nextPageToken")
        messages = [draft.get("message") or {} for draft in drafts]
        entries = [lean_entries(view_entries([message], session.address, {}), 1500)[0] for message in messages]
        views = [
            DraftEntry(draft_id=str(draft.get("id", "")), message_id=entry.id, **entry.model_dump(exclude={"id"}))
            for draft, entry in zip(drafts, entries, strict=True)
        ]
        return DraftList(drafts=views, next_page_token=token)

    async def read(self, draft_id: str, account: str | None) -> WholeDraft:
        """Read a draft."""
        session = open_session(self.accounts, account, Permission.read)
        draft = await session.read("drafts.get", id=draft_id, format="full")
        return WholeDraft(draft_id=draft_id, mail=await self.inbox.view(session, draft.get("message") or {}))

    async def preview_create(self, order: DraftMail) -> Effect:
        """Foresee which draft is written."""
        _, outgoing, _ = await self._settle(order)
        await self.outbox.check(outgoing)
        return foresee_draft(outgoing)

    async def create(self, order: DraftMail) -> DraftSaved:
        """Write a draft."""
        return await self._save(order, None, "The draft was written. It was not sent.")

    async def preview_update(self, draft_id: str, order: DraftMail) -> Effect:
        """Foresee which draft is replaced, and by which mail."""
        session, outgoing, _ = await self._settle(order, draft_id)
        await self.outbox.check(outgoing)
        return await self._foresee_update(session, draft_id, outgoing)

    async def update(self, draft_id: str, order: DraftMail) -> DraftSaved:
        """Replace a draft, attachments included; it stays in its thread."""
        return await self._save(order, draft_id, "The draft was replaced. It was not sent.")

    async def _save(self, order: DraftMail, draft_id: str | None, sentence: str) -> DraftSaved:
        session, outgoing, thread_id = await self._settle(order, draft_id)
        require_allowed(await self._foresee_update(session, draft_id, outgoing) if draft_id else foresee_draft(outgoing))
        saved = await session.save_draft(await self.accounts.run(compose, outgoing), thread_id, draft_id)
        await self.outbox.files.release(order)
        message = saved.get("message") or {}
        return DraftSaved(
            success=True,
            message=outgoing.describe(sentence),
            draft_id=str(saved.get("id", "")),
            message_id=str(message.get("id", "")),
            thread_id=str(message.get("threadId", "")),
        )

    async def _foresee_update(self, session: Session, draft_id: str, outgoing: OutgoingMail) -> Effect:
        before = await self._read_raw(session, draft_id)
        fields = (*outgoing.fields(), ("Replaces", f"a draft to {before.recipients or 'nobody yet'}: {before.subject}"))
        sentence = wording.REPLACE_DRAFT_TO.fill(to=name_recipients(outgoing.recipients()))
        return Effect(sentence, fields, seal=outgoing.seal(), html=outgoing.rendered, links=outgoing.links())

    async def preview_send(self, draft_id: str, account: str | None) -> Effect:
        """Foresee the mail that goes out, with the hashes of its attachments."""
        session = open_session(self.accounts, account, Permission.read, Permission.send)
        return await self._foresee_sending(session, draft_id, await read_stored(session, draft_id))

    async def send(self, draft_id: str, account: str | None) -> Sent:
        """Send a draft, once, as it was foreseen; what is written into it meanwhile does not go out."""
        session = open_session(self.accounts, account, Permission.read, Permission.send)
        stored = await read_stored(session, draft_id)
        require_allowed(await self._foresee_sending(session, draft_id, stored))
        return await post_draft(session, draft_id, stored.content, stored.thread_id, "Email sent successfully")

    async def _foresee_sending(self, session: Session, draft_id: str, stored: Stored) -> Effect:
        return await self.accounts.run(self._read_effect, session.address, draft_id, stored)

    @staticmethod
    def _read_effect(account: str, draft_id: str, stored: Stored) -> Effect:
        """Read from a draft what sending it would do. Takes long for large mails."""
        mail = read_raw(stored.content)
        if not mail.recipients:
            raise InvalidInput("This draft names nobody who would get it. Add somebody with update_draft.")
        mail.require_clear_recipients()
        check_recipients(mail.addresses)
        mail.require_showable()
        unshown = (("Not shown completely", mail.describe_unshown()),) if mail.unshown else ()
        fields = (("Account", account), *mail.fields(), *unshown, ("Draft", draft_id))
        html = mail.render()
        sentence = wording.SEND_DRAFT_TO.fill(to=mail.recipients)
        return Effect(sentence, fields, mail.addresses, stored.seal(), html, mail.source)

    async def preview_delete(self, draft_id: str, account: str | None) -> Effect:
        """Foresee which draft is deleted."""
        session = open_session(self.accounts, account, Permission.read, Permission.send)
        mail = await self._read_raw(session, draft_id)
        shown = await self.accounts.run(mail.fields)
        fields = (("Account", session.address), *shown, ("Draft", draft_id), ("Note", PERMANENT))
        return Effect(wording.DELETE_DRAFT_NAMED.fill(subject=mail.subject or wording.NO_SUBJECT), fields)

    async def delete(self, draft_id: str, account: str | None) -> Done:
        """Delete a draft for good."""
        session = open_session(self.accounts, account, Permission.read, Permission.send)
        await session.change("drafts.delete", id=draft_id)
        return Done(success=True, message="The draft was deleted.")

    async def _read_raw(self, session: Session, draft_id: str) -> RawMail:
        stored = await read_stored(session, draft_id)
        try:
            return await self.accounts.run(read_raw, stored.content)
        except InvalidInput:
            return RawMail(Headers(), (RawPart(1, "text/plain", "text/plain", "This draft cannot be read here."),))

    async def _settle(self, draft: DraftMail, draft_id: str | None = None) -> tuple[Session, OutgoingMail, str | None]:
        needs = (Permission.read, Permission.send) if draft.thread_id or draft_id else (Permission.send,)
        session = open_session(self.accounts, draft.account, *needs)
        made = await self.outbox.make_outgoing(session, draft)
        outgoing, thread_id = await self._place_in_thread(session, made, draft.thread_id, draft_id)
        return session, await self.outbox.with_files(outgoing, draft), thread_id

    async def _place_in_thread(
        self, session: Session, outgoing: OutgoingMail, thread_id: str | None, draft_id: str | None
    ) -> tuple[OutgoingMail, str | None]:
        if thread_id:
            answer = await find_answer(session, thread_id=thread_id)
            if not outgoing.to:
                answer.require_everybody()
            outgoing = replace(
                outgoing, sender=answer.sender, to=outgoing.to or answer.to, subject=outgoing.subject or answer.subject
            )
            return replace(outgoing, in_reply_to=answer.in_reply_to, references=answer.references), answer.thread_id
        if not draft_id:
            return outgoing, None
        draft = await session.read("drafts.get", id=draft_id, format="metadata")
        message = draft.get("message") or {}
        headers = read_headers(message.get("payload"))
        answered = read_ids(headers.get("In-Reply-To"))
        outgoing = replace(
            outgoing,
            sender=(await read_own_addresses(session)).choose_sender(headers, "From"),
            references=tuple(read_ids(headers.get("References"))),
            in_reply_to=answered[0] if answered else "",
        )
        return outgoing, message.get("threadId")


def foresee_draft(outgoing: OutgoingMail) -> Effect:
    """Effect of writing a draft."""
    sentence = wording.DRAFT_TO.fill(to=name_recipients(outgoing.recipients()))
    return Effect(sentence, outgoing.fields(), seal=outgoing.seal(), html=outgoing.rendered, links=outgoing.links())


async def read_stored(session: Session, draft_id: str) -> Stored:
    """Read all of a draft's mail."""
    draft = await session.read("drafts.get", id=draft_id, format="raw")
    message = draft.get("message")
    content = message if isinstance(message, dict) else {}
    raw = decode_base64url(content.get("raw"))
    if not raw:
        raise UpstreamFailed("Gmail did not answer the content of this draft. Open it in Gmail.")
    return Stored(raw, content.get("threadId"))
