"""Durable sending: each message of a conversation goes out in its order and once, as soon as OpenAI can be reached."""

import asyncio
import logging
from contextlib import suppress

from server.core.errors import DeskhandError, SignInNeeded, Unavailable, UpstreamTimedOut
from server.integrations.conversations.adapter.protocol import Uncertain
from server.integrations.conversations.live.answer_streams import AnswerEnd, AnswerStreams
from server.integrations.conversations.live.events import ChatEvents
from server.integrations.conversations.live.exchange import Exchange, NotSent
from server.integrations.conversations.live.models import AnswerRow, AnswerState, Chat
from server.integrations.conversations.live.outcomes import SECTION, Outcomes
from server.integrations.conversations.models import ConversationsSettings
from server.integrations.conversations.openai_account.connection import OpenAIConnection
from server.integrations.conversations.store import answers, live
from server.sdk.context import Context

log = logging.getLogger(__name__)

SEND = "send messages to OpenAI"  # the name of the tasks: "Deskhand could not …"
LONGEST_SLEEP = 60.0  # seconds until the waiting messages are looked at again, whatever their times say
STOPPED = "Stopped."
LOST = "Deskhand stopped while this was being sent, so it is unknown whether OpenAI has it. It is not sent again by itself."
MISTAKE = "Deskhand made a mistake with this message. Its log says more."


class Sender:
    """Works on the open answers of all conversations, those of each one after the other."""

    def __init__(
        self,
        context: Context,
        openai: OpenAIConnection,
        exchange: Exchange,
        streams: AnswerStreams,
        events: ChatEvents,
        outcomes: Outcomes,
    ) -> None:
        self._context, self._openai, self._exchange = context, openai, exchange
        self._streams, self._events, self._outcomes = streams, events, outcomes
        self._database = context.database
        self._working: dict[int, asyncio.Task[None]] = {}
        self._talking: dict[str, asyncio.Task[None]] = {}  # by the id of the answer
        self._stopped: set[str] = set()
        self._woken = asyncio.Event()
        self._at_once = asyncio.Semaphore(self._settings().messages_at_once)

    async def run(self) -> None:
        """Send what waits until the program ends, and look up what was open when it ended the last time."""
        while True:
            self._woken.clear()
            pause = await self._start_due()
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._woken.wait()

    async def close(self) -> None:
        """End what is being sent; it is looked up at the next start."""
        tasks = list(self._working.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """Look at the waiting messages now."""
        self._woken.set()

    async def retry(self) -> None:
        """Try everything that waits once more, as the connection has changed."""
        await self._database.write(answers.wake)
        self.wake()

    async def create_thread(self, chat: Chat) -> str:
        """Create the Conversation at OpenAI of a chat without messages, or with its first one."""
        return await self._exchange.create_thread(self._openai.api(only_openai=True), chat)

    async def stop(self, key: int) -> None:
        """Stop the answers of a conversation. What was written so far stays."""
        for row in await self._database.read(answers.list_pending, key):
            if await self._database.write(answers.cancel, row, STOPPED):
                self._streams.close(AnswerEnd(id=row.id, state=AnswerState.failed, error=STOPPED))
            elif task := self._talking.get(row.id):
                self._stopped.add(row.id)
                task.cancel()

    async def _start_due(self) -> float:
        """Begin to work on the conversations whose turn it is; return the seconds until the next one."""
        now, pause = self._now(), LONGEST_SLEEP
        for key, next_at in (await self._database.read(answers.list_due)).items():
            if key in self._working:
                continue
            if next_at > now:
                pause = min(pause, next_at - now)
            else:
                self._working[key] = self._context.tasks.start(self._work(key), name=SEND)
        return pause

    async def _work(self, key: int) -> None:
        """Work on the open answers of a conversation, in their order, until one of them has to wait."""
        try:
            async with self._at_once:
                while (row := await self._database.read(answers.find_next, key)) and row.next_at <= self._now():
                    await self._answer(row)
        except Unavailable:  # a full disk
            log.exception("What became of a message could not be stored.")
            await asyncio.sleep(self._settings().retry_seconds)
        finally:
            self._working.pop(key, None)
            self.wake()

    async def _answer(self, row: AnswerRow) -> None:
        """Bring one answer as far as it gets."""
        retrieving = row.state is AnswerState.running
        if retrieving and not row.response_id:
            await self._fail(row, AnswerState.uncertain, LOST)
            return
        task = asyncio.create_task(self._exchange.retrieve(row) if retrieving else self._exchange.send(row))
        self._talking[row.id] = task
        try:
            await task
        except asyncio.CancelledError:
            if row.id not in self._stopped:
                raise
            await self._finish_stopped(row)
        except (NotSent, DeskhandError) as error:
            await self._note_error(row, error, retrieving=retrieving)
        except Exception:
            log.exception("A message could not be sent.")
            await self._fail(row, AnswerState.uncertain if retrieving else AnswerState.failed, MISTAKE)
        finally:
            self._talking.pop(row.id, None)
            self._stopped.discard(row.id)

    async def _note_error(self, row: AnswerRow, error: NotSent | DeskhandError, *, retrieving: bool) -> None:
        """Record why there is no answer, or when the next attempt is."""
        if isinstance(error, NotSent):
            await self._postpone(row, error.cause)
        elif retrieving and isinstance(error, SignInNeeded):
            await self._database.write(answers.look_later, row.id, self._next_time(row, error))
        elif isinstance(error, Uncertain | UpstreamTimedOut):
            await self._fail(row, AnswerState.uncertain, error.detail)
        else:
            await self._fail(row, AnswerState.failed, error.detail)

    async def _postpone(self, row: AnswerRow, error: DeskhandError) -> None:
        """Try again after a while."""
        await self._database.write(answers.postpone, row.id, error.detail, self._next_time(row, error))
        await self._publish(row)

    def _next_time(self, row: AnswerRow, error: DeskhandError) -> float:
        """Return when to try again: after twice as long each time, or as long as OpenAI says."""
        settings = self._settings()
        delay = min(settings.retry_seconds * float(2 ** min(row.attempts, 20)), settings.longest_retry_seconds)
        return self._now() + max(delay, error.retry_after or 0)

    async def _finish_stopped(self, row: AnswerRow) -> None:
        """Keep what a model wrote until it was stopped."""
        text = self._streams.open(row.id).text
        latest = await self._database.read(answers.find, row.id)
        if latest and latest.response_id:
            with suppress(DeskhandError):  # it goes on at OpenAI, and nobody looks at it
                await self._openai.api().cancel_response(latest.response_id)
        await self._outcomes.keep_partial(row, text) if text else await self._fail(row, AnswerState.failed, STOPPED)

    async def _fail(self, row: AnswerRow, state: AnswerState, reason: str) -> None:
        text = self._streams.open(row.id).text
        await self._outcomes.fail(row, state, reason, text)
        self._streams.close(AnswerEnd(id=row.id, state=state, text=text, error=reason))

    async def _publish(self, row: AnswerRow) -> None:
        if chat := await self._database.read(live.read, row.conversation):
            self._events.publish(chat)

    def _now(self) -> float:
        return self._context.clock.now().timestamp()

    def _settings(self) -> ConversationsSettings:
        return self._context.settings.read(SECTION, ConversationsSettings)
