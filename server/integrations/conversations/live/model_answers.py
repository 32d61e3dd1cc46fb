"""Answers of OpenAI's models for other integrations."""

from collections.abc import Sequence

from server.core.errors import UpstreamTimedOut
from server.integrations.conversations.adapter.protocol import Turn, Uncertain
from server.integrations.conversations.live.completions import Completions
from server.integrations.conversations.live.models import Project
from server.integrations.conversations.openai_account.connection import OpenAIConnection
from server.integrations.conversations.openai_account.settings import USUAL_OUTPUT
from server.sdk.model_answers import AnswerLost, ModelAnswer, ModelTurn

NO_PROJECT = Project(id="", name="")


class OpenAIAnswers:
    """Offers answers of OpenAI's models, within the budget."""

    def __init__(self, openai: OpenAIConnection, completions: Completions) -> None:
        self._openai, self._completions = openai, completions

    @property
    def is_ready(self) -> bool:
        """Return whether there is a key, or none is needed."""
        return self._openai.is_usable

    async def answer(self, turns: Sequence[ModelTurn], *, model: str = "", client: str = "") -> ModelAnswer:
        """Ask a model once. Raises AnswerLost, and other errors if nothing was answered."""
        resolved = await self._openai.resolve_model(model)
        most_output = self._openai.limits.max_output_tokens or USUAL_OUTPUT
        listed = [Turn(role=turn.role, text=turn.text) for turn in turns]
        try:
            answer, _ = await self._completions.complete(listed, resolved, NO_PROJECT, client, most_output)
        except (Uncertain, UpstreamTimedOut) as error:
            raise AnswerLost from error
        return ModelAnswer(answer.text, answer.model or resolved)
