"""Projects of live conversations."""

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from server.integrations.conversations.live.models import Project
from server.integrations.conversations.store.live_tables import delivered_project
from server.integrations.conversations.store.search_index import index_conversation, unindex_conversation
from server.integrations.conversations.store.tables import conversation, project

DEFAULT, DEFAULT_NAME = "1", "Default"
COUNTS = select(conversation.c.project, func.count().label("chats")).group_by(conversation.c.project)
ALL = select(project).order_by(project.c.created_at, project.c.id)
FIND = select(project).where(project.c.id == bindparam("which"))
ADD = insert(project)
CHANGE = update(project).where(project.c.id == bindparam("which"))
OF_PROJECT = select(conversation.c.key).where(conversation.c.project == bindparam("which"))
ORPHANED = select(conversation.c.key).where(
    conversation.c.id == bindparam("which"), conversation.c.project != "", conversation.c.project.not_in(select(project.c.id))
)
MOVE = update(conversation).where(conversation.c.key == bindparam("which")).values(project=bindparam("target"))
SENDER = select(delivered_project.c.client).where(delivered_project.c.project == bindparam("which"))
ADD_SENDER = insert(delivered_project)
REMOVE_SENDER = delete(delivered_project).where(delivered_project.c.project == bindparam("which"))
REMOVE = delete(project).where(project.c.id == bindparam("which"))


def add_default(connection: Connection, now: float) -> None:
    """Add the project of conversations that name none, unless it is there."""
    if find(connection, DEFAULT) is None:
        add(connection, Project(id=DEFAULT, name=DEFAULT_NAME, created_at=now))


def read_all(connection: Connection) -> list[Project]:
    """Read all projects, the oldest first."""
    return [Project.model_validate(dict(row)) for row in connection.execute(ALL).mappings()]


def count_chats(connection: Connection) -> dict[str, int]:
    """Count the conversations of each project, by its id."""
    return {row.project: row.chats for row in connection.execute(COUNTS)}


def find(connection: Connection, project_id: str) -> Project | None:
    """Find a project."""
    row = connection.execute(FIND, {"which": project_id}).mappings().first()
    return Project.model_validate(dict(row)) if row else None


def add(connection: Connection, new: Project) -> None:
    """Add a project."""
    connection.execute(ADD, new.model_dump())


def change(connection: Connection, changed: Project) -> None:
    """Replace a project."""
    connection.execute(CHANGE, {"which": changed.id, **changed.model_dump(exclude={"id", "created_at"})})


def set_sender(connection: Connection, project_id: str, sender: str) -> None:
    """Record whose delivery made a project."""
    connection.execute(ADD_SENDER, {"project": project_id, "client": sender})


def is_delivered_by(connection: Connection, project_id: str, sender: str) -> bool:
    """Return whether this sender's delivery made a project, and the person has not changed it since."""
    return bool(connection.execute(SENDER, {"which": project_id}).scalar() == sender)


def change_as_person(connection: Connection, changed: Project) -> None:
    """Replace a project; no delivery changes it any more."""
    change(connection, changed)
    connection.execute(REMOVE_SENDER, {"which": changed.id})


def remove(connection: Connection, project_id: str) -> None:
    """Remove a project. Its conversations move to the default one."""
    for key in connection.execute(OF_PROJECT, {"which": project_id}).scalars().all():
        move(connection, key, DEFAULT)
    connection.execute(REMOVE, {"which": project_id})


def find_id(connection: Connection, project_id: str) -> str:
    """Return the id of a project, or that of the default one if it is not there any more."""
    return project_id if find(connection, project_id) else DEFAULT


def move_orphaned(connection: Connection, chat_id: str) -> None:
    """Move a conversation to the default project if its own is not there any more."""
    for key in connection.execute(ORPHANED, {"which": chat_id}).scalars().all():
        move(connection, key, DEFAULT)


def move(connection: Connection, key: int, project_id: str) -> None:
    """Move a conversation to a project, which its index entries name."""
    unindex_conversation(connection, key)
    connection.execute(MOVE, {"which": key, "target": project_id})
    index_conversation(connection, key)
