"""Deletion over both databases, with a fake OpenAI."""

from functools import partial
from typing import Any

from server.integrations.conversations.deletion.deletion import Deletion
from server.integrations.conversations.deletion.tidying import Tidying
from server.integrations.conversations.files.assets import AssetFiles
from server.integrations.conversations.store.tables import openai_deletion
from tests.server.integrations.conversations.desk import Desk


class Room:
    """Deletion over both databases, whose clock a test moves."""

    def __init__(self, desk: Desk, context: Any) -> None:
        self.desk, self.context = desk, context
        self.files = AssetFiles(context.folders)
        self.deletion = Deletion(context)
        self.tidying = Tidying(context, self.files, partial(desk.openai.api, only_openai=True))

    def run(self, coroutine: Any) -> Any:
        return self.desk.run(coroutine)

    def live(self, function: Any, *arguments: Any, **named: Any) -> Any:
        return self.run(self.context.database.write(function, *arguments, **named))

    def archive(self, function: Any, *arguments: Any, **named: Any) -> Any:
        return self.run(self.context.archive.write(function, *arguments, **named))

    def add_thread(self) -> str:
        """Make a Conversation at OpenAI."""
        return str(self.run(self.desk.openai.api().create_conversation({})))

    def orders(self) -> list[Any]:
        return list(self.live(lambda connection: [tuple(row) for row in connection.execute(openai_deletion.select())]))

    def tidy(self, **later: float) -> None:
        self.desk.clock.move(**later)
        self.run(self.tidying.tidy())
