"""Status for the tray."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from fastapi import APIRouter
from pydantic import BaseModel, Field

from server.access.activity.entry import Outcome
from server.core.sentences import describe_outcome
from server.local.health import list_problems, refresh
from server.runtime.state import State
from server.runtime.updates import Update
from server.sdk.approval_requests import ApprovalRequest
from server.tunnel.models import TunnelState

RECENT = 5


class Face(StrEnum):
    """Shape and colour of the tray's icon."""

    off = "off"  #: nothing is reached: it is starting, or it has stopped
    local = "local"  #: programs on this computer reach it
    online = "online"  #: ChatGPT reaches it
    attention = "attention"  #: needs an action of the person


class Recent(BaseModel):
    """A call that was made a moment ago."""

    client: str = Field(description="Who called.")
    sentence: str = Field(description="What it did.")
    at: str = Field(description="When, ISO 8601 in UTC.")
    outcome: Outcome = Field(description="How it ended.")


class Status(BaseModel):
    """Contents of the tray."""

    look: Face = Field(description="What the icon shows.")
    sentence: str = Field(description="How Deskhand is, in a few words.")
    public: str = Field(description="The address that clients use.")
    here_only: bool = Field(description="Whether only programs on this computer can use that address.")
    paused_until: str | None = Field(description="Until when nothing that changes something runs, ISO 8601 in UTC.")
    waiting: int = Field(description="Number of pending approval requests.")
    problems: list[str] = Field(description="What the person should know.")
    lines: list[str] = Field(description="What integrations are doing, a line each.")
    recent: list[Recent] = Field(description="The latest calls, newest first.")
    demo: bool = Field(description="Whether the accounts are made up.")
    update: Update | None = Field(description="A newer Deskhand, where one was found.")
    tunnel: TunnelState | None = Field(description="How the tunnel is; null: the program that makes it is missing.")
    address_changed_at: datetime | None = Field(description="When the address became another one, since the start.")


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter()

    @routes.get("/status")
    async def read_status() -> Status:
        """Returns the status for the tray."""
        loading, tunnel = state.runtime.loading, state.tunnel
        await refresh(state)
        problems, here = list_problems(state), state.address.is_here_only()
        latest = await state.activity.list(RECENT)
        questions = await state.context.approval_requests.list()
        paused = state.pause.until is not None
        look, sentence = judge(paused=paused, loading=loading, here=here, problems=problems, questions=questions)
        return Status(
            look=look,
            sentence=sentence,
            public=state.address.public,
            here_only=here,
            paused_until=state.pause.until.isoformat() if state.pause.until else None,
            waiting=len(questions),
            problems=problems,
            lines=[line for member in state.runtime.members if (line := member.health.tray_line)],
            recent=[
                Recent(
                    client=entry.client_name,
                    sentence=describe_outcome(entry.sentence, entry.outcome),
                    at=entry.at,
                    outcome=entry.outcome,
                )
                for entry in latest
            ],
            demo=state.context.demo,
            update=state.updates.found,
            tunnel=tunnel.state if tunnel.state is not TunnelState.off or await tunnel.find_agent() else None,
            address_changed_at=tunnel.status.address_changed_at,
        )

    return routes


def count_waiting(questions: Sequence[ApprovalRequest]) -> str:
    """Format the number of pending approvals."""
    return "1 request needs approval" if len(questions) == 1 else f"{len(questions)} requests need approval"


def judge(
    *, paused: bool, here: bool, problems: list[str], questions: Sequence[ApprovalRequest] = (), loading: bool = False
) -> tuple[Face, str]:
    """Summarize the status: waiting approvals first, then problems, then a pause, which also holds while integrations load."""
    if questions:
        return Face.attention, count_waiting(questions)
    if problems:
        return Face.attention, "Action needed"
    if paused:
        return Face.local, "Paused"
    if loading:
        return Face.off, "Loading"
    return (Face.local, "Running (local only)") if here else (Face.online, "Online")
