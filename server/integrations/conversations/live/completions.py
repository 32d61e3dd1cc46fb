"""Answers of models without a conversation."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from server.core.errors import DeskhandError, UpstreamFailed, UpstreamTimedOut
from server.integrations.conversations.adapter.protocol import Answer, OpenAIApi, ResponseRequest, Turn, Uncertain
from server.integrations.conversations.live.models import Project
from server.integrations.conversations.live.operation_models import CompletionOrder
from server.integrations.conversations.live.polling import poll
from server.integrations.conversations.live.recording import Recorder
from server.integrations.conversations.live.turns import bound_tokens
from server.integrations.conversations.models import Source
from server.integrations.conversations.openai_account.connection import OpenAIConnection
from server.integrations.conversations.openai_account.spending import Spending

FAILED = "The model could not answer this."


class Completions:
    """Asks models, within budget."""

    def __init__(self, openai: OpenAIConnection, spending: Spending, recorder: Recorder) -> None:
        self._openai, self._spending, self._recorder = openai, spending, recorder

    async def complete(
        self, turns: Sequence[Turn], model: str, project: Project, client: str, most_output: int
    ) -> tuple[Answer, str | None]:
        """Ask a model once; return its answer, and the id of the conversation that it is stored as if there is a project.

        Raises what OpenAI's API raises; Uncertain if the answer was lost.
        """
        api, listed = self._openai.api(), tuple(turns)
        tokens = await asyncio.to_thread(bound_tokens, listed, project.instructions, model)
        reservation = await self._spending.reserve(model, tokens, most_output, project.id, client)
        request = ResponseRequest(
            model=model,
            turns=listed,
            instructions=project.instructions,
            max_output_tokens=most_output,
            service_tier=reservation.tier,
            temperature=self._openai.limits.temperature,
        )
        try:
            answer = await self._respond(api, request)
        except (Uncertain, UpstreamTimedOut, asyncio.CancelledError):  # it may be billed
            await self._spending.settle(reservation, None)
            raise
        except DeskhandError:
            await self._spending.release(reservation)
            raise
        if not project.id:
            await self._spending.settle(reservation, answer.usage, answer.model, answer.service_tier)
            chat_id = None
        else:
            chat = await self._recorder.record(client, project.id, listed, answer, reservation, source=Source.openai)
            chat_id = chat.id
        if answer.status not in {"completed", "incomplete"}:
            raise UpstreamFailed(answer.error or FAILED)
        return answer, chat_id

    async def _respond(self, api: OpenAIApi, request: ResponseRequest) -> Answer:
        answer: Answer | None = None
        try:
            async with aclosing(api.respond(request)) as items:
                async for item in items:
                    answer = item if isinstance(item, Answer) else answer
        except Uncertain as error:
            if not error.response_id:
                raise
            return await poll(api, error.response_id, self._recorder.events.wait_for_response)
        if answer is None:
            raise Uncertain
        return answer


def make_turns_of(order: CompletionOrder) -> tuple[Turn, ...]:
    """Make the turns of a question."""
    return tuple(Turn(role="system" if turn.role == "developer" else turn.role, text=turn.text) for turn in order.messages)
