"""Request and response models of the local API."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from server.access.activity.entry import Outcome
from server.access.clients.presets import Preset
from server.access.clients.registry import Client, Policy
from server.access.clients.usage import Use
from server.access.oauth.models import ClientCredentials
from server.local.oauth_models import OAuthView
from server.runtime.catalogue import State as IntegrationState


class IntegrationView(BaseModel):
    """An integration as it is now."""

    name: str
    title: str
    state: IntegrationState
    problem: str | None = Field(description="What is wrong with it.")
    setup_hint: str | None = Field(serialization_alias="wish", description="What it needs of the person before it is of use.")
    is_set_up: bool = Field(description="Whether it is in use.")
    summary: str = Field(description="How it is, in a few words.")


class Addresses(BaseModel):
    """Everything one pastes elsewhere. Integrations add their own, such as omi_webhook."""

    model_config = ConfigDict(extra="allow")

    public: str
    here: str = Field(description="The same, for programs on this computer.")
    openapi: str
    openapi_yaml: str
    docs: str
    privacy: str
    mcp: str = Field(description="For apps that speak MCP.")
    oauth_authorize: str = Field(description="A GPT's authorization URL.")
    oauth_token: str = Field(description="A GPT's token URL.")
    oauth_scope: str = Field(description="A GPT's scope: all there are.")
    gpts: dict[str, str] = Field(default_factory=dict, description="Each client's own document, at an unguessable address.")


class Overview(BaseModel):
    """Is it on, what is connected, what is wrong."""

    version: str
    command: str = Field(description="How the person starts Deskhand on a command line, such as deskhand.")
    demo: bool
    theme: Literal["system", "light", "dark"]
    here_only: bool = Field(description="Whether only programs on this computer can use the public address.")
    addresses: Addresses
    paused_until: datetime | None
    integrations: list[IntegrationView]
    clients: int
    secrets: str = Field(description="Where secrets lie, in a sentence.")
    waiting: int = Field(description="Number of pending approval requests.")
    problems: list[str] = Field(description="What is wrong, in sentences.")
    notices: list[str] = Field(description="Notices that have not been dismissed.")


class NoticeOrder(BaseModel):
    """A dismissed notice."""

    notice: str = Field(max_length=2000, description="The sentence.")


class ClientView(BaseModel):
    """A client, without its key."""

    name: str
    scopes: list[str]
    operations: dict[str, Policy] = Field(description="Each operation that it can see, with what happens when it is called.")
    rate: str | None
    key_hint: str = Field(description="The beginning of its key; empty where it has none.")
    key_created_at: str = Field(description="Empty where it has none.")
    created_at: str
    revoked_at: str | None
    last_used_at: str | None = Field(description="When it last called.")
    used_through: dict[str, str] = Field(description="When it last called through each public address that it ever used.")
    calls_today: int = Field(description="Calls since midnight, here.")
    oauth: OAuthView | None = Field(description="Its OAuth client; null if it only has a key.")


class ClientChange(BaseModel):
    """Change of a client; what is left out stays."""

    scopes: list[str] | None = Field(None, description="All that it is to have.")
    policies: dict[str, Policy] = Field(
        default_factory=dict, description="What happens when it calls these operations; the others stay as they are."
    )
    rate: str | None = Field(None, description="Such as 30/minute, or none; null: the usual limits.")


class ClientsEnded(BaseModel):
    """Everything was switched off."""

    ended: int = Field(description="How many clients were ended.")


class OperationView(BaseModel):
    """An operation, for the choice of a client's permissions."""

    name: str
    title: str = Field(description="What it does, in a few words.")
    sentence: str = Field(description="What it does.")
    method: str
    path: str = Field(description="On the public surface.")
    scope: str
    changes: bool = Field(description="It alters something, here or elsewhere.")
    reaches_others: bool = Field(description="Other people see what it does.")
    asks: bool = Field(description="The person can be asked about a call; else it is allowed or denied.")
    individual: bool = Field(description="It is not allowed together with all others of its scope.")
    always: str = Field(description="What is permitted by allowing it without asking; empty for one that reads.")
    integration: str
    integration_title: str


class PresetView(BaseModel):
    """A preset with the policy of each operation that is on now."""

    name: Preset
    title: str
    text: str = Field(description="What it means, for the person.")
    policies: dict[str, Policy]


class NewClient(BaseModel):
    """A client to be made."""

    name: str
    preset: Preset | None = Field(
        None, description="Its permissions by meaning, within `scopes`; `allow` and `deny` come on top."
    )
    scopes: list[str] | None = Field(None, description="None: all that are on now.")
    allow: list[str] = Field(default_factory=list, description="Operations that run without asking.")
    deny: list[str] = Field(default_factory=list, description="Operations that are refused.")
    rate: str | None = Field(None, description="Such as 30/minute, or none; left out: the usual limits.")
    oauth: bool = Field(False, description="Whether it signs in with OAuth; then it gets an id and a secret in place of a key.")
    redirect_uris: list[str] = Field(
        default_factory=list,
        max_length=20,
        description="With OAuth: its redirect URIs. Those of ChatGPT and Claude are always accepted.",
    )


class MadeClient(BaseModel):
    """A new client. `key` or `oauth` is shown once; the key is empty for OAuth."""

    client: ClientView
    key: str
    oauth: ClientCredentials | None = None
    warnings: list[str]


class DocumentView(BaseModel):
    """A client's OpenAPI document, as ChatGPT would take it."""

    operations: int = Field(description="How many it has.")
    most: int = Field(description="How many ChatGPT takes for one action.")
    warnings: list[str] = Field(description="What ChatGPT would not take about it, in sentences.")
    fetched_at: datetime | None = Field(description="When it was last fetched through the public address, since the start.")


class ActivityLine(BaseModel):
    """A call, as one line of the activity."""

    id: int = Field(description="Below zero: a reading call that runs still.")
    at: str
    client: str
    operation: str
    integration: str | None = Field(description="Whose operation it is; none where that is not there any more.")
    sentence: str = Field(description="What the client did, tried or wanted; goes on from its name.")
    about: str | None = Field(description="What it asked about, in its own words, where the sentence does not tell.")
    note: str | None = Field(description="What went wrong, in a sentence; none where all is well.")
    changes: bool
    decision: str
    reason: str
    outcome: Outcome
    status: int | None
    duration_ms: int | None


class ActivityView(ActivityLine):
    """A call with its contents, as long as they are kept."""

    arguments: Any = None
    effect: Any = None
    result: str | None = None
    undoable: bool = Field(False, description="Whether the opposite can be done.")


class Undone(BaseModel):
    """A call was undone."""

    operation: str = Field(description="The operation of which the opposite was done.")


class ActivityPage(BaseModel):
    """Some lines of the activity, newest first."""

    entries: list[ActivityLine]
    earlier: int | None = Field(description="The id from which to go on; null after the oldest entry.")


class TodayView(BaseModel):
    """Counts of the calls since midnight."""

    calls: int = Field(description="All of them.")
    changes: int = Field(description="Changes.")
    refused: int = Field(description="Those that were not permitted.")
    failed: int = Field(description="Those that went wrong, or of which nobody knows the end.")


class PauseOrder(BaseModel):
    """Duration of a pause."""

    minutes: float | None = Field(None, gt=0, le=60 * 24 * 365, description="None: until it is resumed.")


class PauseView(BaseModel):
    """State of the pause."""

    paused_until: datetime | None


class BackupOrder(BaseModel):
    """Path of a backup to make."""

    path: str
    overwrite: bool = False
    with_archive: bool = Field(False, description="Whether imported history and its files come along, which may be large.")


class PathView(BaseModel):
    """A file that was made, or a folder that was opened."""

    path: str


class EntryKey(BaseModel):
    """A key for one page, for half a minute."""

    key: str
    address: str


class Check(BaseModel):
    """One thing that was looked at."""

    what: str
    well: bool
    to_do: bool = Field(False, description="Nothing is wrong, and something is left to set up or to turn on.")
    detail: str


def view_client(client: Client, operations: dict[str, Policy], use: Use, oauth: OAuthView | None = None) -> ClientView:
    """Show a client."""
    usage = {"last_used_at": use.last_at, "used_through": use.last_by_address, "calls_today": use.calls_today}
    shown = {"scopes": sorted(client.scopes), "operations": operations, "oauth": oauth}
    return ClientView.model_validate(vars(client) | usage | shown)
