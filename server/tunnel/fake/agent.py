"""What the stand-in does from its start to its end, told line by line as the agent tells it (logfmt)."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import yaml

from server.tunnel.fake.api import Api
from server.tunnel.fake.faults import Fault, find_fault, refuse
from server.tunnel.fake.launch import FLAG

VERSION = "3.99.0-demo"
RETRY_SECONDS = 1.0
DROP_SECONDS = 0.3
CANNOT_REACH = "failed to dial ngrok server: dial tcp: lookup connect.ngrok-agent.com: no such host"


def main() -> None:
    """Do what the command line says."""
    words = [word for word in sys.argv[1:] if word != FLAG]
    if words[:1] in (["version"], ["--version"]):
        print(f"ngrok version {VERSION}")  # noqa: T201, it is what the agent does
    elif words[:2] == ["start", "--none"]:
        raise SystemExit(asyncio.run(run(read_authtoken(words))))
    else:
        raise SystemExit("ERROR:  unknown command")


def read_authtoken(words: list[str]) -> str | None:
    """Read the authtoken from the file that is named."""
    if "--config" not in words:
        return None
    config = yaml.safe_load(Path(words[words.index("--config") + 1]).read_text("utf-8"))
    token = (config.get("agent") or {}).get("authtoken")
    return str(token) if token else None


async def run(authtoken: str | None) -> int:
    """Be the agent until somebody ends it; the exit code."""
    fault, api = find_fault(authtoken), Api()
    if fault is Fault.silent:
        await asyncio.Event().wait()
    tell("info", "starting web service", obj="web", addr=await api.open())
    if error := refuse(fault, authtoken):
        tell("eror", "session closing", obj="tunnels.session", err=error)
        return 1
    while fault is Fault.offline:
        tell("eror", "failed to reconnect session", obj="tunnels.session", err=CANNOT_REACH)
        await asyncio.sleep(RETRY_SECONDS)
    tell_session()
    if fault is Fault.dropping:
        await api.opened.wait()
        await asyncio.sleep(DROP_SECONDS)
        tell("eror", "session closed, starting reconnect loop", obj="tunnels.session", err="read EOF from remote peer")
        await asyncio.sleep(DROP_SECONDS)
        tell_session()
    await asyncio.Event().wait()
    return 0


def tell_session() -> None:
    """Say that ngrok has been reached."""
    for said in ("tunnel session started", "client session established"):
        tell("info", said, obj="tunnels.session")


def tell(level: str, said: str, **more: str) -> None:
    """Say something on stdout."""
    line = {"t": datetime.now(UTC).isoformat(), "lvl": level, "msg": said, **more}
    print(" ".join(f"{name}={quote(value)}" for name, value in line.items()), flush=True)  # noqa: T201, it is what the agent does


def quote(value: str) -> str:
    """Write a value so that it is one word."""
    return f'"{value}"' if " " in value else value if '"' not in value else json.dumps(value)
