"""A Hypothesis state machine: a queue over a real database beside a model of what it must do.

The model is a list. It knows which prompt is next, what an extension has typed on the page, and what was told by webhook.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from server.core.errors import Conflict
from server.integrations.queue.models import Decision, PromptFailure, PromptFilter, PromptResult, QueueSettings
from server.integrations.queue.queue import SECTION, Queue
from server.integrations.queue.states import ENDED, HELD, State
from server.storage.database import Database
from tests.server.integrations.queue.queue_setup import (
    CLIENT,
    OTHER,
    UNLIMITED,
    URL,
    MovableClock,
    QueueRoom,
    open_context,
    open_database,
)

R = TypeVar("R")
ATTEMPTS = 2
WORKERS = ("first", "second")


@dataclass
class Expected:
    """A prompt as it must be. `typed`: how often it was entered on the page; `allowed`: how often it may be."""

    id: str
    key: str
    place: float
    priority: int
    state: State = State.idle
    token: int = 0
    worker: str = ""
    attempts: int = 0
    ends: int = 0
    typed: int = 0
    allowed: int = 1
    may_be_late: bool = False
    old_tokens: list[int] = field(default_factory=list)


def run_machine(machine: type["QueueMachine"], examples: int, steps: int, *, is_random: bool) -> None:
    """Run a machine so many times; the same steps each time unless they are random."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=not is_random,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=chosen)


class QueueMachine(RuleBasedStateMachine):
    """Steps of clients, extensions, the person, time and crashes."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = MovableClock()
        self.expected: list[Expected] = []
        self.places = 0

    def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Run something on the loop of the queue."""
        return self.runner.run(work)

    def open_database(self) -> Database:
        """Open the database under test."""
        return open_database(Path(self.folder.name))

    async def open(self) -> None:
        """Open the queue, as after a crash."""
        context = open_context(Path(self.folder.name), self.clock, self.open_database())
        self.room = QueueRoom(context, Queue(context), self.clock)

    async def close(self) -> None:
        """Close the database."""
        await self.room.context.http.close()
        await self.room.context.database.close()

    @initialize()
    def begin(self) -> None:
        async def prepare() -> None:
            await self.open()
            await self.room.context.settings.write(SECTION, QueueSettings(**UNLIMITED, most_attempts=ATTEMPTS))
            for client in (CLIENT, OTHER):
                await self.room.queue.set_webhook(client, URL)
                await self.room.queue.set_approval(client.id, approved=True)

        self.run(prepare())

    def teardown(self) -> None:
        self.run(self.close())
        self.runner.close()
        self.folder.cleanup()

    def next_place(self) -> float:
        """Number the end of the queue."""
        self.places += 1
        return float(self.places)

    def find_next(self) -> Expected | None:
        """Find the prompt that must be claimed next."""
        firsts: dict[str, Expected] = {}
        for item in sorted((item for item in self.expected if item.state == State.idle), key=lambda item: item.place):
            firsts.setdefault(item.key, item)
        held = {item.key for item in self.expected if item.state in HELD}
        free = [item for key, item in firsts.items() if key not in held]
        return min(free, key=lambda item: (-item.priority, item.place), default=None)

    def choose(self, data: st.DataObject, *states: State) -> Expected:
        """Choose a prompt in one of some states."""
        return data.draw(st.sampled_from([item for item in self.expected if item.state in states]))

    def has(self, *states: State) -> bool:
        """Return whether there is a prompt in one of some states."""
        return any(item.state in states for item in self.expected)

    def end(self, item: Expected, state: State) -> None:
        """Expect that a prompt has ended."""
        item.state, item.worker, item.ends, item.may_be_late = state, "", item.ends + 1, False

    def put_back(self, item: Expected) -> None:
        """Expect that a prompt is idle again, and that the token of its lease is worth nothing."""
        item.old_tokens.append(item.token)
        item.state, item.worker, item.token, item.may_be_late = State.idle, "", item.token + 1, False

    # clients

    @rule(chat=st.sampled_from([None, "a", "b"]), client=st.sampled_from([CLIENT, OTHER]), priority=st.integers(0, 1))
    def submit(self, chat: str | None, client: Any, priority: int) -> None:
        made = self.run(self.room.submit("Hello", chat, client, priority=priority))
        self.expected.append(Expected(made.id, chat or made.id, self.next_place(), priority))

    @precondition(lambda self: self.has(State.idle))
    @rule(data=st.data())
    def edit(self, data: st.DataObject) -> None:
        item = self.choose(data, State.idle)
        self.run(self.room.queue.edit(item.id, "Changed"))
        self.put_back(item)

    @precondition(lambda self: self.has(State.idle, *HELD))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        item = self.choose(data, State.idle, *HELD)
        self.run(self.room.queue.cancel(item.id))
        self.end(item, State.cancelled)

    @precondition(lambda self: self.has(State.failed, State.cancelled))
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        item = self.choose(data, State.failed, State.cancelled)
        self.run(self.room.queue.retry(item.id))
        self.put_back(item)
        item.place, item.attempts, item.allowed = self.next_place(), 0, item.allowed + 1

    @precondition(lambda self: self.has(*ENDED))
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        item = self.choose(data, *ENDED)
        self.run(self.room.queue.replay(item.id))
        self.put_back(item)
        item.place, item.attempts, item.allowed = self.next_place(), 0, item.allowed + 1

    @precondition(lambda self: self.has(State.idle))
    @rule(data=st.data())
    def move_to_end(self, data: st.DataObject) -> None:
        item = self.choose(data, State.idle)
        self.run(self.room.queue.reorder(item.id, None))
        item.place = self.next_place()
        item.priority = min(each.priority for each in self.expected if each.state == State.idle)

    @precondition(lambda self: sum(item.state == State.idle for item in self.expected) > 1)
    @rule(data=st.data())
    def move_before(self, data: st.DataObject) -> None:
        item, other = self.choose(data, State.idle), self.choose(data, State.idle)
        self.run(self.room.queue.reorder(item.id, other.id))
        if item is not other:
            before = max((each.place for each in self.expected if each.place < other.place), default=other.place - 1)
            item.place, item.priority = (before + other.place) / 2, other.priority

    # extensions

    @rule(worker=st.sampled_from(WORKERS))
    def claim(self, worker: str) -> None:
        lease, item = self.run(self.room.queue.claim(worker, {"find"})), self.find_next()
        assert (lease and lease.prompt.id) == (item and item.id)
        if lease and item:
            assert lease.token > item.token or item.token == 0
            item.old_tokens.append(item.token)
            item.state, item.worker, item.token, item.may_be_late = State.leased, worker, lease.token, False

    @precondition(lambda self: self.has(State.leased, State.uncertain))
    @rule(data=st.data(), worker=st.sampled_from(WORKERS))
    def acknowledge(self, data: st.DataObject, worker: str) -> None:
        item = self.choose(data, State.leased, State.uncertain)
        self.run(self.room.queue.acknowledge(item.id, item.token, worker))
        item.typed += item.state == State.leased  # an extension that is back types nothing again
        item.state, item.worker = State.executing, worker

    @precondition(lambda self: self.has(*HELD))
    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        item = self.choose(data, *HELD)
        for _ in range(2):  # its acknowledgement may be lost
            done = self.run(self.room.queue.complete(item.id, item.token, PromptResult("World")))
            assert (done.state, done.response) == (State.done, "World")
        self.end(item, State.done)

    @precondition(lambda self: any(item.may_be_late for item in self.expected))
    @rule(data=st.data())
    def complete_late(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from([item for item in self.expected if item.may_be_late]))
        self.run(self.room.queue.complete(item.id, item.token, PromptResult("Late")))
        self.end(item, State.done)

    @precondition(lambda self: self.has(*HELD))
    @rule(data=st.data(), sent=st.booleans())
    def fail(self, data: st.DataObject, sent: bool) -> None:
        item = self.choose(data, *HELD)
        self.run(self.room.queue.fail(item.id, item.token, PromptFailure("page", "It failed.", sent=sent)))
        item.attempts += 1
        if sent or item.attempts == ATTEMPTS:
            self.end(item, State.failed)
        else:
            self.put_back(item)
            item.allowed += 1  # it says that nothing was sent

    @precondition(lambda self: self.has(*HELD))
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        item = self.choose(data, *HELD)
        item.allowed += item.state is not State.leased  # it says that nothing was sent
        self.run(self.room.queue.release(item.id, item.token))
        self.put_back(item)

    @precondition(lambda self: any(item.old_tokens for item in self.expected))
    @rule(data=st.data())
    def use_old_token(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from([item for item in self.expected if item.old_tokens]))
        token = data.draw(st.sampled_from(item.old_tokens))
        for call in (
            self.room.queue.complete(item.id, token, PromptResult("Wrong")),
            self.room.queue.fail(item.id, token, PromptFailure("page", "Wrong", sent=False)),
            self.room.queue.acknowledge(item.id, token),
        ):
            with pytest.raises(Conflict):
                self.run(call)

    # what goes wrong

    def lose(self, lost: list[Expected]) -> None:
        """Expect that extensions are lost."""
        for item in lost:
            if item.state == State.leased:
                self.put_back(item)
            else:
                item.state, item.worker = State.uncertain, ""

    @rule(worker=st.sampled_from(WORKERS))
    def lose_connection(self, worker: str) -> None:
        self.run(self.room.queue.lose(worker))
        self.lose([item for item in self.expected if item.worker == worker and item.state in {State.leased, State.executing}])

    @rule(worker=st.sampled_from(WORKERS))
    def fall_asleep(self, worker: str) -> None:
        self.clock.move(seconds=50)
        self.run(self.room.queue.heartbeat(worker))
        self.clock.move(seconds=50)
        self.run(self.room.queue.expire_leases())
        held = [item for item in self.expected if item.state in {State.leased, State.executing}]
        self.lose([item for item in held if item.worker != worker])

    @rule()
    def crash(self) -> None:
        self.run(self.close())
        self.run(self.open())

    # the person

    @precondition(lambda self: self.has(State.uncertain))
    @rule(data=st.data(), decision=st.sampled_from([Decision.resend, Decision.fail, Decision.answered("Found")]))
    def resolve(self, data: st.DataObject, decision: Decision) -> None:
        item = self.choose(data, State.uncertain)
        resolved = self.run(self.room.queue.resolve(item.id, decision))
        if decision is Decision.resend:
            assert resolved.find_first
            item.state, item.worker, item.may_be_late, item.allowed = State.idle, "", True, item.allowed + 1
        else:
            self.end(item, resolved.state)

    # what always holds

    @invariant()
    def states_are_as_expected(self) -> None:
        page = self.run(self.room.queue.list(PromptFilter(limit=1_000)))
        assert {item.id: item.state for item in self.expected} == {prompt.id: prompt.state for prompt in page.items}
        assert {prompt.id: prompt.token for prompt in page.items} == {item.id: item.token for item in self.expected}

    @invariant()
    def one_prompt_of_a_chat_is_held(self) -> None:
        held = Counter(item.key for item in self.expected if item.state in HELD)
        assert all(count == 1 for count in held.values())

    @invariant()
    def nothing_is_typed_again_by_itself(self) -> None:
        assert all(item.typed <= item.allowed for item in self.expected)

    @invariant()
    def each_end_has_its_webhook(self) -> None:
        ids = [message_id for message_id, _ in self.run(self.room.webhooks())]
        assert len(ids) == len(set(ids)) == sum(item.ends for item in self.expected)
