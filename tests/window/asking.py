"""Somebody who asks the person, as calls, sign-ins and devices do: a real server with questions of the test's own."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from desktop.server_thread import BackgroundServer
from server.core.errors import InvalidInput, NotFound
from server.lifecycle.program import Options, Program
from server.sdk.approval_requests import ApprovalDuration, ApprovalRequest, ApprovalRequests, Kind
from tests.server.conftest import Served

MINUTES = 15
CODE = "4071"
LUNCH = "Hi Bob,\n\ndoes 12:30 work for you?\n\n<b>Ann</b>"
MAIL = (("Account", "alex@example.com"), ("To", "Bob <bob@example.com>"), ("Subject", "Lunch on Friday"), ("Body", LUNCH))
EVERY = (ApprovalDuration.once, ApprovalDuration.temporary, ApprovalDuration.recipients)
PROGRAM = (
    ("App", "Notepad"),
    ("Program", "/usr/bin/notepad"),
    ("Arguments", '["--new", "a file.txt"]'),
    ("Folder", "/home/alex"),
)
SIGN_IN = (
    ("Callback", "https://chatgpt.com/connector/oauth/abcdefghij0123456789"),
    ("It may", "read your mail\nsend mail, when you allow it"),
)


@dataclass
class PromptSource:
    """Keeps questions, and what was answered to them. A prefix of its own, beside those of the real sources."""

    prefix: str = "test"
    questions: dict[str, ApprovalRequest] = field(default_factory=dict)
    received: list[tuple[str, ...]] = field(default_factory=list)
    tries: int = 5

    async def list_requests(self) -> list[ApprovalRequest]:
        return list(self.questions.values())

    async def approve(self, question_id: str, extent: ApprovalDuration, code: str | None) -> str:
        question = self._find(question_id)
        if question.wants_code and code != CODE:
            self.tries -= 1
            raise InvalidInput(f"These are not the digits. {self.tries} more tries.")
        self.received.append(("yes", question_id, extent.value, code or ""))
        del self.questions[question_id]
        return "It is allowed, and runs now."

    async def deny(self, question_id: str, reason: str) -> str:
        self._find(question_id)
        self.received.append(("no", question_id, reason))
        del self.questions[question_id]
        return "It does not run."

    def _find(self, question_id: str) -> ApprovalRequest:
        if question_id not in self.questions:
            raise NotFound("This question waits no longer.")
        return self.questions[question_id]


@dataclass
class AskingProgram(Program):
    """A server with that prompt source."""

    source: PromptSource = field(default_factory=PromptSource)
    approval_requests: ApprovalRequests | None = None

    async def _stay(self, state: Any, on_ready: Any) -> None:
        self.approval_requests = state.context.approval_requests
        self.approval_requests.add(self.source)
        await super()._stay(state, on_ready)


@dataclass
class Asking(Served):
    """That server, while it runs."""

    program: AskingProgram = field(default_factory=lambda: AskingProgram(Options()))

    @property
    def received(self) -> list[tuple[str, ...]]:
        return self.program.source.received

    def ask(self, name: str = "1", sentence: str = "send mail to bob@example.com", **more: Any) -> str:
        """Add an approval request, with its notification."""
        now = datetime.now(UTC)
        question = ApprovalRequest(
            f"test-{name}", Kind.call, "my-gpt", sentence, now.isoformat(), (now + timedelta(minutes=MINUTES)).isoformat()
        )
        mail = {"fields": MAIL, "operation": "send_mail", "extents": EVERY, "recipients": ("bob@example.com",)}
        question = replace(question, **{**mail, **more})

        async def add() -> None:
            self.program.source.questions[question.id] = question
            assert self.program.approval_requests
            self.program.approval_requests.notify(question)

        self._do(add())
        return question.id

    def withdraw(self, question_id: str) -> None:
        """Nobody wants it any more."""

        async def take() -> None:
            del self.program.source.questions[question_id]
            assert self.program.approval_requests
            self.program.approval_requests.publish_change()

        self._do(take())

    def _do(self, work: Any) -> None:
        assert self.program._loop
        asyncio.run_coroutine_threadsafe(work, self.program._loop).result(30)


@contextmanager
def asking(data: Path, **options: Any) -> Iterator[Asking]:
    """Start it, in demo mode."""
    program = AskingProgram(Options(port=0, data_dir=data, demo=True), **options)
    background = BackgroundServer(program)
    ready = background.start()
    yield Asking(background, ready.public, ready.local, data, program=program)
    assert background.stop()
