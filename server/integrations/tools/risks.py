"""Risks of a server, read off its command and its tools: it can run commands, or it can read files."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from server.integrations.tools.models import Tool, UpstreamConfig

RUNS = "It can run commands."
READS = "It can read files."
SHOWS_ENVIRONMENT = "It can show environment variables, which may contain passwords."
NOT_WHOLE = "cannot be trusted as a whole. Mark tools as reading, or allow them to a client, one by one."
DEEPEST = 30  # levels of a schema
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

PACKAGES = {  # words in names of packages, modules, images and programs
    RUNS: {
        *(
            "shell",
            "exec",
            "terminal",
            "terminals",
            "bash",
            "zsh",
            "powershell",
            "cmd",
            "ssh",
            "commander",
            "commands",
            "command",
        ),
        *("iterm", "tmux", "repl", "jupyter", "interpreter", "runner", "subprocess", "applescript", "osascript", "ansible"),
        *("codex", "claude", "docker", "kubectl", "kubernetes"),
    },
    READS: {"filesystem", "filesystems", "file", "files", "fs", "git", "directory", "directories", "ripgrep"},
}
ALONE = {  # words in names of tools
    RUNS: {"shell", "exec", "bash", "zsh", "powershell", "terminal", "cmd", "subprocess", "eval", "repl"},
    READS: {"filesystem", "directory", "directories"},
    SHOWS_ENVIRONMENT: {"env", "environ", "getenv", "printenv", "environment"},
}
PAIRS = {  # a verb and a noun in the name of a tool
    RUNS: (
        {"run", "execute", "start", "spawn", "launch", "invoke", "send", "evaluate", "kill"},
        {"command", "commands", "script", "scripts", "code", "process", "processes", "program", "python", "javascript", "js"},
    ),
    READS: (
        {
            *("read", "write", "edit", "create", "delete", "remove", "move", "copy", "rename", "list", "search", "find", "open"),
            *("append", "get", "save", "load", "upload", "download", "view", "replace", "patch", "import", "export"),
        },
        {"file", "files"},
    ),
}
PARAMETERS = {
    RUNS: {"command", "commands", "cmd", "shell", "script", "bash", "argv", "executable"},
    READS: {"path", "paths", "filepath", "filepaths", "file", "files", "directory", "directories", "dir", "cwd", "filename"},
}
OTHER_PATHS = {"json", "url", "api", "xml", "sort", "order"}  # such as `json_path`
LANGUAGES = {"run", "execute", "python", "javascript", "js", "node", "interpreter", "code"}  # of tools that run their `code`
LAUNCHERS = {"bash", "sh", "zsh", "cmd", "powershell", "pwsh", "docker", "podman"}
PROGRAM = re.compile(r"(?i)\.(?:pyz?|[mc]?[jt]s|jar|exe|sh|rb|go|dll|app)$")


@dataclass(frozen=True)
class Risks:
    """`warnings`: for the person. `whole`: whether the server can be trusted as a whole."""

    warnings: tuple[str, ...] = ()
    whole: bool = True


def find_risks(config: UpstreamConfig, tools: Iterable[Tool]) -> Risks:
    """Find the risks of a server. Names are all that can be judged, so there may be others."""
    risks = {*judge_command(config), *(risk for tool in tools for risk in judge_tool(tool))}
    warnings = tuple(sentence for sentence in (RUNS, READS, SHOWS_ENVIRONMENT) if sentence in risks)
    return Risks(warnings, whole=not risks & {RUNS, READS})


def judge_command(config: UpstreamConfig) -> Iterator[str]:
    """Judge a server by the package, the module or the file that it runs."""
    program = split_words(PROGRAM.sub("", config.command.replace("\\", "/").rpartition("/")[2]))
    launched = bool(program) and program <= LAUNCHERS
    words = set[str]() if launched else program
    for argument in config.arguments:
        for part in argument.split() if launched else [argument]:
            words |= split_words(read_package(part))
    yield from (risk for risk, names in PACKAGES.items() if words & names)


def read_package(argument: str) -> str:
    """Return what in an argument may name a package, a module, an image or a program; empty if nothing does."""
    text = argument.replace("\\", "/").removesuffix(".git")
    if text.startswith("git+"):
        return text.rpartition("/")[2]
    if text.startswith("-") or "://" in text or any(char.isspace() for char in text):
        return ""
    *folders, name = text.split("/")
    if PROGRAM.search(name):
        return " ".join([*(folder for folder in folders if re.search(r"(?i)mcp|server", folder)), PROGRAM.sub("", name)])
    return "" if text.startswith(("/", ".", "~")) or ":/" in text else text


def judge_tool(tool: Tool) -> Iterator[str]:
    """Judge a tool by its name and its parameters."""
    words = split_words(tool.name)
    yield from (risk for risk, alone in ALONE.items() if words & alone)
    yield from (risk for risk, (verbs, nouns) in PAIRS.items() if words & verbs and words & nouns)
    parameters = {name for parameter in list_parameters(tool.input_schema) for name in read_parameter(parameter)}
    yield from (risk for risk, names in PARAMETERS.items() if parameters & names)
    if "code" in parameters and words & LANGUAGES:
        yield RUNS


def read_parameter(name: str) -> set[str]:
    """Return what a parameter is by its name: all of it, or its last word, as in `repo_path`."""
    words = [word.lower() for word in WORD.findall(name)]
    return set() if not words or OTHER_PATHS & set(words[:-1]) else {"".join(words), words[-1]}


def list_parameters(schema: Any, depth: int = 0) -> Iterator[str]:
    """List the names of all properties in a schema, however deep."""
    if depth > DEEPEST:
        return
    if isinstance(schema, Mapping):
        properties = schema.get("properties")
        yield from (properties if isinstance(properties, Mapping) else ())
        for part in schema.values():
            yield from list_parameters(part, depth + 1)
    elif isinstance(schema, list):
        for part in schema:
            yield from list_parameters(part, depth + 1)


def split_words(name: str) -> set[str]:
    return {word.lower() for word in WORD.findall(name)}
