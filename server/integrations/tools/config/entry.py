"""One server of a configuration: how it is started or reached, in all spellings of MCP clients."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from server.core.invisible import remove_hidden
from server.core.redaction import redact
from server.core.text import shorten
from server.integrations.tools.config.oauth import read_client
from server.integrations.tools.config.variables import LONGEST_NAME, NAME, VARIABLE
from server.integrations.tools.models import Transport, UpstreamConfig

LONGEST_VALUE = 32_768  # characters, as long as a variable may be on Windows
MOST_VALUES = 200  # arguments, variables or headers
LONGEST_TITLE = 80
TYPES = {
    "stdio": Transport.stdio,
    "local": Transport.stdio,
    "http": Transport.http,
    "https": Transport.http,
    "streamablehttp": Transport.http,
    "remote": Transport.http,
    "sse": Transport.sse,
}
ADDRESSES = {"url": "", "serverUrl": "", "httpUrl": "http"}
TRUST = ("alwaysAllow", "autoApprove", "trust", "autoAllow")
USED = {
    *("type", "transport", "transportType", "command", "args", "arguments", "cwd", "env", "environment", "headers"),
    *("http_headers", "requestInit", "disabledTools", "disabled_tools", "excludeTools", "disabled", "enabled"),
    *("name", "title", "description", "oauth", "auth", *ADDRESSES, *TRUST),
}
HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
OURS = {
    *("host", "content-length", "content-type", "transfer-encoding", "connection", "accept", "accept-encoding", "upgrade", "te"),
    *("mcp-session-id", "mcp-protocol-version", "last-event-id", "trailer", "keep-alive", "proxy-connection", "expect"),
}
CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class EntryError(Exception):
    """A server that cannot be used; the message is a sentence for the person."""


@dataclass(frozen=True)
class Entry:
    """A server that was read, with its secrets as they are written, and sentences about parts that are not used.

    `values`: of variables that stand for a secret in the configuration.
    """

    config: UpstreamConfig
    environment: dict[str, str]
    headers: dict[str, str]
    query: str = ""
    notes: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reader:
    """Reads the fields of one server."""

    title: str
    fields: Mapping[str, Any]
    notes: list[str] = field(default_factory=list)

    def fail(self, sentence: str) -> EntryError:
        return EntryError(f"“{self.title}” was not added: {sentence}")

    def text(self, *names: str) -> str:
        """Return the first of the fields that is there. Raises EntryError if it is no text of one line."""
        for name in names:
            value = self.fields.get(name)
            if value is not None:
                if not isinstance(value, str) or len(value) > LONGEST_VALUE or CONTROLS.search(value):
                    raise self.fail(f"its “{name}” must be a text of one line.")
                return value.strip()
        return ""

    def texts(self, *names: str) -> tuple[str, ...]:
        """Return a list of texts. Raises EntryError if it is none."""
        for name in names:
            value = self.fields.get(name)
            if value is not None:
                if not isinstance(value, list) or len(value) > MOST_VALUES:
                    raise self.fail(f"its “{name}” must be a list of at most {MOST_VALUES} texts.")
                return tuple(self.scalar(name, item) for item in value)
        return ()

    def mapping(self, *names: str) -> dict[str, str]:
        """Return names with text values. Raises EntryError if it is no such object. Values that are null are left out."""
        for name in names:
            value = self.fields.get(name)
            if value is not None:
                if not isinstance(value, dict) or len(value) > MOST_VALUES:
                    raise self.fail(f"its “{name}” must be an object with at most {MOST_VALUES} texts.")
                return {key: self.scalar(f"{name}.{key}", item) for key, item in value.items() if item is not None}
        return {}

    def scalar(self, name: str, value: Any) -> str:
        """Return a value as text. Raises EntryError for anything but a text, a number or a truth value."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return str(value)
        if isinstance(value, str) and len(value) <= LONGEST_VALUE and "\0" not in value:
            return value
        raise self.fail(f"its “{shorten(name)}” must be a text.")

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.fields.get(name, default)
        if not isinstance(value, bool):
            raise self.fail(f"its “{name}” must be true or false.")
        return value


def read_entry(name: str, value: Any, identity: str) -> Entry:
    """Read one server. Raises EntryError with a sentence if it cannot be used."""
    title = remove_hidden(shorten(name))[:LONGEST_TITLE].strip() or "server"
    if not isinstance(value, dict):
        raise EntryError(f"“{title}” was not added: it must be an object with a command or a url.")
    reader = Reader(title, value)
    transport = read_transport(reader)
    common: dict[str, Any] = {
        "id": identity,
        "title": remove_hidden(shorten(reader.text("title", "name")))[:LONGEST_TITLE] or title,
        "transport": transport,
        "disabled_tools": reader.texts("disabledTools", "disabled_tools", "excludeTools"),
        "enabled": reader.flag("enabled", default=True) and not reader.flag("disabled", default=False),
    }
    note_unused(reader, transport)
    if transport is Transport.stdio:
        return read_process(reader, common)
    return read_address(reader, common)


def read_transport(reader: Reader) -> Transport:
    """Return the transport, by its type, or by what the server has: a command, or a url."""
    kind = reader.text("type", "transport", "transportType")
    has_command = bool(reader.fields.get("command"))
    address = reader.text(*ADDRESSES)
    if has_command and address and not kind:
        raise reader.fail("it has a command and a url. Keep one of them.")
    if kind:
        transport = TYPES.get(re.sub(r"[-_ ]", "", kind).lower())
        if transport is None:
            raise reader.fail(f"its type “{shorten(kind)}” is not supported. Deskhand knows stdio, http and sse.")
    elif has_command:
        transport = Transport.stdio
    else:
        transport = Transport.sse if re.search(r"/sse/?(?:[?#]|$)", address) else Transport.http
    if transport is Transport.stdio and not has_command:
        raise reader.fail("it needs a command that starts it.")
    if transport is not Transport.stdio and not address:
        raise reader.fail("it needs a url.")
    return transport


def note_unused(reader: Reader, transport: Transport) -> None:
    """Note the fields that have no effect."""
    fields, title = reader.fields, reader.title
    unused = sorted(name for name in fields if name not in USED)
    wrong = (
        ("url", "serverUrl", "httpUrl", "headers", "oauth", "auth")
        if transport is Transport.stdio
        else ("command", "args", "env", "cwd")
    )
    unused += [name for name in wrong if fields.get(name)]
    if unused:
        shown = ", ".join(shorten(name) for name in unused[:8]) + (f" and {len(unused) - 8} more" if len(unused) > 8 else "")
        reader.notes.append(f"These settings of “{title}” are not used: {shown}.")
    if any(fields.get(name) for name in TRUST):
        reader.notes.append(f"“{title}” is to be trusted without asking. Deskhand asks until you allow its tools here.")


def read_process(reader: Reader, common: dict[str, Any]) -> Entry:
    """Read a server that Deskhand starts."""
    command, arguments = read_command(reader)
    environment = reader.mapping("env", "environment")
    for name in environment:
        if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            raise reader.fail(f"“{shorten(name)}” cannot be the name of a variable.")
    if any(redact(argument) != argument for argument in arguments):
        reader.notes.append(
            f"An argument of “{reader.title}” looks like a secret. Put it into “env” and write ${{NAME}} instead."
        )
    config = UpstreamConfig(
        **common, command=command, arguments=arguments, folder=reader.text("cwd"), environment=tuple(environment)
    )
    return Entry(config, environment, {}, notes=tuple(reader.notes))


def read_command(reader: Reader) -> tuple[str, tuple[str, ...]]:
    """Return the command and its arguments; some clients write both into one list or one line."""
    arguments = reader.texts("args", "arguments")
    if isinstance(reader.fields.get("command"), list):
        command, *others = reader.texts("command") or ("",)
        arguments = (*others, *arguments)
    else:
        command = reader.text("command")
        if not arguments and re.fullmatch(r"[\w.@-]+ .+", command):
            command, *others = split_line(reader, command)
            arguments = tuple(others)
    if not command.strip():
        raise reader.fail("it needs a command that starts it.")
    return command, arguments


def split_line(reader: Reader, line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        raise reader.fail("its command has an open quotation mark.") from None


def read_address(reader: Reader, common: dict[str, Any]) -> Entry:
    """Read a server that is reached over HTTP."""
    url, _, query = reader.text(*ADDRESSES).partition("#")[0].partition("?")
    check_url(reader, url)
    nested = reader.fields.get("requestInit")
    inner = Reader(reader.title, nested if isinstance(nested, dict) else {})
    headers = {**inner.mapping("headers"), **reader.mapping("headers", "http_headers")}
    for name, value in headers.items():
        if not HEADER.fullmatch(name) or CONTROLS.search(value) or name.lower() in OURS:
            raise reader.fail(f"its header “{shorten(name)}” cannot be sent.")
    if len({name.lower() for name in headers}) < len(headers):
        raise reader.fail("it has the same header twice.")
    client, values = read_client(reader)
    config = UpstreamConfig(**common, url=url, headers=tuple(headers), oauth=client)
    return Entry(config, {}, headers, query, tuple(reader.notes), values)


def check_url(reader: Reader, url: str) -> None:
    """Raises EntryError if a URL is not one of a server, apart from its variables."""
    plain = VARIABLE.sub("x", url)
    try:
        parts = urlsplit(plain)
        port = parts.port
    except ValueError:
        raise reader.fail("its url is not valid.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0 or re.search(r"[\s\\]", plain):
        raise reader.fail("its url must begin with https:// or http:// and name a host.")
    if parts.username is not None or parts.password is not None:
        raise reader.fail("its url contains a password. Put it into “headers” instead.")
