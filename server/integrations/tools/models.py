"""Upstream MCP servers: what the person configured, and what the servers offer and answer."""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Transport(StrEnum):
    stdio = "stdio"
    http = "http"
    sse = "sse"


class OAuthClient(Frozen):
    """OAuth client that the person registered with the authorization server of a server; the SDK registers one without it.

    `client_secret` refers to a variable. `machine`: it signs in by itself, with client credentials. `issuer`: the only
    authorization server that gets the secret. `callback_port`: of the redirect URI http://localhost:PORT/callback.
    """

    client_id: str = ""
    client_secret: str = Field(default="", repr=False)
    scope: str = ""
    issuer: str = ""
    metadata_url: str = ""
    machine: bool = False
    callback_port: int = 0


class UpstreamConfig(Frozen):
    """Configuration of one upstream server, without its secrets.

    `arguments`, `folder` and `url` may refer to variables (`${API_KEY}`), whose values are among the secrets.
    `environment` and `headers`: names, whose values are among the secrets.
    """

    id: str = Field(pattern=r"^[a-z0-9-]{1,64}$")  # others could stand for another server's names, files and secrets
    title: str
    transport: Transport
    command: str = ""
    arguments: tuple[str, ...] = ()
    folder: str = ""
    environment: tuple[str, ...] = ()
    url: str = ""
    headers: tuple[str, ...] = ()
    disabled_tools: tuple[str, ...] = ()
    offered: tuple[str, ...] | None = None  # the tools that the person chose; None for all that are not disabled
    enabled: bool = True
    error_prefixes: tuple[str, ...] = ()  # of texts that are failures although the server reports success
    token_variable: str = ""  # in which it expects the token of a caller who brings their own
    oauth: OAuthClient | None = None


class UpstreamSecrets(Frozen):
    """Secret values of one upstream server, by name. `query`: what followed the question mark of its URL."""

    environment: Mapping[str, SecretStr] = {}
    headers: Mapping[str, SecretStr] = {}
    variables: Mapping[str, SecretStr] = {}
    query: SecretStr = SecretStr("")


class Input(Frozen):
    """A value that a configuration asks the person for (VS Code's `inputs`)."""

    id: str
    description: str = ""
    secret: bool = True
    default: str = ""


class Imported(Frozen):
    """Result of reading a configuration.

    `missing`: variables without a value, by id of the server. `notes`: sentences about what was not used as it stands.
    """

    upstreams: tuple[UpstreamConfig, ...]
    secrets: Mapping[str, UpstreamSecrets]
    missing: Mapping[str, tuple[str, ...]] = {}
    inputs: tuple[Input, ...] = ()
    notes: tuple[str, ...] = ()


class Connection(Frozen):
    """Everything that a connection needs, with the values of all variables; never stored and never logged."""

    id: str
    title: str
    transport: Transport
    command: tuple[str, ...] = ()
    folder: str = ""
    environment: Mapping[str, str] = Field(default={}, repr=False)
    url: str = Field(default="", repr=False)
    headers: Mapping[str, str] = Field(default={}, repr=False)
    error_prefixes: tuple[str, ...] = ()


class Tool(Frozen):
    """Tool as its server lists it, without hidden text. `annotations` are claims of the server, for display only.

    `original_name`: by which the server knows it, if its name hides something. `flags`: sentences about what is suspicious.
    `VOLATILE`: fields that may change without being accepted again.
    """

    VOLATILE: ClassVar[frozenset[str]] = frozenset()
    name: str
    original_name: str = ""
    title: str = ""
    description: str = ""
    input_schema: dict[str, Any] = {}
    output_schema: dict[str, Any] | None = None
    annotations: Mapping[str, Any] = {}
    flags: tuple[str, ...] = ()

    @property
    def called_name(self) -> str:
        return self.original_name or self.name


class Resource(Frozen):
    uri: str
    name: str = ""
    description: str = ""
    mime_type: str = ""


class Prompt(Frozen):
    name: str
    description: str = ""
    arguments: tuple[str, ...] = ()


class ServerInfo(Frozen):
    """How a server describes itself."""

    name: str = ""
    version: str = ""
    protocol: str = ""
    instructions: str = ""
    tools: bool = False
    resources: bool = False
    prompts: bool = False


class Catalog(Frozen):
    """Everything that a server offers. `templates`: of resources, whose URIs have parts to fill in.

    `notes`: sentences about what was left out or changed.
    """

    tools: tuple[Tool, ...] = ()
    resources: tuple[Resource, ...] = ()
    templates: tuple[Resource, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    notes: tuple[str, ...] = ()


class BlockKind(StrEnum):
    text = "text"
    image = "image"
    audio = "audio"
    link = "link"
    resource = "resource"


class Block(Frozen):
    """Part of an answer. `data`: base64."""

    kind: BlockKind
    text: str = ""
    data: str = ""
    mime_type: str = ""
    uri: str = ""
    name: str = ""


class ToolResult(Frozen):
    """Answer of a tool. `failed`: the server, or one of its known error texts, says so."""

    blocks: tuple[Block, ...] = ()
    structured: Any = None
    failed: bool = False

    @property
    def text(self) -> str:
        """All of its texts."""
        return "\n".join(block.text for block in self.blocks if block.text)


class Question(Frozen):
    """Question of a server to the person: a form (a JSON schema), or a page to visit."""

    message: str
    form: Mapping[str, Any] | None = None
    url: str = ""


class Answer(Frozen):
    """Answer to a question. `sentence`: why it is none."""

    action: Literal["accept", "decline", "cancel"]
    content: Mapping[str, Any] | None = None
    sentence: str = ""


Ask = Callable[[Question], Awaitable[Answer]]


class UpstreamState(StrEnum):
    stopped = "stopped"
    starting = "starting"
    ready = "ready"
    waiting = "waiting"  # for its next start
    failed = "failed"


class UpstreamStatus(Frozen):
    """State of a session. `latency`: seconds of the last answer. `restarts`: since it was started by Deskhand."""

    state: UpstreamState = UpstreamState.stopped
    error: str = ""
    latency: float | None = None
    restarts: int = 0
    info: ServerInfo = ServerInfo()
