"""The OpenAI API as the queue uses it: a provider of another integration, of which tests decide what it answers."""

import asyncio
from collections.abc import Sequence

from server.sdk.model_answers import ModelAnswer, ModelTurn


class Answering:
    """Answers each question with its last message in capitals, or raises what is put into `errors`, one for each question.

    While `thinks`, it answers none; `stopped` are the questions that were cancelled.
    """

    def __init__(self) -> None:
        self.is_ready = True
        self.errors: list[Exception] = []
        self.thinks = False
        self.asked, self.stopped = asyncio.Event(), list[str]()
        self.questions: list[tuple[list[str], str, str]] = []

    async def answer(self, turns: Sequence[ModelTurn], *, model: str = "", client: str = "") -> ModelAnswer:
        self.questions.append(([turn.text for turn in turns], model, client))
        self.asked.set()
        while self.thinks:
            try:
                await asyncio.Future[None]()
            except asyncio.CancelledError:
                self.stopped.append(turns[-1].text)
                raise
        if self.errors:
            raise self.errors.pop(0)
        return ModelAnswer(turns[-1].text.upper(), model or "gpt-6-luna")
