"""Health of Deskhand and its integrations."""

from server.runtime.state import State


async def refresh(state: State) -> None:
    """Refresh the health of every running integration."""
    for service in state.runtime.running():
        await service.refresh()


def list_problems(state: State) -> list[str]:
    """List the current problems, as sentences."""
    problems = [*state.list_problems(), state.tunnel.problem, state.context.settings.problem, state.context.secrets.problem]
    problems += [member.problem or (member.service.problem if member.service else None) for member in state.runtime.members]
    return [problem for problem in problems if problem]
