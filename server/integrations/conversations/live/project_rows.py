"""Projects as the window lists them: with their conversations, budgets and what was spent."""

import asyncio

from server.core.errors import NotFound, Unavailable
from server.integrations.conversations.live.chats import NO_PROJECT
from server.integrations.conversations.live.models import Project
from server.integrations.conversations.live.views import ProjectRow
from server.integrations.conversations.openai_account.money import format_units
from server.integrations.conversations.service import ConversationsService
from server.integrations.conversations.store import projects as store
from server.integrations.conversations.store.usage import Balance


async def list_rows(service: ConversationsService) -> list[ProjectRow]:
    """List the projects, those here first."""
    balances = await service.spending.read_balances()
    (own, counts), (imported, more) = await asyncio.gather(read_live(service), read_imported(service))
    rows = [view(service, project, counts, balances, is_imported=False) for project in own]
    known = {project.id for project in own}
    return rows + [view(service, project, more, {}, is_imported=True) for project in imported if project.id not in known]


async def read_live(service: ConversationsService) -> tuple[list[Project], dict[str, int]]:
    """Read the projects here and the number of their conversations."""
    return await service.projects.list(), await service.projects.count_chats()


async def read_imported(service: ConversationsService) -> tuple[list[Project], dict[str, int]]:
    """Read the imported projects; none if the archive cannot be used."""
    archive = service.context.archive
    try:
        return await archive.read(store.read_all), await archive.read(store.count_chats)
    except Unavailable:
        return [], {}


async def view_row(service: ConversationsService, project_id: str) -> ProjectRow:
    """Show one project. Raises NotFound."""
    row = next((row for row in await list_rows(service) if row.id == project_id), None)
    if row is None:
        raise NotFound(NO_PROJECT)
    return row


def view(
    service: ConversationsService, project: Project, counts: dict[str, int], balances: dict[str, Balance], *, is_imported: bool
) -> ProjectRow:
    """Show a project."""
    names = ("id", "name", "description", "instructions", "model", "retention_days")
    spent = balances.get(project.id)
    return ProjectRow(
        **{name: getattr(project, name) for name in names},
        chat_count=counts.get(project.id, 0),
        is_imported=is_imported,
        budget=None if is_imported else service.spending.budget_of(project.id),
        spent=None if is_imported else format_units(spent.spent if spent else 0),
    )
