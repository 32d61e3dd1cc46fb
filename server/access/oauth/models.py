"""OAuth clients and the settings of the authorization server."""

from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel, Field

SECTION = "oauth"  # of the settings
OFFLINE = "offline_access"  # requested by clients that want to stay signed in; it is always given


class Kind(StrEnum):
    """Origin of a registration."""

    own = "own"  #: the person created it here, and pasted its id and secret elsewhere
    registered = "registered"  #: dynamic registration (RFC 7591)
    document = "document"  #: its client_id is the address of its metadata


class OAuthSettings(BaseModel):
    """Settings of the authorization server.

    A code should not be valid for longer than a minute, and an access token not for longer than a few hours, as nothing
    shows that one was stolen.
    """

    registration_allowed: bool = Field(False, description="Whether apps may use dynamic client registration.")
    documents_allowed: bool = Field(True, description="Whether apps may use a client ID document.")
    code_seconds: float = Field(60, gt=0, description="How long the code lives that a browser brings back.")
    access_seconds: float = Field(3600, gt=0, description="How long an access token opens.")
    refresh_seconds: float = Field(90 * 86_400, gt=0, description="How long a program stays signed in without coming by.")
    leeway_seconds: float = Field(30, ge=0, description="How long a spent refresh token answers the very same pair again.")
    waiting_seconds: float = Field(300, gt=0, description="How long a sign-in waits for the person.")
    gone_seconds: float = Field(
        10, gt=0, description="After how long without a look a browser counts as gone, so that it gives way where many wait."
    )
    denied_seconds: float = Field(300, ge=0, description="How long a browser that was denied cannot ask again.")


@dataclass(frozen=True)
class Registration:
    """An OAuth client.

    `id`: its client_id. `client`: the id of the Deskhand client that it is, once the person has let it in.
    `redirect_uris`: those it registered; `callbacks`: those that were used, each with the person's consent.
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
class ClientCredentials:
    """OAuth id and secret, to be pasted into a GPT."""

    client_id: str
    client_secret: str = field(repr=False)
