"""Where the calls of /v1 are recorded."""

from typing import Protocol

from server.integrations.conversations.adapter.protocol import Answer, Turn
from server.integrations.conversations.spending import Reservation


class ExchangeRecorder(Protocol):
    """Stores the calls of /v1 as conversations."""

    async def record_exchange(
        self,
        client: str,
        project_id: str,
        turns: tuple[Turn, ...],
        answer: Answer,
        reservation: Reservation | None,
        previous_response_id: str = "",
    ) -> str:
        """Store a call in one transaction with its cost and its webhook events, and return the id of the conversation.

        It goes on with the conversation of the same client that begins with the first of the turns, or that has the response
        `previous_response_id`; else it begins one. Roles of turns: user, assistant, system, tool. `reservation` is settled by
        the answer's usage. `status` of the answer: completed, incomplete or, if the client left, cancelled.
        """
