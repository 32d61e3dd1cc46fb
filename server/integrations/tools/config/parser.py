"""Parser of the common `mcpServers` format, in all the dialects of MCP clients."""

import os
import re
from collections.abc import Mapping
from typing import Any

from server.core.errors import InvalidInput
from server.core.text import shorten
from server.integrations.tools.config.document import read_document
from server.integrations.tools.config.entry import Entry, EntryError, read_entry
from server.integrations.tools.config.values import list_texts
from server.integrations.tools.config.variables import explain_missing, find_variables, read_value
from server.integrations.tools.models import Imported, Input, UpstreamSecrets

MOST_UPSTREAMS = 100
MOST_INPUTS = 100
MOST_NOTES = 200
CONTAINERS = ("mcpServers", "servers", "mcp_servers", "context_servers")
WRAPPERS = ("mcp", "settings")
KNOWN = {*CONTAINERS, *WRAPPERS, "inputs", "$schema"}
LONGEST_ID = 40
RESERVED = ("presets", "watched")  # parts of addresses beside those of servers
NO_SERVERS = "This configuration names no MCP server. It needs an object “mcpServers” with at least one server in it."


def parse_config(text: str, environment: Mapping[str, str] | None = None, inputs: Mapping[str, str] | None = None) -> Imported:
    """Read a configuration. `inputs`: values of the inputs it asks for. Raises InvalidInput if it has no usable server.

    A server that cannot be used is left out with a note; the others are read.
    """
    document, repeated = read_document(text)
    notes = [f"“{name}” is in the configuration twice; the last one was read." for name in repeated]
    servers, wanted_inputs = find_servers(document, notes)
    if len(servers) > MOST_UPSTREAMS:
        raise InvalidInput(f"This configuration has {len(servers)} servers. It may have {MOST_UPSTREAMS}.")
    questions = read_inputs(wanted_inputs, notes)
    values = {question.id: question.default for question in questions if question.default} | dict(inputs or {})
    entries: list[Entry] = []
    for name, value in servers.items():
        try:
            entries.append(read_entry(name, value, make_id(name, [entry.config.id for entry in entries])))
        except EntryError as error:
            notes.append(str(error))
    if not entries:
        raise InvalidInput(notes[-1] if notes and servers else NO_SERVERS)
    missing, secrets = resolve_variables(entries, os.environ if environment is None else environment, values, notes)
    used = {name.removeprefix("input:") for entry in entries for name in list_variables(entry)}
    return Imported(
        upstreams=tuple(entry.config for entry in entries),
        secrets=secrets,
        missing=missing,
        inputs=tuple(question for question in questions if question.id in used),
        notes=tuple(notes[:MOST_NOTES]),
    )


def find_servers(document: dict[str, Any], notes: list[str]) -> tuple[dict[str, Any], Any]:
    """Find the servers, and the inputs beside them, wherever the dialect puts them."""
    for wrapper in ("", *WRAPPERS):
        part = document.get(wrapper) if wrapper else document
        if not isinstance(part, dict):
            continue
        containers = [name for name in CONTAINERS if isinstance(part.get(name), dict)]
        if containers:
            servers = {name: value for container in containers for name, value in part[container].items()}
            ignored = sorted({*document, *part} - KNOWN)
            if ignored:
                notes.append(f"These parts of the file are not used: {name_all(ignored)}.")
            return servers, part.get("inputs", document.get("inputs"))
    if is_server(document):
        return {str(document.get("name") or "server"): document}, None
    if document and all(isinstance(value, dict) and is_server(value) for value in document.values()):
        return document, None
    raise InvalidInput(NO_SERVERS)


def is_server(value: dict[str, Any]) -> bool:
    return isinstance(value.get("command"), str | list) or any(
        isinstance(value.get(name), str) for name in ("url", "serverUrl", "httpUrl")
    )


def name_all(names: list[str], most: int = 8) -> str:
    """Write a list of names from outside, cut to a length that a person reads."""
    shown = ", ".join(shorten(name) for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def make_id(name: str, taken: list[str]) -> str:
    """Make an id of a name: lower case letters, digits and dashes; a number follows if another server has it."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower())[:LONGEST_ID].strip("-") or "server"
    number, result = 1, stem
    while result in taken or result in RESERVED:
        number += 1
        result = f"{stem}-{number}"
    return result


def read_inputs(value: Any, notes: list[str]) -> list[Input]:
    """Read VS Code's inputs; those that cannot be read are noted."""
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MOST_INPUTS:
        notes.append("The inputs could not be read.")
        return []
    questions = []
    for item in value:
        if not isinstance(item, dict) or not isinstance(item.get("id"), str) or not item["id"]:
            notes.append("An input without an id is not used.")
            continue
        if item.get("type", "promptString") not in {"promptString", "pickString"}:
            notes.append(f"The input “{shorten(item['id'])}” runs a command in VS Code. Deskhand asks for its value instead.")
        description, default = item.get("description"), item.get("default")
        questions.append(
            Input(
                id=item["id"],
                description=shorten(description) if isinstance(description, str) else "",
                secret=item.get("password") is not False,
                default=default if isinstance(default, str) else "",
            )
        )
    return questions


def list_variables(entry: Entry) -> dict[str, str | None]:
    """List the variables of a server with their defaults."""
    texts = [*entry.config.arguments, entry.config.command, entry.config.folder, entry.config.url, entry.query]
    texts += [*entry.environment.values(), *entry.headers.values(), *list_texts(entry.config)]
    return {name: default for text in texts for name, default in find_variables(text).items()}


def resolve_variables(
    entries: list[Entry], environment: Mapping[str, str], inputs: Mapping[str, str], notes: list[str]
) -> tuple[dict[str, tuple[str, ...]], dict[str, UpstreamSecrets]]:
    """Look up the values of all variables. Returns those without a value, and the secrets, both by id of the server."""
    missing: dict[str, tuple[str, ...]] = {}
    secrets: dict[str, UpstreamSecrets] = {}
    for entry in entries:
        config, absent, variables = entry.config, list[str](), dict[str, Any]()
        for name, default in list_variables(entry).items():
            value = entry.values.get(name) or read_value(name, environment, inputs)
            if value:
                variables[name] = value
            elif default is None:
                absent.append(name)
        notes += entry.notes
        if absent:
            missing[config.id] = tuple(absent)
            notes.append(f"“{config.title}” needs {name_all([explain_missing(name) for name in absent])}.")
        used = [name for name in variables if not name.startswith(("input:", "userHome")) and name not in entry.values]
        if used:
            notes.append(f"“{config.title}” uses {name_all(used)} of your environment.")
        values = {"environment": entry.environment, "headers": entry.headers, "variables": variables, "query": entry.query}
        secrets[config.id] = UpstreamSecrets.model_validate(values)
    return missing, secrets
