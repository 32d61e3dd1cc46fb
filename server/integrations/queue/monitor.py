"""The queue as the window and the command line see it."""

from contextlib import suppress

from server.core.errors import Conflict, Forbidden, NotFound
from server.integrations.queue import local_models as views
from server.integrations.queue.models import Decision, DecisionKind, Lane, QueueSettings
from server.integrations.queue.monitor_views import write_details, write_row, write_time
from server.integrations.queue.queue import SECTION, Queue
from server.integrations.queue.store import monitor as store
from server.sdk.model_answers import ModelAnswers

MOST_CHATS = 500
NOT_WAITING = "Only a prompt that waits can be moved."
NO_NUMBER = "There is no prompt {number}."
NO_API = "The OpenAI API cannot be used. Enter a key in Deskhand's window, under Conversations."


class Monitor:
    """Reads the queue for the person, and carries out what they decide."""

    def __init__(self, queue: Queue) -> None:
        self._queue, self._context = queue, queue.context
        self._database = queue.context.database

    async def summarize(self, connected: int = 0, paired: int = 0, problem: str | None = None) -> views.QueueOverview:
        """Summarize the queue and these browsers in numbers."""
        summary = await self._queue.summarize()
        return views.QueueOverview(
            waiting=summary.waiting,
            running=summary.running,
            uncertain=summary.uncertain,
            done_today=summary.done_today,
            failed_today=summary.failed_today,
            dead=summary.dead,
            paused=summary.paused,
            draining=summary.draining,
            limit_until=write_time(summary.limit_until),
            cap=views.QueueCap(used=summary.sent_today, most=summary.daily_cap),
            approval_needed=[views.WaitingClient(id=client.id, name=client.name) for client in summary.approval_needed],
            browsers=connected,
            paired=paired,
            problem=problem,
            api_ready=self.can_spend,
            rules=self.read_rules(),
        )

    @property
    def can_spend(self) -> bool:
        """Return whether the OpenAI API can be used."""
        answers = self._context.offers.find(ModelAnswers)
        return answers is not None and answers.is_ready

    def read_rules(self) -> views.QueueRules:
        """Read the person's rules."""
        return views.QueueRules.model_validate(self._queue.read_settings(), from_attributes=True)

    async def change_rules(self, change: views.QueueRulesChange) -> views.QueueRules:
        """Change the person's rules; what is left out stays."""
        given = change.model_dump(exclude_unset=True)
        changes = {name: value for name, value in given.items() if value is not None or name == "daily_cap"}

        def apply(settings: QueueSettings) -> QueueSettings:
            return QueueSettings.model_validate({**settings.model_dump(), **changes})

        await self._context.settings.change(SECTION, QueueSettings, apply)
        self._queue.changes.publish()
        return self.read_rules()

    async def list(self, selection: store.Selection, offset: int, limit: int) -> views.QueuePage:
        """List the prompts at an offset."""
        rows, total = await self._database.read(store.list_page, selection, offset, limit)
        return views.QueuePage(prompts=[write_row(row) for row in rows], total=total)

    async def list_chats(self) -> views.QueueChats:
        """List the chats whose title is known."""
        rows = await self._database.read(store.list_chats, MOST_CHATS)
        return views.QueueChats(chats=[views.QueueChat(**row) for row in rows])

    async def find_id(self, number: int) -> str:
        """Find the id of a prompt by its number. Raises NotFound."""
        prompt_id = await self._database.read(store.find_id, number)
        if prompt_id is None:
            raise NotFound(NO_NUMBER.format(number=number))
        return prompt_id

    async def show(self, prompt_id: str) -> views.QueuePromptDetails:
        """Show a prompt with all of its text. Raises NotFound."""
        prompt = await self._queue.read(prompt_id)
        return write_details(prompt, (await self._queue.find_places(prompt)).get(prompt_id))

    async def move(self, prompt_id: str, place: views.Place) -> None:
        """Move a prompt among those that wait. Raises Conflict if it does not wait."""
        waiting = await self._database.read(store.list_waiting)
        if prompt_id not in waiting:
            raise Conflict(NOT_WAITING)
        index = waiting.index(prompt_id)
        others = [waiting_id for waiting_id in waiting if waiting_id != prompt_id]
        target = {"first": 0, "up": max(index - 1, 0), "down": index + 1, "last": len(others)}[place]
        await self._queue.reorder(prompt_id, others[target] if target < len(others) else None)

    async def replay(self, prompt_id: str, lane: Lane, model: str) -> None:
        """Put a prompt back into the queue for another answer. Raises Conflict if the API was chosen and cannot be used."""
        if lane is Lane.api and not self.can_spend:
            raise Conflict(NO_API)
        await self._queue.replay(prompt_id, lane, model or None)

    async def resolve(self, prompt_id: str, resolution: views.Resolution) -> None:
        """Apply the person's decision on an uncertain prompt."""
        kind = DecisionKind(resolution.decision)
        await self._queue.resolve(
            prompt_id, Decision.answered(resolution.text) if kind is DecisionKind.answered else Decision(kind)
        )

    async def retry_dead(self) -> int:
        """Put all dead letters back into the queue, except those of clients that the person refused; return their number."""
        count = 0
        for prompt_id in await self._database.read(store.list_dead):
            with suppress(Forbidden):
                await self._queue.retry(prompt_id)
                count += 1
        return count

    async def discard_dead(self) -> int:
        """Discard all dead letters; return their number."""
        count = await self._database.write(store.discard_dead)
        self._queue.changes.publish()
        return count
