"""The presets that ship with Deskhand, and how each of them is started."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from server.core.errors import NotFound
from server.core.text import shorten

LOCKS = Path(__file__).parent / "locks"
AMBIVO_API = "https://goferapi.ambivo.com"


class Manager(StrEnum):
    """Package manager that installs a preset."""

    pip = "pip"
    npm = "npm"


@dataclass(frozen=True)
class PresetInput:
    """A value that the person gives. It becomes the variables in `variables`, or an argument where a preset says `{id}`."""

    id: str
    description: str
    secret: bool = False
    default: str = ""
    required: bool = False
    folder: bool = False
    variables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preset:
    """An MCP server. `version` is the one in its lock.

    `entry`: the module whose `main` starts it, or the script in its npm package. `arguments`: each a tuple that is left out if an
    input in it is empty. `environment`: fixed variables; `{data}` is the folder for what the server stores.
    `constraints`: what a newer version is installed with. `error_prefixes`: beginnings of texts that are failures although the
    server reports success. `hidden`: tools that are not offered. `token_variable`: where it expects the token of a caller.
    `examples`: questions. `locks`: the folder of its lock.
    """

    id: str
    title: str
    description: str
    manager: Manager
    package: str
    version: str
    entry: str
    inputs: tuple[PresetInput, ...] = ()
    arguments: tuple[tuple[str, ...], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    constraints: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error_prefixes: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    token_variable: str = ""
    examples: tuple[str, ...] = ()
    locks: Path = LOCKS


READS_FILES = "It can read and change files."

# Its timeout and number of retries: an answer takes 31 seconds at most, less than the 40 after which a call becomes a job.
AMBIVO = Preset(
    "ambivo",
    "Ambivo",
    "Questions about your Ambivo CRM in plain language.",
    Manager.pip,
    "ambivo-mcp-server-fastmcp",
    "1.0.7",
    "ambivo_mcp_server.server:run_server",
    inputs=(
        PresetInput("token", "Your Ambivo token (JWT).", secret=True, variables=("AMBIVO_AUTH_TOKEN",)),
        PresetInput(
            "url", "The address of Ambivo's API.", default=AMBIVO_API, variables=("AMBIVO_API_BASE_URL", "AMBIVO_BASE_URL")
        ),
    ),
    environment=(("AMBIVO_TIMEOUT", "15"), ("AMBIVO_MAX_RETRIES", "1"), ("AMBIVO_LOG_LEVEL", "WARNING")),
    constraints=("mcp<2",),
    error_prefixes=(
        *("Error executing natural query:", "Error:", "API Error", "Validation Error:", "Unexpected error:"),
        *("Unknown tool:", "Rate limit exceeded."),
    ),
    hidden=("set_auth_token",),
    token_variable="AMBIVO_AUTH_TOKEN",  # noqa: S106, its name
    examples=(
        "Show me leads created this week",
        "Find contacts with gmail addresses",
        "What deals are closing this month?",
        "Get contact information for John Smith",
        "List recent activities for lead ID 12345",
    ),
)

PRESETS = (
    AMBIVO,
    Preset(
        "filesystem",
        "Files",
        "Reads and changes files in one folder.",
        Manager.npm,
        "@modelcontextprotocol/server-filesystem",
        "2026.8.31",
        "dist/index.js",
        inputs=(PresetInput("folder", "The folder.", required=True, folder=True),),
        arguments=(("{folder}",),),
        warnings=(READS_FILES,),
    ),
    Preset(
        "fetch",
        "Fetch",
        "Reads web pages.",
        Manager.pip,
        "mcp-server-fetch",
        "2026.10.24",
        "mcp_server_fetch:main",
        warnings=("It opens the web pages that ChatGPT names, and sends their addresses to others.",),
    ),
    Preset(
        "git",
        "Git",
        "Reads and changes one Git repository.",
        Manager.pip,
        "mcp-server-git",
        "2026.10.19",
        "mcp_server_git:main",
        inputs=(PresetInput("folder", "The folder of the repository.", required=True, folder=True),),
        arguments=(("--repository", "{folder}"),),
        warnings=(READS_FILES,),
    ),
    Preset(
        "sqlite",
        "SQLite",
        "Reads and changes one SQLite database.",
        Manager.pip,
        "mcp-server-sqlite",
        "2025.4.25",
        "mcp_server_sqlite:main",
        inputs=(PresetInput("database", "The file of the database; it is created if it does not exist.", required=True),),
        arguments=(("--db-path", "{database}"),),
        constraints=("mcp<2",),
        warnings=(READS_FILES,),
    ),
    Preset(
        "time",
        "Time",
        "Tells the time, and converts between time zones.",
        Manager.pip,
        "mcp-server-time",
        "2026.10.19",
        "mcp_server_time:main",
        inputs=(PresetInput("timezone", "Your time zone, such as Europe/Berlin. Empty: that of this computer."),),
        arguments=(("--local-timezone", "{timezone}"),),
    ),
    Preset(
        "memory",
        "Memory",
        "Remembers facts in a file on this computer.",
        Manager.npm,
        "@modelcontextprotocol/server-memory",
        "2026.8.31",
        "dist/index.js",
        environment=(("MEMORY_FILE_PATH", "{data}/memory.jsonl"),),
    ),
    Preset(
        "everything",
        "Everything",
        "The protocol's test server, for trying things out.",
        Manager.npm,
        "@modelcontextprotocol/server-everything",
        "2026.8.31",
        "dist/index.js",
        warnings=("It is for tests: one of its tools returns its environment variables.",),
    ),
)


def find_preset(name: str, presets: tuple[Preset, ...] = PRESETS) -> Preset:
    """Find a preset by its id. Raises NotFound."""
    for preset in presets:
        if preset.id == name:
            return preset
    raise NotFound(f"There is no preset called {shorten(name)}. There are: {', '.join(preset.id for preset in presets)}.")
