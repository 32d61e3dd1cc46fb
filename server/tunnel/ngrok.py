"""ngrok, by its own agent (https://ngrok.com/docs/agent) and pyngrok, which starts the agent and speaks to it.

What pyngrok leaves to us: an agent that says nothing blocks it for ever, so each agent has a thread of its own that somebody
else may give up on; an authtoken handed to it stands on the command line, so ours is in a file of the agent's (0600); it would
download an agent unasked, so it only ever gets a file that is there; it logs what the agent says, the authtoken included.
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
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from server.core.errors import Unavailable
from server.system.files import make_private_folder, read_json_object, replace_file
from server.system.processes import end_tree, find_by_endings
from server.tunnel.launcher import write_launcher
from server.tunnel.ngrok_errors import explain
from server.tunnel.provider import CannotOpen, News, Said, Wish

if TYPE_CHECKING:
    from pyngrok.conf import PyngrokConfig
    from pyngrok.log import NgrokLog
    from pyngrok.process import NgrokProcess

log = logging.getLogger(__name__)

NAME = "deskhand"  # of the endpoint, in ngrok's own lists
CONFIG_FILE = "ngrok.yml"
STARTED_FILE = "started.json"  # what the agent is started with, as it stands on its command line
WORDS = ("start", "--none", "--log", "stdout", "--config")  # that pyngrok starts it with, and then the file
FREE_REQUESTS = 20_000  # a month: https://ngrok.com/docs/pricing-limits/free-plan-limits
FREE_HOSTS = (".ngrok-free.app", ".ngrok-free.dev", "127.0.0.1")  # the last one is the demo's
CLOSE_SECONDS = 15.0  # an agent that is killed is gone long before
SECRET = re.compile(r"(?i)(authtoken:\s*)[^\s\\\"]+")
TOO_LATE = "ngrok did not open the tunnel in time."
TRY_LATER = "Look whether this computer is online and whether something here blocks ngrok; then open it again."


@dataclass(frozen=True)
class Ngrok:
    """The provider."""

    name: str = "ngrok"
    needs_authtoken: bool = True

    def start(self, wish: Wish, tell: Callable[[News], None]) -> "NgrokLine":
        line = NgrokLine(wish, tell)
        line.begin()
        return line

    def end_stale(self, folder: Path) -> None:
        file = folder / CONFIG_FILE
        if file.exists():  # whoever ended well has removed it
            end_agents(file)
            tidy(file)

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


class NgrokLine:
    """One agent, from its start to its end, followed by a thread that lives exactly as long.

    (Linux ends the agent with the thread that has started it, so no other thread may do that.)
    """

    def __init__(self, wish: Wish, tell: Callable[[News], None]) -> None:
        self._wish, self._tell = wish, tell
        self._file = wish.folder / CONFIG_FILE
        self._config: PyngrokConfig | None = None
        self._process: NgrokProcess | None = None
        self._address: str | None = None
        self._last_error = ""
        self._down = self._closing = False
        self._thread = threading.Thread(target=self._run, name="ngrok", daemon=True)

    def begin(self) -> None:
        """Start the agent."""
        self._thread.start()

    def look(self) -> CannotOpen | None:
        from pyngrok import ngrok
        from pyngrok.exception import PyngrokError

        address = f"{self._process.api_url}/api/endpoints" if self._process else ""
        try:
            found: dict[str, Any] = ngrok.api_request(address, timeout=self._wish.ask_seconds)
        except (PyngrokError, OSError, ValueError):
            return CannotOpen("ngrok's agent does not answer any more.", passing=True)
        addresses = {clean(one.get("url") or one.get("public_url") or "") for one in found.get("endpoints") or ()}
        if self._down or self._address in addresses:
            return None
        return CannotOpen("ngrok has closed the tunnel.", passing=True)

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
            self._tell(News(Said.up, self._address))
            self._listen()
            trouble = explain(self._last_error) if self._last_error else CannotOpen("ngrok's agent has ended.", passing=True)
        except CannotOpen as error:
            trouble = error
        except Exception as error:  # noqa: BLE001, its text may hold the authtoken, so its kind is all that is told
            log.error("The tunnel's agent could not be followed: %s", type(error).__name__)  # noqa: TRY400, for the same reason
            trouble = CannotOpen("The tunnel could not be opened.", "Deskhand's log says more.")
        self._tidy()
        self._tell(News(Said.gone, trouble=trouble))

    def _open(self) -> None:
        from pyngrok import ngrok
        from pyngrok.exception import PyngrokError

        logging.getLogger("pyngrok").setLevel(logging.CRITICAL + 1)
        options: dict[str, Any] = {"url": f"https://{self._wish.domain}"} if self._wish.domain else {}
        try:
            self._config = self._write_files()
            tunnel = ngrok.connect(self._wish.upstream, name=NAME, pyngrok_config=self._config, inspect=False, **options)
            self._process = ngrok.get_ngrok_process(self._config)
        except OSError as error:
            raise CannotOpen(
                f"ngrok's agent could not be started: {error.strerror or type(error).__name__}.",
                "Look whether the program is there and may be run.",
            ) from None
        except PyngrokError as error:
            raise self._explain(f"{error}\n{getattr(error, 'body', '')}") from None
        self._address = clean(tunnel.public_url or "")
        self._last_error = ""

    def _explain(self, text: str) -> CannotOpen:
        if self._closing:  # it was given up on
            return explain(self._last_error) if self._last_error else CannotOpen(TOO_LATE, TRY_LATER, passing=True)
        return explain(f"{text}\n{self._last_error}")

    def _write_files(self) -> "PyngrokConfig":
        import yaml
        from pyngrok.conf import PyngrokConfig

        if self._closing:
            raise CannotOpen(TOO_LATE, passing=True)
        wish = self._wish
        make_private_folder(wish.folder)
        launcher = write_launcher(wish.folder, wish.command, keep_token=not wish.authtoken)
        started = {"commands": [wish.command, [str(launcher)]]}
        replace_file(self._file.with_name(STARTED_FILE), json.dumps(started).encode())
        replace_file(self._file, yaml.safe_dump(make_config(wish.authtoken)).encode())
        config = PyngrokConfig(
            ngrok_path=str(launcher),
            config_path=str(self._file),
            monitor_thread=False,  # this thread does that
            log_event_callback=self._hear,
            startup_timeout=math.ceil(wish.open_seconds),
            request_timeout=wish.ask_seconds,
            start_new_session=os.name == "posix",  # Ctrl+C in a terminal is for Deskhand alone
            config_version="3",
        )
        config.auth_token = config.api_key = None  # it would take them from the environment and put them on the command line
        return config

    def _listen(self) -> None:
        from pyngrok.log import NgrokLog

        if self._process and self._process.proc.stdout:
            for line in read_lines(self._process.proc.stdout):
                self._hear(NgrokLog(line))
            self._process.proc.wait()

    def _hear(self, entry: "NgrokLog") -> None:
        """Take in what the agent says, during its start and after it."""
        said = entry.msg or ""
        if entry.lvl in {"ERROR", "CRITICAL"}:
            if self._last_error != (entry.err or said):
                log.warning("ngrok: %s", self._redact(entry.line))
            self._last_error = entry.err or said
            if self._address and "reconnect" in said and not self._down:
                self._down = True
                self._tell(News(Said.down, trouble=CannotOpen("ngrok has lost its connection, and tries to get it back.")))
        elif self._down and "session established" in said:
            self._down, self._last_error = False, ""
            self._tell(News(Said.up, self._address))

    def _redact(self, line: str) -> str:
        line = SECRET.sub(r"\1•••", line)
        return line.replace(self._wish.authtoken, "•••") if self._wish.authtoken else line

    def _tidy(self) -> None:
        from pyngrok import ngrok

        if self._config:
            ngrok.kill(self._config)
        end_agents(self._file)
        if self._process and self._process.proc.stdout:
            self._process.proc.stdout.close()
        with suppress(OSError):
            tidy(self._file)


def make_config(authtoken: str | None) -> dict[str, Any]:
    """The agent's own configuration: https://ngrok.com/docs/agent/config/v3. Its inspector would keep mail and keys."""
    agent: dict[str, Any] = {"console_ui": False, "inspect_db_size": -1, "remote_management": False, "update_check": False}
    return {"version": "3", "agent": agent | ({"authtoken": authtoken} if authtoken else {})}


def end_agents(file: Path) -> None:
    """End what was started as the agent with this configuration. Whoever else has its path among their words is left alone."""
    for process in find_by_endings([[*command, *WORDS, str(file)] for command in read_commands(file)]):
        end_tree(process, 0)


def read_commands(file: Path) -> list[list[str]]:
    """The words that an agent with this configuration begins with: its own, or the launcher's. None: none was started."""
    try:
        known = read_json_object(file.with_name(STARTED_FILE)) or {}
        return [[str(word) for word in command] for command in known.get("commands", []) if command]
    except (ValueError, TypeError, Unavailable):
        return []


def tidy(file: Path) -> None:
    """Remove what an agent was given."""
    for one in (file, file.with_name(STARTED_FILE)):
        one.unlink(missing_ok=True)


def read_lines(stream: IO[str]) -> Iterator[str]:
    """Read to the end, whatever bytes come."""
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
