"""Conversations of the person's own history, which one integration fetches and another one archives."""

from typing import Any, Protocol


class HistoryImport(Protocol):
    """Takes conversations in the form of ChatGPT's export."""

    async def take(self, conversations: list[dict[str, Any]], *, last: bool) -> None:
        """Store conversations durably. They are imported together with others, at the latest with the `last` ones."""
