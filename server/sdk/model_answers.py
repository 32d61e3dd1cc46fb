"""Answers of models over an API, which one integration offers under the Protocol of this module and others use."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from server.core.errors import UpstreamFailed


class AnswerLost(UpstreamFailed):
    """The question was sent, but no answer arrived. It may have been answered and paid for."""


@dataclass(frozen=True)
class ModelTurn:
    """A message of a conversation. `role`: user or assistant."""

    role: str
    text: str


@dataclass(frozen=True)
class ModelAnswer:
    """An answer and the model that gave it."""

    text: str
    model: str


class ModelAnswers(Protocol):
    """Asks models at the person's cost, within their budget."""

    @property
    def is_ready(self) -> bool:
        """Return whether models can be asked: there is a key, or none is needed."""

    async def answer(self, turns: Sequence[ModelTurn], *, model: str = "", client: str = "") -> ModelAnswer:
        """Ask a model once. `model`: empty for the person's default.

        Raises AnswerLost if it is unknown whether the question was answered. After any other DeskhandError nothing was answered.
        """
