"""ngrok through its own agent (https://ngrok.com/docs/agent), which pyngrok starts and calls.

Limits of pyngrok: a silent agent blocks it forever, so each agent has its own thread, which `close` can abandon; it puts the
authtoken on the command line, so ours is in the agent's configuration file (0600); it downloads an agent without consent, so it
only gets one that exists; it logs the agent's output with the authtoken, so its logger is off.
"""

import json
import logging
import math
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from server.core.errors import Unavailable
from server.system.files import make_private_folder, read_json_object, replace_file
from server.system.processes import end_tree, find_by_endings
from server.tunnel.launcher import write_launcher
from server.tunnel.ngrok_errors import explain, find_reason
from server.tunnel.provider import EventKind, TunnelError, TunnelEvent, TunnelRequest

if TYPE_CHECKING:
    from pyngrok.conf import PyngrokConfig
    from pyngrok.log import NgrokLog
    from pyngrok.ngrok import NgrokTunnel
    from pyngrok.process import NgrokProcess

log = logging.getLogger(__name__)

NAME = "deskhand"  # of the endpoint, in ngrok's own lists
CONFIG_FILE = "ngrok.yml"
STARTED_FILE = "started.json"  # the agent's commands, as they are in its command line
ARGUMENTS = ("start", "--none", "--log", "stdout", "--config")  # from pyngrok, followed by the configuration file
FREE_REQUESTS = 20_000  # a month: https://ngrok.com/docs/pricing-limits/free-plan-limits
FREE_HOSTS = (".ngrok-free.app", ".ngrok-free.dev", "127.0.0.1")  # the last one is the demo's
CLOSE_SECONDS = 15.0  # an agent that is killed is gone long before
SECRET = re.compile(r"(?i)(authtoken:\s*)[^\s\\\"]+")
TOO_LATE = "ngrok did not open the tunnel in time."
TRY_LATER = "Check whether this computer is online and whether something blocks ngrok; then open it again."


@dataclass(frozen=True)
class Ngrok:
    """ngrok as a provider."""

    name: str = "ngrok"
    needs_authtoken: bool = True

    def start(self, request: TunnelRequest, on_event: Callable[[TunnelEvent], None]) -> "NgrokSession":
        return NgrokSession(request, on_event)

    def end_stale(self, folder: Path) -> None:
        file = folder / CONFIG_FILE
        if file.exists():
            end_agents(file)
            remove_files(file)

    def requests_limit(self, address: str | None) -> int | None:
        host = urlsplit(address).hostname if address else None
        return FREE_REQUESTS if host is None or host.endswith(FREE_HOSTS) else None

    def download_address(self) -> str:
        from pyngrok import installer
        from pyngrok.exception import PyngrokError

        try:
            return str(installer.get_ngrok_cdn_url("3"))
        except PyngrokError:
            raise Unavailable("ngrok has no agent for this kind of computer. Look at https://ngrok.com/download.") from None


class NgrokSession:
    """One agent from its start to its end, followed by a thread that lives exactly as long.

    (Linux ends the agent together with the thread that has started it, so no other thread may do that.)
    """

    def __init__(self, request: TunnelRequest, on_event: Callable[[TunnelEvent], None]) -> None:
        self._request, self._on_event = request, on_event
        self._file = request.folder / CONFIG_FILE
        self._config: PyngrokConfig | None = None
        self._process: NgrokProcess | None = None
        self._address: str | None = None
        self._last_error = ""
        self._down = self._closing = False
        self._thread = threading.Thread(target=self._run, name="ngrok", daemon=True)
        self._thread.start()

    def check(self) -> TunnelError | None:
        from pyngrok import ngrok
        from pyngrok.exception import PyngrokError

        address = f"{self._process.api_url}/api/endpoints" if self._process else ""
        try:
            answer: dict[str, Any] = ngrok.api_request(address, timeout=self._request.api_seconds)
        except (PyngrokError, OSError, ValueError):
            return TunnelError("ngrok's agent does not answer any more.", transient=True)
        addresses = {clean(item.get("url") or item.get("public_url") or "") for item in answer.get("endpoints") or ()}
        if self._down or self._address in addresses:
            return None
        return TunnelError("ngrok has closed the tunnel.", transient=True)

    def close(self) -> None:
        from pyngrok import ngrok

        self._closing = True
        if self._process and self._config:
            ngrok.kill(self._config)
        deadline = time.monotonic() + CLOSE_SECONDS
        while self._thread.is_alive() and time.monotonic() < deadline:
            end_agents(self._file)  # pyngrok itself cannot end one that has not started well
            self._thread.join(0.05)

    def _run(self) -> None:
        try:
            self._open()
            self._on_event(TunnelEvent(EventKind.up, self._address))
            self._read_log()
            reason = explain(self._last_error) if self._last_error else TunnelError("ngrok's agent has ended.", transient=True)
        except TunnelError as error:
            reason = error
        except Exception as error:  # noqa: BLE001, its text may contain the authtoken, so only its type is logged
            log.error("The tunnel's agent could not be followed: %s", type(error).__name__)  # noqa: TRY400, for the same reason
            reason = TunnelError("The tunnel could not be opened.", "Deskhand's log says more.")
        self._clean_up()
        self._on_event(TunnelEvent(EventKind.ended, error=reason))

    def _open(self) -> None:
        from pyngrok import ngrok
        from pyngrok.exception import PyngrokError

        logging.getLogger("pyngrok").setLevel(logging.CRITICAL + 1)
        options: dict[str, Any] = {"url": f"https://{self._request.domain}"} if self._request.domain else {}
        try:
            self._config = self._write_files()
            tunnel = self._connect(self._config, options)
            self._process = ngrok.get_ngrok_process(self._config)
        except OSError as error:
            raise TunnelError(
                f"ngrok's agent could not be started: {error.strerror or type(error).__name__}.",
                "Check whether the program exists and can be run.",
            ) from None
        except PyngrokError as error:
            raise self._explain(error) from None
        self._address = clean(tunnel.public_url or "")
        self._last_error = ""

    def _connect(self, config: "PyngrokConfig", options: dict[str, Any]) -> "NgrokTunnel":
        """Connect, once more after an end without a reason: pyngrok may not read the last lines of an agent that has ended."""
        from pyngrok import ngrok
        from pyngrok.exception import PyngrokNgrokError

        connect = partial(ngrok.connect, self._request.upstream, name=NAME, pyngrok_config=config, inspect=False, **options)
        try:
            return connect()
        except PyngrokNgrokError as error:
            if self._closing or find_reason(self._collect(error)):
                raise
            return connect()

    def _explain(self, error: Exception) -> TunnelError:
        if self._closing:  # after the time limit
            return explain(self._last_error) if self._last_error else TunnelError(TOO_LATE, TRY_LATER, transient=True)
        return explain(self._collect(error))

    def _collect(self, error: Exception) -> str:
        """Collect what is known of an error of pyngrok: its text, the agent's answer and its last line."""
        return f"{error}\n{getattr(error, 'body', '')}\n{self._last_error}"

    def _write_files(self) -> "PyngrokConfig":
        import yaml
        from pyngrok.conf import PyngrokConfig

        if self._closing:
            raise TunnelError(TOO_LATE, transient=True)
        request = self._request
        make_private_folder(request.folder)
        launcher = write_launcher(request.folder, request.command, keep_token=not request.authtoken)
        started = {"commands": [request.command, [str(launcher)]]}
        replace_file(self._file.with_name(STARTED_FILE), json.dumps(started).encode())
        replace_file(self._file, yaml.safe_dump(make_config(request.authtoken)).encode())
        config = PyngrokConfig(
            ngrok_path=str(launcher),
            config_path=str(self._file),
            monitor_thread=False,  # this thread does that
            log_event_callback=self._handle_log,
            startup_timeout=math.ceil(request.open_seconds),
            request_timeout=request.api_seconds,
            start_new_session=os.name == "posix",  # Ctrl+C in a terminal is for Deskhand alone
            config_version="3",
        )
        config.auth_token = config.api_key = None  # it would take them from the environment and put them on the command line
        return config

    def _read_log(self) -> None:
        from pyngrok.log import NgrokLog

        if self._process and self._process.proc.stdout:
            for line in read_lines(self._process.proc.stdout):
                self._handle_log(NgrokLog(line))
            self._process.proc.wait()

    def _handle_log(self, entry: "NgrokLog") -> None:
        """Handle a line of the agent's log, during its start and after it."""
        message = entry.msg or ""
        if entry.lvl in {"ERROR", "CRITICAL"}:
            if self._last_error != (entry.err or message):
                line = SECRET.sub(r"\1•••", entry.line)
                log.warning("ngrok: %s", line.replace(self._request.authtoken, "•••") if self._request.authtoken else line)
            self._last_error = entry.err or message
            if self._address and "reconnect" in message and not self._down:
                self._down = True
                lost = TunnelError("ngrok has lost its connection, and tries to get it back.")
                self._on_event(TunnelEvent(EventKind.down, error=lost))
        elif self._down and "session established" in message:
            self._down, self._last_error = False, ""
            self._on_event(TunnelEvent(EventKind.up, self._address))

    def _clean_up(self) -> None:
        from pyngrok import ngrok

        if self._config:
            ngrok.kill(self._config)
        end_agents(self._file)
        if self._process and self._process.proc.stdout:
            self._process.proc.stdout.close()
        with suppress(OSError):
            remove_files(self._file)


def make_config(authtoken: str | None) -> dict[str, Any]:
    """Build the agent's configuration (https://ngrok.com/docs/agent/config/v3). Its inspector would store mail and keys."""
    agent: dict[str, Any] = {"console_ui": False, "inspect_db_size": -1, "remote_management": False, "update_check": False}
    return {"version": "3", "agent": agent | ({"authtoken": authtoken} if authtoken else {})}


def end_agents(file: Path) -> None:
    """End agents with this configuration, but no other process that only has its path in the command line."""
    for process in find_by_endings([[*command, *ARGUMENTS, str(file)] for command in read_commands(file)]):
        end_tree(process, 0)


def read_commands(file: Path) -> list[list[str]]:
    """Read the commands that start an agent with this configuration: its own and the launcher's. Empty if none was started."""
    try:
        started = read_json_object(file.with_name(STARTED_FILE)) or {}
        return [[str(word) for word in command] for command in started.get("commands", []) if command]
    except (ValueError, TypeError, Unavailable):
        return []


def remove_files(file: Path) -> None:
    """Remove an agent's configuration."""
    for path in (file, file.with_name(STARTED_FILE)):
        path.unlink(missing_ok=True)


def read_lines(stream: IO[str]) -> Iterator[str]:
    """Read lines to the end, without those that are no text."""
    while True:
        try:
            line = stream.readline()
        except UnicodeDecodeError:
            continue
        except ValueError:  # it was closed
            return
        if not line:
            return
        yield line


def clean(address: str) -> str:
    return address.rstrip("/")
