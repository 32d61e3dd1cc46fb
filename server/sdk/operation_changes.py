"""The announcement of an integration that its dynamic operations have changed."""

from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet


async def ignore() -> None:
    """Do nothing, where no runtime uses the operations."""


class OperationChanges:
    """How an integration changes its dynamic operations. The runtime sets `apply` and `list_names`.

    `list_names`: the names of all operations that do not come and go, which a dynamic one cannot have.
    """

    def __init__(self) -> None:
        self.apply: Callable[[], Awaitable[None]] = ignore
        self.list_names: Callable[[], AbstractSet[str]] = frozenset

    async def refresh(self) -> None:
        """Put the dynamic operations in force as they are now. When it returns, routes, documents and tools have them.

        Raises InvalidInput if a name or a path is taken or not within the integration's prefixes; then the former stay.
        """
        await self.apply()
