"""Branches of live conversations as they are shown: with the imported history of one that was delivered and imported."""

from server.integrations.conversations.library.delivered import Merged, find_merged, read_path
from server.integrations.conversations.live.models import Chat, PathMessage
from server.integrations.conversations.models import Frozen
from server.integrations.conversations.store import answers, live
from server.integrations.conversations.store.reading import Row
from server.sdk.context import Context


class Branch(Frozen):
    """The messages from the first one on. `imported`: the key of the imported conversation that some are from.

    `history`: the digest of the delivered ones, if it is the branch that is shown.
    """

    messages: list[PathMessage]
    imported: int | None = None
    history: str = ""


class BranchEnd(Frozen):
    """The message that is shown last in a merged conversation: one that is here, or an imported one; empty: another one."""

    here: str = ""
    imported: str = ""


class Branches:
    """Reads branches."""

    def __init__(self, context: Context) -> None:
        self._database, self._archive = context.database, context.archive

    async def complete(self, chat: Chat, path: list[PathMessage]) -> Branch:
        """Add imported history to the path of a message."""
        merged = await self._find(chat)
        rows = await read_path(self._archive, merged, path[-1].id) if merged and path else []
        return make_branch(rows, merged) if merged and rows else Branch(messages=path)

    async def read_shown(self, chat: Chat) -> Branch:
        """Read the branch that the next message follows."""
        if merged := await self._find(chat):
            history = await self._database.read(answers.read_history, chat)
            return make_branch(await read_path(self._archive, merged), merged, history)
        leaf = await self._database.read(answers.find_end, chat)
        path = await self._database.read(live.read_path, chat.key, leaf)
        return Branch(messages=path, history=live.digest_delivered(path))

    async def find_end(self, chat: Chat) -> BranchEnd:
        """Find the end of the branch that is shown, if the conversation is a merged one."""
        merged = await self._find(chat)
        if merged is None:
            return BranchEnd()
        is_here = any(row["id"] == merged.current for row in merged.lacking)
        return BranchEnd(here=merged.current) if is_here else BranchEnd(imported=merged.current)

    async def _find(self, chat: Chat) -> Merged | None:
        return await find_merged(self._database, self._archive, chat.model_dump())


def make_branch(rows: list[Row], merged: Merged, history: str = "") -> Branch:
    """Make the branch of rows."""
    return Branch(messages=list(map(live.to_path_message, rows)), imported=merged.key, history=history)
