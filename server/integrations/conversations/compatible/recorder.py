"""What the calls of /v1 need of the other parts: `Chats` records them, `Spending` keeps them within budget."""

from typing import Any, Protocol

from server.integrations.conversations.adapter.protocol import Answer, Model, OpenAIApi, Turn


class ExchangeRecorder(Protocol):
    """Stores the calls of /v1 as conversations."""

    async def record_exchange(
        self,
        client: str,
        project_id: str,
        turns: tuple[Turn, ...],
        answer: Answer,
        reservation: Any,
        previous_response_id: str = "",
    ) -> str:
        """Store a call in one transaction with its cost and its webhook events, and return the id of the conversation.

        It goes on with the conversation of the same client that begins with the first of the turns, or that has the response
        `previous_response_id`; else it begins one. Roles of turns: user, assistant, system, tool. `reservation` is settled by
        the answer's usage. `status` of the answer: completed, incomplete or, if the client left, cancelled.
        """


class Budget(Protocol):
    """Keeps calls within the person's budget."""

    async def reserve(self, model: str, input_tokens: int, max_output: int | None, project: str, client_id: str) -> Any:
        """Reserve what a call may cost at most. Raises Forbidden beyond the budget."""

    async def release(self, reservation: Any) -> None:
        """Give a reservation back, as nothing was spent."""


class Limits(Protocol):
    """The person's options of each response."""

    @property
    def max_output_tokens(self) -> int | None:
        """The most tokens of an answer, where the client does not say it."""


class Settings(Protocol):
    """The person's settings."""

    @property
    def aliases(self) -> dict[str, str]:
        """Models by other names."""


class Connection(Protocol):
    """OpenAI, or a service that speaks like it."""

    @property
    def is_free(self) -> bool:
        """Return whether it is not OpenAI itself."""

    @property
    def limits(self) -> Limits:
        """The person's options."""

    @property
    def settings(self) -> Settings:
        """The person's settings."""

    async def list_models(self) -> list[Model]:
        """List the models for chats."""

    def api(self) -> OpenAIApi:
        """Return the API. Raises SignInNeeded."""

    async def resolve_model(self, name: str = "", project_model: str = "") -> str:
        """Find the model that a name means. Raises InvalidInput, which names current ones."""
