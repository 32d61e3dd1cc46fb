"""Command that starts the fake agent."""

import sys
from pathlib import Path

FLAG = "--demo-ngrok"  # makes the frozen program run the fake agent
ROOT = Path(__file__).resolve().parents[3]
RUN = "import sys; sys.path.insert(0, {root!r}); from server.tunnel.fake.agent import main; main()"


def agent_command(*, frozen: bool | None = None) -> tuple[str, ...]:
    """Return the command, to which the agent's own arguments are added."""
    if getattr(sys, "frozen", False) if frozen is None else frozen:
        return (sys.executable, FLAG)
    return (sys.executable, "-c", RUN.format(root=str(ROOT)))
