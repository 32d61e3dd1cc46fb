"""Projects of live conversations: their name, instructions, model and retention."""

from typing import Any

from server.core.errors import Conflict, InvalidInput, NotFound
from server.integrations.conversations.live import wording
from server.integrations.conversations.live.chats import NO_PROJECT
from server.integrations.conversations.live.error_format import write_time
from server.integrations.conversations.live.events import TOPIC
from server.integrations.conversations.live.models import Project
from server.integrations.conversations.live.operation_models import (
    ProjectAnswer,
    ProjectData,
    ProjectList,
    ProjectOrder,
    ProjectsAnswer,
    ProjectView,
    write_id,
)
from server.integrations.conversations.store import projects as store
from server.integrations.conversations.store import usage
from server.sdk.context import Context
from server.sdk.operation import Effect

NO_NAME = "Project name is required."
DEFAULT_STAYS = "The default project stays, as conversations without another one belong to it."


class Projects:
    """Lists and changes projects."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._database = context.database

    async def list(self) -> list[Project]:
        """List the projects, the oldest first."""
        return await self._database.read(store.read_all)

    async def count_chats(self) -> dict[str, int]:
        """Count the conversations of each project."""
        return await self._database.read(store.count_chats)

    async def find(self, project_id: str) -> Project:
        """Find a project. Raises NotFound."""
        project = await self._database.read(store.find, project_id)
        if project is None:
            raise NotFound(NO_PROJECT)
        return project

    async def create(self, name: str, **values: Any) -> Project:
        """Create a project. Raises InvalidInput."""
        if not name.strip():
            raise InvalidInput(NO_NAME)
        now = self._context.clock.now().timestamp()

        def add(connection: Any) -> Project:
            taken = [*(project.id for project in store.read_all(connection)), *usage.list_projects(connection)]
            project = Project(id=make_id(taken), name=name.strip(), created_at=now, **values)
            store.add(connection, project)
            return project

        project = await self._database.write(add)
        self._context.events.publish(TOPIC)
        return project

    async def change(self, project_id: str, **changes: Any) -> Project:
        """Change a project. Raises NotFound and InvalidInput."""
        if not changes.get("name", "x").strip():
            raise InvalidInput(NO_NAME)
        project = (await self.find(project_id)).model_copy(update=changes)
        await self._database.write(store.change_as_person, project)
        self._context.events.publish(TOPIC)
        return project

    async def remove(self, project_id: str) -> None:
        """Remove a project; its conversations move to the default one. Raises NotFound and Conflict."""
        await self.find(project_id)
        if project_id == store.DEFAULT:
            raise Conflict(DEFAULT_STAYS)
        await self._database.write(store.remove, project_id)
        self._context.events.publish(TOPIC)

    async def list_projects(self) -> ProjectsAnswer:
        """List the projects for a client."""
        views = [view(project) for project in await self.list()]
        return ProjectsAnswer(data=ProjectList(projects=views), timestamp=self._now())

    async def preview_create(self, order: ProjectOrder) -> Effect:
        """Preview a new project."""
        if not order.name.strip():
            raise InvalidInput(NO_NAME)
        fields = (("Name", order.name), ("Description", order.description))
        return Effect(wording.CREATE_PROJECT.fill(name=order.name), tuple(field for field in fields if field[1]))

    async def create_project(self, order: ProjectOrder) -> ProjectAnswer:
        """Create a project for a client."""
        project = await self.create(order.name, description=order.description)
        return ProjectAnswer(data=ProjectData(project=view(project)), timestamp=self._now())

    def _now(self) -> str:
        return write_time(self._context.clock.now())


def make_id(taken: list[str]) -> str:
    """Make the id of a project: the next number, as clients of ChatBETO's API have numbers.

    That of a removed project which has cost something is taken, or that would be the cost of another one.
    """
    numbers = [int(known) for known in taken if known.isdecimal() and len(known) < 10]
    return str(max(numbers, default=0) + 1)


def view(project: Project) -> ProjectView:
    """Show a project to a client."""
    return ProjectView(id=write_id(project.id), name=project.name, description=project.description, is_starred=project.starred)
