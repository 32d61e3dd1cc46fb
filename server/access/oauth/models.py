"""What the authorization server knows of a program, of what the person let it do, and of its tokens."""

from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel, Field

SECTION = "oauth"  # of the settings
OFFLINE = "offline_access"  # asked for by programs that want to stay signed in; all of them may


class Kind(StrEnum):
    """How a program became known."""

    own = "own"  #: the person made it here, and pasted its id and secret elsewhere
    registered = "registered"  #: it registered itself (RFC 7591)
    document = "document"  #: its id is the address of a document about it


class OAuthSettings(BaseModel):
    """How programs may sign in, and for how long.

    Whoever changes the durations: a code should not live longer than a minute, and an access token not longer than a few
    hours, for it cannot be asked whether it was stolen.
    """

    registration_allowed: bool = Field(False, description="Whether programs may register themselves.")
    documents_allowed: bool = Field(True, description="Whether a program may be known by a document about it on the web.")
    code_seconds: float = Field(60, gt=0, description="How long the code lives that a browser brings back.")
    access_seconds: float = Field(3600, gt=0, description="How long an access token opens.")
    refresh_seconds: float = Field(90 * 86_400, gt=0, description="How long a program stays signed in without coming by.")
    leeway_seconds: float = Field(30, ge=0, description="How long a spent refresh token answers the very same pair again.")
    waiting_seconds: float = Field(300, gt=0, description="How long a sign-in waits for the person.")
    gone_seconds: float = Field(
        10, gt=0, description="After how long without a look a browser counts as gone, so that its sign-in may be begun anew."
    )


@dataclass(frozen=True)
class Registration:
    """A program, as it is known to the authorization server.

    `id`: the client_id that it says. `client`: the id of the Deskhand client that it is, once the person has let it in.
    `redirect_uris`: where it may be answered; `callbacks`: where it was, each with the person's consent.
    """

    id: str
    kind: Kind
    name: str
    redirect_uris: tuple[str, ...] = ()
    callbacks: tuple[str, ...] = ()
    secret_hash: bytes | None = field(default=None, repr=False)
    client: str | None = None
    created_at: str = ""


@dataclass(frozen=True)
class Grant:
    """What the person let a program do, once. `resource`: "" for all of it, "/mcp" for the tools alone.

    `address`: the public address at which it signed in.
    """

    id: str
    oauth_client: str
    client: str
    callback: str
    scopes: frozenset[str]
    resource: str
    address: str
    created_at: str
    last_used_at: str | None = None


@dataclass(frozen=True)
class Token:
    """An access token that opens, without itself."""

    grant: str
    scopes: frozenset[str]
    resource: str
    expires_at: str


@dataclass(frozen=True)
class Pair:
    """What one pastes into a GPT. The secret is told once."""

    client_id: str
    client_secret: str = field(repr=False)
