"""Mails on their way out. Each is made as a draft and then sent, so that a draft still there proves that it did not go out."""

from dataclasses import dataclass, replace

from server.core.errors import DeskhandError, InvalidInput, NotFound, UpstreamFailed, UpstreamTimedOut
from server.integrations.gmail import wording
from server.integrations.gmail.accounts.accounts import Accounts
from server.integrations.gmail.accounts.session import Permission, Session, open_session
from server.integrations.gmail.adapter.errors import NotReached
from server.integrations.gmail.mailbox.attachments import Files
from server.integrations.gmail.mailbox.reply import Answer, find_answer
from server.integrations.gmail.mime.compose import (
    OutgoingMail,
    check_recipients,
    check_subject,
    compose,
    name_recipients,
    read_people,
)
from server.integrations.gmail.mime.outgoing_html import rebuild
from server.integrations.gmail.models import Enclosing, NewMail, Reply, Sent
from server.sdk.operation import Effect, require_allowed, require_still_allowed

GONE = "Somebody has sent or deleted its draft in Gmail. Look into Sent before you repeat it."
STILL_THERE = "The mail was not sent; its draft is still in Gmail's Drafts."
UNKNOWN = (
    "It is not known whether the mail went out. Look into Sent before you repeat it; one that is still in Drafts was not sent."
)
NOTHING_SENT = "No mail was sent; Gmail's Drafts may hold a draft of it."


@dataclass(frozen=True)
class Outbox:
    """Sends mails and answers."""

    accounts: Accounts
    files: Files

    async def preview_send(self, order: NewMail) -> Effect:
        """Foresee sending a mail."""
        _, outgoing = await self._settle(order)
        await self.check(outgoing)
        return foresee_mail(outgoing)

    async def send(self, order: NewMail) -> Sent:
        """Send a mail, once."""
        session, outgoing = await self._settle(order)
        require_allowed(foresee_mail(outgoing))
        return await self._post(session, outgoing, None, order, outgoing.describe("Email sent successfully"))

    async def preview_reply(self, order: Reply) -> Effect:
        """Foresee a reply, whose recipients are determined here."""
        _, outgoing, answer = await self._settle_reply(order)
        await self.check(outgoing)
        return foresee_answer(outgoing, answer)

    async def reply(self, order: Reply) -> Sent:
        """Answer a mail, once."""
        session, outgoing, answer = await self._settle_reply(order)
        require_allowed(foresee_answer(outgoing, answer))
        return await self._post(session, outgoing, answer.thread_id, order, outgoing.describe("Reply sent successfully"))

    async def _settle(self, mail: NewMail) -> tuple[Session, OutgoingMail]:
        session = open_session(self.accounts, mail.account, Permission.send)
        outgoing = await self.make_outgoing(session, mail)
        if not outgoing.recipients():
            raise InvalidInput("This mail names nobody who would get it. Give an address in `to`.")
        return session, await self.with_files(outgoing, mail)

    async def _settle_reply(self, reply: Reply) -> tuple[Session, OutgoingMail, Answer]:
        session = open_session(self.accounts, reply.account, Permission.read, Permission.send)
        answer = await find_answer(
            session,
            thread_id=reply.thread_id,
            message_id=reply.message_id,
            in_reply_to=reply.in_reply_to,
            everybody=reply.reply_all,
        )
        answer.require_everybody()
        outgoing = OutgoingMail(
            account=session.address,
            sender=answer.sender,
            to=answer.to,
            cc=answer.cc,
            subject=answer.subject,
            body=reply.body,
            html=await self.accounts.run(rebuild, reply.html),
            in_reply_to=answer.in_reply_to,
            references=answer.references,
        )
        check_recipients(outgoing.recipients())
        return session, await self.with_files(outgoing, reply), answer

    async def make_outgoing(self, session: Session, order: NewMail) -> OutgoingMail:
        """Make a mail of what was asked for, without files. Raises InvalidInput."""
        outgoing = OutgoingMail(
            account=session.address,
            sender=session.address,
            to=read_people(order.to, "to"),
            cc=read_people(order.cc, "cc"),
            bcc=read_people(order.bcc, "bcc"),
            subject=check_subject(order.subject),
            body=order.body,
            html=await self.accounts.run(rebuild, order.html),
        )
        check_recipients(outgoing.recipients())
        return outgoing

    async def with_files(self, outgoing: OutgoingMail, order: Enclosing) -> OutgoingMail:
        """Attach what was asked for."""
        return replace(outgoing, files=await self.files.gather(order))

    async def check(self, outgoing: OutgoingMail) -> None:
        """See that all of a mail can be written, before the person is asked about it."""
        await self.accounts.run(compose, outgoing)

    async def _post(
        self, session: Session, outgoing: OutgoingMail, thread_id: str | None, order: Enclosing, message: str
    ) -> Sent:
        content = await self.accounts.run(compose, outgoing)
        await require_still_allowed()  # files may have taken their time
        try:
            draft = await session.save_draft(content, thread_id)
        except (UpstreamFailed, UpstreamTimedOut) as error:
            raise add_sentence(error, NOTHING_SENT) from None
        sent = await post_draft(session, str(draft.get("id", "")), content, thread_id, message)
        await self.files.release(order)
        return sent


def foresee_mail(outgoing: OutgoingMail) -> Effect:
    """Effect of sending a mail."""
    sentence = wording.SEND_TO.fill(to=name_recipients(outgoing.recipients()))
    return Effect(
        sentence, outgoing.fields(), outgoing.addresses(), outgoing.seal(), html=outgoing.rendered, links=outgoing.links()
    )


def foresee_answer(outgoing: OutgoingMail, answer: Answer) -> Effect:
    """Effect of a reply."""
    fields = (*outgoing.fields(), ("Answers", answer.answered), ("Thread", answer.thread_id))
    sentence = wording.REPLY_TO.fill(to=name_recipients(outgoing.recipients()))
    return Effect(sentence, fields, outgoing.addresses(), outgoing.seal(), html=outgoing.rendered, links=outgoing.links())


async def post_draft(session: Session, draft_id: str, content: bytes, thread_id: str | None, message: str) -> Sent:
    """Send this mail in the place of its draft, once: what may have gone out is never sent again by itself.

    Not the draft as it lies there: somebody may have written something else into it since it was looked at.
    """
    try:
        sent = await session.send_draft(content, thread_id, draft_id)
    except NotReached as error:
        raise add_sentence(error, STILL_THERE, draft_id=draft_id) from None
    except (UpstreamFailed, UpstreamTimedOut) as error:
        raise type(error)(f"Gmail did not say what became of it. {UNKNOWN}", draft_id=draft_id, uncertain=True) from None
    except NotFound as error:
        raise add_sentence(error, GONE, draft_id=draft_id) from None
    except DeskhandError as error:
        raise add_sentence(error, STILL_THERE, draft_id=draft_id) from None
    return Sent(
        success=True,
        message=message,
        message_id=str(sent.get("id", "")),
        thread_id=str(sent.get("threadId", "")),
        account=session.address,
    )


def add_sentence(error: DeskhandError, sentence: str, **extra: str) -> DeskhandError:
    """The same error with one more sentence."""
    return type(error)(f"{error.detail} {sentence}", retry_after=error.retry_after, **{**error.extra, **extra})
