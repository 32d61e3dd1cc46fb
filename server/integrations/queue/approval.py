"""Approval of clients: one question for each client that has stored a prompt, before the first is given to an extension.

A yes allows `submit_prompt` for that client from then on, whatever its prompts say: a deliberate exception to the rule that an
approval is for one call with one effect. Clients whose `submit_prompt` the person has allowed under Access are not asked about.
"""

import hashlib
import json
from collections.abc import Sequence

from server.core.errors import Conflict, InvalidInput, NotFound, TooManyRequests
from server.integrations.queue.models import ClientRef, Prompt, PromptFilter, QueueClient
from server.integrations.queue.queue import Queue
from server.integrations.queue.states import State
from server.sdk.approval_requests import ApprovalDuration, ApprovalRequest, ApprovalRequests, Kind

OPERATION = "submit_prompt"
SENTENCE = "put prompts into ChatGPT in your browser, now and from now on"
AFTERWARDS = (
    "Every prompt of this client is sent without asking, to any chat, and its answer to any address that the client names. "
    "Deny submit_prompt under Access to end that."
)
CHANGED = "The client has changed what you were shown. Look at it again."
NEW_CHAT = "a new one"
NO_MORE = "This client does not wait for an answer any more."
MOST_SHOWN = 3  # prompts
MOST_UNANSWERED = 200  # prompts of a client that the person has not answered for
TOO_MANY = "The person has not answered yet whether this client may put prompts into ChatGPT, and it has submitted many already."


class ClientApprovals:
    """The questions about clients. Implements PromptSource."""

    prefix = "queue"

    def __init__(self, queue: Queue, requests: ApprovalRequests) -> None:
        self._queue, self._requests = queue, requests
        self._answered: set[str] = set()  # clients that are not to be asked about, so far as it is known here
        self._asked: set[str] = set()

    async def allow(self, client: ClientRef) -> None:
        """Note that the person has allowed a client by name, unless it has stored nothing yet."""
        if client.id in self._answered:
            return
        try:
            await self._queue.set_approval(client.id, approved=True)
        except NotFound:
            return
        self._answered.add(client.id)
        self._requests.publish_change()

    async def ask(self, client: ClientRef) -> None:
        """Notify the person of a client that has stored its first prompt, once."""
        if client.id in self._answered or client.id in self._asked:
            return
        known = await self._read(client.id)
        if known and known.approved is not None:
            self._answered.add(client.id)
        elif known and is_waiting(known):
            self._asked.add(client.id)
            self._requests.notify(await self._describe(known))

    async def require_room(self, client: ClientRef) -> None:
        """Raise TooManyRequests if a client that the person has not answered for has stored as many prompts as it may."""
        known = None if client.id in self._answered else await self._read(client.id)
        if known and known.approved is None:
            stored = await self._queue.list(PromptFilter(client_id=client.id, limit=1))
            if stored.total >= MOST_UNANSWERED:
                raise TooManyRequests(TOO_MANY, retry_after=60)

    async def list_requests(self) -> list[ApprovalRequest]:
        """List the clients that wait for an answer and have prompts."""
        return [await self._describe(client) for client in await self._queue.clients() if is_waiting(client)]

    async def approve(self, question_id: str, extent: ApprovalDuration, code: str | None) -> str:
        """Allow a client."""
        if code or extent not in {ApprovalDuration.once, ApprovalDuration.always}:
            raise InvalidInput("This is a plain yes: the client may put prompts into ChatGPT, or it may not.")
        client = await self._require(question_id)
        prompts = await self._list_shown(client)  # more may have come, which the yes includes
        if question_id not in {self._make_id(client, prompts[:count]) for count in range(1, len(prompts) + 1)}:
            self._requests.publish_change()
            raise Conflict(CHANGED)
        await self._queue.set_approval(client.id, approved=True)
        self._answered.add(client.id)
        return f"Prompts of {client.name} are sent to ChatGPT from now on."

    async def deny(self, question_id: str, reason: str) -> str:
        """Refuse a client; its prompts fail with the reason."""
        client = await self._require(question_id)
        said = "The person at this computer does not allow this client to put prompts into ChatGPT."
        await self._queue.set_approval(client.id, approved=False, reason=f"{said} {reason}".strip())
        return f"The prompts of {client.name} have failed, and it can submit no more."

    async def _require(self, question_id: str) -> QueueClient:
        client = await self._find(question_id.removeprefix(f"{self.prefix}-").rpartition("-")[0])
        if client is None:
            raise NotFound(NO_MORE)
        return client

    async def _find(self, client_id: str) -> QueueClient | None:
        """Find a client that waits for an answer."""
        known = await self._read(client_id)
        return known if known and is_waiting(known) else None

    async def _read(self, client_id: str) -> QueueClient | None:
        return next((client for client in await self._queue.clients() if client.id == client_id), None)

    async def _describe(self, client: QueueClient) -> ApprovalRequest:
        prompts = await self._list_shown(client)
        more = client.waiting - len(prompts)
        return ApprovalRequest(
            id=self._make_id(client, prompts),
            kind=Kind.call,
            client=client.name,
            sentence=SENTENCE,
            asked_at=min((prompt.queued_at for prompt in prompts), default=self._queue.context.clock.now()).isoformat(),
            fields=(
                *(field for prompt in prompts for field in list_fields(prompt)),
                *((("More prompts", str(more)),) if more > 0 else ()),
                *((("Later answers go to", client.webhook_url),) if client.webhook_url else ()),
                ("Afterwards", AFTERWARDS),
            ),
            operation=OPERATION,
            extents=(ApprovalDuration.always,),
        )

    async def _list_shown(self, client: QueueClient) -> Sequence[Prompt]:
        """List the prompts that the person is shown: the first ones, as later ones are no reason to look again."""
        selection = PromptFilter(client_id=client.id, states=(State.idle,), limit=MOST_SHOWN, count=False, oldest_first=True)
        return (await self._queue.list(selection)).items

    def _make_id(self, client: QueueClient, prompts: Sequence[Prompt]) -> str:
        """Make the id of a question, which is of these prompts as they are, and where their answers go."""
        shown = json.dumps([client.webhook_url, *map(list_fields, prompts)])
        return f"{self.prefix}-{client.id}-{hashlib.sha256(shown.encode()).hexdigest()[:16]}"


def list_fields(prompt: Prompt) -> list[tuple[str, str]]:
    """List what a prompt would send, where it goes, and where its answer does."""
    chat = prompt.chat
    place = f"{chat.title} ({chat.chat_id})" if chat.title and chat.chat_id else chat.chat_id or NEW_CHAT
    values = {
        "Chat": f"{place}, temporary" if prompt.temporary else place,
        "Project": prompt.project,
        "Model": prompt.model,
        "Answer goes to": prompt.result_url,
    }
    files = [("File", file["name"]) for file in prompt.attachments]
    return [("Prompt", prompt.message), *files, *((name, value) for name, value in values.items() if value)]


def is_waiting(client: QueueClient) -> bool:
    """Return whether a client waits for the person's answer."""
    return client.approved is None and client.waiting > 0
