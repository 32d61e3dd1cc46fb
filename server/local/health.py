"""Health of Deskhand and its integrations. An integration whose health cannot be read has that as its problem."""

import logging

from server.core.errors import DeskhandError
from server.runtime.catalogue import LoadedIntegration
from server.runtime.state import State
from server.sdk.health import Health, HealthReading

log = logging.getLogger(__name__)


async def refresh(state: State) -> None:
    """Read the health of every running integration again."""
    for member in state.runtime.members:
        member.health = await read_health(member, member.service) if member.service else HealthReading()


async def read_health(member: LoadedIntegration, service: Health) -> HealthReading:
    """Read the health of an integration. A failure is logged when it is new: the tray reads often."""
    try:
        await service.refresh()
        return HealthReading.of(service)
    except Exception as error:
        title = member.integration.title
        sentence = error.detail if isinstance(error, DeskhandError) else f"{title} made a mistake. Deskhand's log says more."
        if sentence != member.health.problem:
            log.exception("The health of %s could not be read.", title)
        return HealthReading(sentence)


def list_problems(state: State) -> list[str]:
    """List the current problems, as sentences."""
    problems = [*state.list_problems(), state.tunnel.problem, state.context.settings.problem, state.context.secrets.problem]
    problems += [member.problem or member.health.problem for member in state.runtime.members]
    return [problem for problem in problems if problem]
