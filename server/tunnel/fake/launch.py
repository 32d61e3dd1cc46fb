"""How the stand-in for ngrok's agent is started."""

import sys
from pathlib import Path

FLAG = "--demo-ngrok"  # by which the frozen program knows that it is to be the agent
ROOT = Path(__file__).resolve().parents[3]
RUN = "import sys; sys.path.insert(0, {root!r}); from server.tunnel.fake.agent import main; main()"


def agent_command(*, frozen: bool | None = None) -> tuple[str, ...]:
    """The words that start it, to which the agent's own are added."""
    if getattr(sys, "frozen", False) if frozen is None else frozen:
        return (sys.executable, FLAG)
    return (sys.executable, "-c", RUN.format(root=str(ROOT)))
