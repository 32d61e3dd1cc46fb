"""The fake agent's program, which logs like the agent (logfmt)."""

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
    """Run the command line."""
    arguments = [argument for argument in sys.argv[1:] if argument != FLAG]
    if arguments[:1] in (["version"], ["--version"]):
        print(f"ngrok version {VERSION}")  # noqa: T201, the agent's output
    elif arguments[:2] == ["start", "--none"]:
        raise SystemExit(asyncio.run(run(read_authtoken(arguments))))
    else:
        raise SystemExit("ERROR:  unknown command")


def read_authtoken(arguments: list[str]) -> str | None:
    """Read the authtoken in the configuration file."""
    if "--config" not in arguments:
        return None
    config = yaml.safe_load(Path(arguments[arguments.index("--config") + 1]).read_text("utf-8"))
    token = (config.get("agent") or {}).get("authtoken")
    return str(token) if token else None


async def run(authtoken: str | None) -> int:
    """Run until the process is ended; return the exit code."""
    fault, api = find_fault(authtoken), Api()
    if fault is Fault.silent:
        await asyncio.Event().wait()
    log("info", "starting web service", obj="web", addr=await api.open())
    if error := refuse(fault, authtoken):
        log("eror", "session closing", obj="tunnels.session", err=error)
        return 1
    while fault is Fault.offline:
        log("eror", "failed to reconnect session", obj="tunnels.session", err=CANNOT_REACH)
        await asyncio.sleep(RETRY_SECONDS)
    log_session()
    if fault is Fault.dropping:
        await api.opened.wait()
        await asyncio.sleep(DROP_SECONDS)
        log("eror", "session closed, starting reconnect loop", obj="tunnels.session", err="read EOF from remote peer")
        await asyncio.sleep(DROP_SECONDS)
        log_session()
    await asyncio.Event().wait()
    return 0


def log_session() -> None:
    """Log a session with ngrok."""
    for message in ("tunnel session started", "client session established"):
        log("info", message, obj="tunnels.session")


def log(level: str, message: str, **fields: str) -> None:
    """Write a line to stdout."""
    line = {"t": datetime.now(UTC).isoformat(), "lvl": level, "msg": message, **fields}
    print(" ".join(f"{name}={quote(value)}" for name, value in line.items()), flush=True)  # noqa: T201, the agent's output


def quote(value: str) -> str:
    """Quote a value for logfmt."""
    return f'"{value}"' if " " in value else value if '"' not in value else json.dumps(value)
