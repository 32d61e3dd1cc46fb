"""Copies of conversations at OpenAI: a run that creates a Conversation there for each one that has none."""

import asyncio
import logging
import secrets
import uuid
from typing import Any

from server.core.errors import DeskhandError, NotFound, SignInNeeded, TooManyRequests, Unavailable
from server.integrations.conversations.adapter.protocol import OpenAIApi, Uncertain
from server.integrations.conversations.live.copies import Copies
from server.integrations.conversations.live.events import TOPIC
from server.integrations.conversations.live.images import Images
from server.integrations.conversations.live.models import Chat
from server.integrations.conversations.live.sync_models import FailedItem, SyncItem, SyncPlan, SyncRun, SyncState
from server.integrations.conversations.live.turns import make_turns
from server.integrations.conversations.openai_account.connection import OpenAIConnection
from server.integrations.conversations.store import live, syncs
from server.sdk.context import Context

log = logging.getLogger(__name__)

RUN = "copy conversations to OpenAI"  # the name of the task: "Deskhand could not …"
NO_SYNC = "There is no such run."
NOT_IMPORTED = "There is no imported conversation with the id {id}."
UNCERTAIN = "OpenAI's answer was lost, so it is unknown whether it has this one. It is not sent again by itself."
STOPPED = "Deskhand stopped while it was being copied, so it is unknown whether OpenAI has it."
GONE = "It was deleted."
PAUSE_SECONDS, LONGEST_PAUSE = 2.0, 300.0  # before another attempt while OpenAI is out of reach


class Syncs:
    """Runs of copying, one at a time. A run that was interrupted goes on at the next start."""

    def __init__(self, context: Context, openai: OpenAIConnection, copies: Copies) -> None:
        self._context, self._openai, self._copies = context, openai, copies
        self._database = context.database
        self._images = Images(context)
        self._task: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()

    async def plan(self, imported: list[str], project: str) -> SyncPlan:
        """Select what a run would copy: live conversations without a Conversation at OpenAI, and the imported ones named.

        Those that a run has copied are left out: a second copy would be another conversation. Raises NotFound.
        """
        chosen = await self._database.read(syncs.list_without_thread, project)
        counted = await self._copies.count(imported)
        if unknown := set(imported).difference(counted.chats):
            raise NotFound(NOT_IMPORTED.format(id=min(unknown)))
        if copied := await self._database.read(syncs.list_copied, imported):
            counted = await self._copies.count([chat_id for chat_id in imported if chat_id not in copied])
        return SyncPlan(live=chosen, imported=counted)

    async def start(self, plan: SyncPlan, client: str) -> SyncRun:
        """Begin a run; it goes on in the background."""
        run = SyncRun(id=f"sync-{secrets.token_hex(8)}", client=client, total=len(plan.items), started_at=self._now())
        await self._database.write(syncs.add, run, plan.items)
        self.resume()
        return run

    def resume(self) -> None:
        """Work on the runs that are open."""
        if self._task is None or self._task.done():
            self._task = self._context.tasks.start(self._work(), name=RUN)

    async def recover(self) -> None:
        """Go on with what was interrupted. What was being sent is not sent again."""
        await self._database.write(syncs.fail_interrupted, STOPPED)
        self.resume()

    async def find(self, run_id: str, client: str | None) -> SyncRun:
        """Find a run; a client finds its own, None: the person's and everybody's. Raises NotFound."""
        run = await self._database.read(syncs.find, run_id)
        if run is None or client not in {None, run.client}:
            raise NotFound(NO_SYNC)
        return run

    async def cancel(self, run_id: str, client: str | None) -> SyncRun:
        """Cancel a run. What it has copied stays at OpenAI."""
        await self.find(run_id, client)
        await self._database.write(syncs.end, run_id, SyncState.cancelled, self._now())
        self._woken.set()
        return await self.find(run_id, client)

    async def close(self) -> None:
        """End the work until the next start."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        while run := await self._database.read(syncs.find_open):
            await self._copy_all(run)

    async def _copy_all(self, run: SyncRun) -> None:
        pause = PAUSE_SECONDS
        while item := await self._database.read(syncs.find_next, run.id):
            try:
                await self._copy(run, item)
                pause = PAUSE_SECONDS
            except (Unavailable, SignInNeeded, TooManyRequests) as error:  # nothing was sent
                await self._database.write(syncs.postpone, run.id, item, error.detail)
                await self._sleep(max(pause, error.retry_after or 0))
                pause = min(pause * 2, LONGEST_PAUSE)
            except DeskhandError as error:
                reason = UNCERTAIN if isinstance(error, Uncertain) else error.detail
                await self._fail(run, item, reason)
            except Exception:
                log.exception("A conversation could not be copied.")
                await self._fail(run, item, DeskhandError().detail)
            self._context.events.publish(TOPIC, {"sync": run.id})
        await self._database.write(syncs.end, run.id, SyncState.done, self._now())
        self._context.events.publish(TOPIC, {"sync": run.id})

    async def _copy(self, run: SyncRun, item: SyncItem) -> None:
        api = self._openai.api(only_openai=True)
        chat_id = make_copy_id(run, item) if item.imported else item.chat
        chat = await self._database.read(live.find, chat_id)
        if chat is None and item.imported:
            chat = await self._copies.make(item.chat, run.client, new_id=chat_id)
        if chat is None:
            await self._fail(run, item, GONE)
        elif chat.thread_id:
            await self._database.write(syncs.finish, run.id, item)
        elif await self._database.write(syncs.begin, run.id, item):
            await self._create(api, run, item, chat)

    async def _create(self, api: OpenAIApi, run: SyncRun, item: SyncItem, chat: Chat) -> None:
        path = await self._database.read(live.read_path, chat.key, chat.current_message)
        turns = make_turns(path, await self._images.read(chat, path))
        thread_id = await api.create_conversation({"deskhand": chat.id}, turns)

        def store(connection: Any) -> None:
            live.claim_thread(connection, chat.id, thread_id, path[-1].id if path else "", self._now())
            syncs.finish(connection, run.id, item)

        await self._database.write(store)

    async def _fail(self, run: SyncRun, item: SyncItem, reason: str) -> None:
        chat = await self._database.read(live.find, item.chat)
        failed = FailedItem(id=item.chat, title=chat.title if chat else "", reason=reason)
        await self._database.write(syncs.fail, run.id, item, failed)

    async def _sleep(self, seconds: float) -> None:
        self._woken.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def wake(self) -> None:
        """Try again now, as the connection has changed."""
        self._woken.set()

    def _now(self) -> float:
        return self._context.clock.now().timestamp()


def make_copy_id(run: SyncRun, item: SyncItem) -> str:
    """Make the id of the copy of an imported conversation, which is the same at each attempt: it is copied once."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{run.id}/{item.chat}"))
