"""The announcement of an integration that its dynamic operations have changed."""

from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet


async def ignore() -> None:
    """Do nothing, where no runtime uses the operations."""


async def ignore_names(prefix: str) -> None:
    """Do nothing, where no clients are known."""
    del prefix


class OperationChanges:
    """How an integration changes its dynamic operations. The runtime sets the functions.

    `list_names`: the names of all operations that do not come and go, which a dynamic one cannot have.
    `withdraw`: ends what clients may do without asking by operations whose names begin so. To be awaited before such names go
    to other operations than those that the person had in mind.
    """

    def __init__(self) -> None:
        self.apply: Callable[[], Awaitable[None]] = ignore
        self.list_names: Callable[[], AbstractSet[str]] = frozenset
        self.withdraw: Callable[[str], Awaitable[None]] = ignore_names

    async def refresh(self) -> None:
        """Put the dynamic operations in force as they are now. When it returns, routes, documents and tools have them.

        Raises InvalidInput if a name or a path is taken or not within the integration's prefixes; then the former stay.
        """
        await self.apply()
