"""Effects of calls that go to a model: which one, how many tokens at most, and at which price."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from server.core.errors import DeskhandError, InvalidInput
from server.core.invisible import show_line
from server.core.sentences import quote_unless_name
from server.integrations.conversations.adapter.protocol import Turn, Usage
from server.integrations.conversations.live.turns import estimate_tokens, round_up
from server.integrations.conversations.openai_account.connection import OpenAIConnection
from server.integrations.conversations.openai_account.money import format_dollars
from server.integrations.conversations.openai_account.settings import USUAL_OUTPUT
from server.integrations.conversations.openai_account.spending import calculate_units
from server.sdk.context import Context

UNKNOWN_MODEL = "the default model"
UNKNOWN_PRICE, NO_PRICE = "an unknown price", "no cost"


@dataclass(frozen=True)
class Cost:
    """Model, tokens at most and price of one request. `model`: empty if it cannot be known yet, without a key or OpenAI."""

    model: str
    input_tokens: int
    output_tokens: int
    price: str

    @property
    def model_name(self) -> str:
        """The model as it is shown. A delivered conversation may name anything."""
        return quote_unless_name(show_line(self.model)) if self.model else UNKNOWN_MODEL

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The fields of the Effect."""
        return (
            ("Model", self.model_name),
            ("Tokens at most", f"{self.input_tokens:,} in, {self.output_tokens:,} out"),
            ("Price at most", self.price),
        )


class Costs:
    """Foresees what requests cost."""

    def __init__(self, context: Context, openai: OpenAIConnection) -> None:
        self._context, self._openai = context, openai

    @property
    def most_output(self) -> int:
        """The most tokens of an answer to a client, which has a limit even where the person set none."""
        return self._openai.limits.max_output_tokens or USUAL_OUTPUT

    async def resolve_model(self, name: str, project_model: str = "") -> str:
        """Find the model that is meant; empty if OpenAI cannot be asked now. Raises InvalidInput for one that is gone."""
        try:
            return await self._openai.resolve_model(name, project_model)
        except InvalidInput:
            raise
        except DeskhandError:
            return name or project_model

    async def foresee(self, turns: Sequence[Turn], instructions: str, name: str, project_model: str) -> Cost:
        """Foresee the cost of an answer. Figures are rounded up, so that one more message seldom changes them."""
        model = await self.resolve_model(name, project_model)
        tokens = round_up(await asyncio.to_thread(estimate_tokens, turns, instructions, model))
        return Cost(model, tokens, self.most_output, await self._price(model, tokens))

    async def _price(self, model: str, tokens: int) -> str:
        if self._openai.is_free:
            return NO_PRICE
        usage = Usage(input_tokens=tokens, output_tokens=self.most_output)
        units = await asyncio.to_thread(calculate_units, model, usage, self._context.clock.now()) if model else None
        return UNKNOWN_PRICE if units is None else format_dollars(units)
